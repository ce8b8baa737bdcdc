// The one place where log lines are made, and where secrets are taken out of them.

import pino from 'pino'
import type { Log } from '../core/log.ts'
import { prettyLine } from './pretty-line.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'
export type LogFormat = 'json' | 'pretty'

/** Names under which a secret could be logged by mistake; their values become [redacted] at up to three levels of depth. */
const SECRET_NAMES = ['authorization', 'x-api-key', 'api-key', 'x-goog-api-key', 'cookie', 'credential', 'password', 'secret', 'token', 'apiKey']
const REDACTED_PATHS = SECRET_NAMES.flatMap((name) => [`["${name}"]`, `*["${name}"]`, `*.*["${name}"]`])

export interface LoggerOptions {
  readonly level: LogLevel
  /** `json`: one object per line, for machines. `pretty`: one short line per exchange, for a terminal. */
  readonly format: LogFormat
  /** Gets whole lines. */
  readonly write: (line: string) => void
}

/** Lines are written at once: an exchange that was answered must not lose its line when the process dies. */
export function createLogger({ level, format, write }: LoggerOptions): Log {
  const destination = { write: (line: string) => write(format === 'json' ? line : prettyLine(line)) }
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, redact: { paths: REDACTED_PATHS, censor: '[redacted]' } }, destination)
}
