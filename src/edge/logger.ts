// The one place where log lines are made, and where secrets are taken out of them.

import pino from 'pino'
import type { Log } from '../core/log.ts'
import { batchLines } from './batch-lines.ts'
import { prettyLine } from './pretty-line.ts'
import { redactSecrets } from './redact-secrets.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'
export type LogFormat = 'json' | 'pretty'

export interface LoggerOptions {
  readonly level: LogLevel
  /** `json`: one object per line, for machines. `pretty`: one short line per exchange, for a terminal. */
  readonly format: LogFormat
  /** Gets whole lines, one or many. */
  readonly write: (lines: string) => void
  /** The number of this process among several, said in every line. */
  readonly worker?: number
}

/** Lines are written a few milliseconds late, many at once, and before the process exits: only one that is killed hard loses any. */
export function createLogger({ level, format, write, worker }: LoggerOptions): Log {
  const lines = batchLines(write)
  process.on('exit', () => lines.flush())
  const destination = { write: (line: string) => lines.add(format === 'json' ? line : prettyLine(line)) }
  return pino(
    {
      level,
      base: worker === undefined ? null : { worker },
      timestamp: pino.stdTimeFunctions.isoTime,
      // Pino's own `redact` takes 70 µs for the line of an exchange.
      formatters: { log: redactSecrets },
      serializers: { err: (error: Error) => redactSecrets({ ...pino.stdSerializers.err(error) }) },
    },
    destination,
  )
}
