// How `serve` and `up` start the processes that serve Envoy with them.

import type { WorkerProgram } from '../app/app.ts'
import { ownProgram } from '../package-info.ts'
import type { CommandContext } from './command-context.ts'
import type { LogOptions } from './options.ts'
import { WORKER_COMMAND } from './worker.ts'

export function workerProgram({ logLevel, logFormat }: LogOptions, { stdout }: Pick<CommandContext, 'stdout'>): WorkerProgram {
  return { command: [...ownProgram, WORKER_COMMAND], log: { level: logLevel, format: logFormat }, write: (lines) => stdout(lines) }
}
