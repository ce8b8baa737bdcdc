// `tollgate worker`: one of the processes that `workers: N` asks for. Started by `serve` and `up`, of no use to anybody else.

import { Socket } from 'node:net'
import type { Command } from 'commander'
import { runWorker } from '../app/run-worker.ts'
import { CHANNEL_FD } from '../workers/launch-worker.ts'
import type { CommandContext } from './command-context.ts'
import { CommandError } from './command-error.ts'

export const WORKER_COMMAND = 'worker'

export function addWorkerCommand(program: Command, context: CommandContext): void {
  program
    .command(WORKER_COMMAND, { hidden: true })
    .description('Serve Envoy beside other processes. Started by `tollgate serve`.')
    .action(async () => worker(context))
}

// Signals go to a whole group of processes, and whoever started this one decides what becomes of it: the first signal is ignored here.
async function worker(context: CommandContext): Promise<void> {
  await runWorker({ stream: openChannel(), env: context.env, write: (lines) => context.stdout(lines) })
}

function openChannel(): Socket {
  try {
    return new Socket({ fd: CHANNEL_FD, readable: true, writable: true })
  } catch (cause) {
    throw new CommandError('tollgate worker is started by tollgate serve when the configuration says workers: 2 or more; it does nothing by itself.', 2, { cause })
  }
}
