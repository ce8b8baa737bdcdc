// The edge of the process: arguments, environment and signals come in here, and only here may it exit.

import { setTimeout as sleep } from 'node:timers/promises'
import { Command, CommanderError } from 'commander'
import { addAuditCommand } from './commands/audit.ts'
import { addBudgetsCommand } from './commands/budgets.ts'
import { addCheckCommand } from './commands/check.ts'
import type { CommandContext } from './commands/command-context.ts'
import { CommandError } from './commands/command-error.ts'
import { addDoctorCommand } from './commands/doctor.ts'
import { addEnvoyCommand } from './commands/envoy.ts'
import { addExplainCommand } from './commands/explain.ts'
import { addKeysCommand } from './commands/keys.ts'
import { addLedgerCommand } from './commands/ledger.ts'
import { addMockCommand } from './commands/mock.ts'
import { addPricesCommand } from './commands/prices.ts'
import { addReconcileCommand } from './commands/reconcile.ts'
import { addSchemaCommand } from './commands/schema.ts'
import { addServeCommand } from './commands/serve.ts'
import { addUpCommand } from './commands/up.ts'
import { addWorkerCommand } from './commands/worker.ts'
import { version } from './package-info.ts'

const context: CommandContext = {
  env: process.env,
  cwd: process.cwd(),
  stdout: (text) => process.stdout.write(text),
  stderr: (text) => process.stderr.write(text),
  isTerminal: process.stdout.isTTY === true,
  terminalSize: () => (process.stdout.isTTY === true ? { columns: process.stdout.columns, rows: process.stdout.rows } : undefined),
  terminated: new Promise((resolve) => {
    let asked = false
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        // The second request is an order: whatever is still going on is cut.
        if (asked) process.exit(130)
        asked = true
        resolve()
      })
    }
  }),
  sleep: async (ms) => {
    await sleep(ms)
  },
}

const program = new Command('tollgate')
  .description('Makes the Envoy you already run understand LLM traffic: routing by model, exact token and cost accounting, limits that hold.')
  .version(version)
  .showHelpAfterError('(add --help for what is possible)')
  .exitOverride()
for (const add of [addUpCommand, addServeCommand, addEnvoyCommand, addBudgetsCommand, addExplainCommand, addCheckCommand, addDoctorCommand, addKeysCommand, addPricesCommand, addLedgerCommand, addAuditCommand, addReconcileCommand, addMockCommand, addSchemaCommand, addWorkerCommand]) add(program, context)
// Subcommands inherit neither setting.
for (const command of program.commands.flatMap((each) => [each, ...each.commands])) command.exitOverride().showHelpAfterError('(add --help for what is possible)')

// A reader that has gone away (`tollgate schema | head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))

try {
  await program.parseAsync(process.argv)
  process.exit(0)
} catch (thrown) {
  process.exit(report(thrown))
}

function report(thrown: unknown): number {
  // Commander has printed its own message already; asking for help is not a failure.
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 2
  if (thrown instanceof CommandError) {
    if (thrown.message !== '') context.stderr(`${thrown.message}\n`)
    return thrown.exitCode
  }
  context.stderr(`tollgate failed in a way it should not: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}\n`)
  return 1
}
