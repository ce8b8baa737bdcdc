// A log that a test can read, and wait on.

import { EventEmitter, once } from 'node:events'
import type { Log } from '../../src/core/log.ts'

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly fields: Readonly<Record<string, unknown>>
  readonly message: string
}

export function logToArray(): { log: Log; lines: LogLine[]; waitFor: (message: string) => Promise<void> } {
  const lines: LogLine[] = []
  const written = new EventEmitter()
  const at = (level: LogLine['level']) => (fields: Readonly<Record<string, unknown>>, message: string) => {
    lines.push({ level, fields, message })
    written.emit('line')
  }
  return {
    log: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') },
    lines,
    /** Until a line with that text was written; lines before the call count. */
    async waitFor(message) {
      while (!lines.some((line) => line.message.includes(message))) await once(written, 'line')
    },
  }
}
