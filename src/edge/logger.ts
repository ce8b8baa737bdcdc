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

/** Pino's numbers. */
const LEVELS: Readonly<Record<LogLevel, number>> = { debug: 20, info: 30, warn: 40, error: 50 }

/** Lines are written a few milliseconds late, many at once, and before the process exits: only one that is killed hard loses any. */
export function createLogger({ level, format, write, worker }: LoggerOptions): Log {
  const lines = batchLines(write)
  process.on('exit', () => lines.flush())
  const add = (line: string): void => lines.add(format === 'json' ? line : prettyLine(line))
  const timestamp = createTimestamp()
  const careful = pino(
    {
      level,
      base: worker === undefined ? null : { worker },
      timestamp,
      // Pino's own `redact` takes 70 µs for the line of an exchange.
      formatters: { log: redactSecrets },
      serializers: { err: (error: Error) => redactSecrets({ ...pino.stdSerializers.err(error) }) },
    },
    { write: add },
  )
  const workerMember = worker === undefined ? '' : `,"worker":${String(worker)}`
  // One JSON.stringify takes two thirds of the time of pino, which writes member by member. Errors and what is no JSON are left to pino.
  const sayAt = (lineLevel: LogLevel): Log[LogLevel] => {
    if (LEVELS[lineLevel] < LEVELS[level]) return () => undefined
    const start = `{"level":${String(LEVELS[lineLevel])}`
    return (fields, message) => {
      const members = fields['err'] === undefined ? membersOf(fields) : undefined
      if (members === undefined) careful[lineLevel](fields, message)
      else add(`${start}${timestamp()}${workerMember}${members},"msg":${JSON.stringify(message)}}\n`)
    }
  }
  return { debug: sayAt('debug'), info: sayAt('info'), warn: sayAt('warn'), error: sayAt('error') }
}

/** Half a surrogate pair, which JSON.stringify writes as an escape that strict readers (jq among them) refuse. Whole pairs it writes as they are. */
const halfPair = /\\ud[89a-f][0-9a-f]{2}/
const anyEscape = /\\(?:ud[89a-f][0-9a-f]{2}|.)/g

/** With a comma before each; undefined for what is no object of JSON: circles, big integers, what says itself what it is. */
function membersOf(fields: Readonly<Record<string, unknown>>): string | undefined {
  try {
    const text = JSON.stringify(redactSecrets(fields))
    if (!text.startsWith('{')) return undefined
    return text === '{}' ? '' : `,${withWholePairs(text).slice(1, -1)}`
  } catch {
    return undefined
  }
}

/** What is broken becomes U+FFFD, as on every way into bytes. */
function withWholePairs(json: string): string {
  return halfPair.test(json) ? json.replaceAll(anyEscape, (written) => (written.length === 2 ? written : '\ufffd')) : json
}

/** As pino wants it: `,"time":"2026-03-01T12:00:00.123Z"`. Within a second only its milliseconds are written anew, which is a fifth of the work. */
function createTimestamp(): () => string {
  let second = Number.NaN
  let upToSecond = ''
  return () => {
    const now = Date.now()
    const current = Math.floor(now / 1000)
    if (current !== second) {
      second = current
      upToSecond = `,"time":"${new Date(now).toISOString().slice(0, -'000Z'.length)}`
    }
    return `${upToSecond}${String(now - current * 1000).padStart(3, '0')}Z"`
  }
}
