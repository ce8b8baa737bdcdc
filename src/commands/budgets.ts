// `tollgate budgets`: how the budgets of a running Tollgate stand, again every two seconds.

import { type Command, Option } from 'commander'
import type { ShownBudgets } from '../edge/budgets-page.ts'
import { type AdminOptions, type AdminReply, type AdminTarget, addAdminOptions, askAdmin, findAdmin } from './ask-admin.ts'
import { formatBudgets } from './budget-table.ts'
import type { CommandContext } from './command-context.ts'
import { CommandError } from './command-error.ts'
import { fitText } from './display-width.ts'

interface BudgetsOptions extends AdminOptions {
  readonly where: readonly string[]
  readonly budget?: string
  readonly sort: 'remaining' | 'budget'
  readonly once?: boolean
  readonly json?: boolean
}

const REFRESH_MS = 2_000
/** As many as the admin interface gives. */
const MOST_ROWS = '1000'
/** To the other screen and back, so that the one before is there again afterwards; the cursor is hidden meanwhile. */
const ENTER_SCREEN = '\u001b[?1049h\u001b[?25l'
const LEAVE_SCREEN = '\u001b[?25h\u001b[?1049l'
/** To the first cell, and everything behind it away. */
const CLEAR = '\u001b[H\u001b[J'
/** Heading, trouble, and the last line, on which the cursor stays. */
const OTHER_LINES = 3

export function addBudgetsCommand(program: Command, context: CommandContext): void {
  const command = program.command('budgets').description('Show how the budgets of the running Tollgate stand: used, held, left, when they reset and when they will be gone. Ctrl-C ends it.')
  addAdminOptions(command)
  command
    .option('--where <attribute=value>', 'only callers with this attribute, such as user=alice; may be repeated', collect, [])
    .option('--budget <name>', 'only this budget')
    .addOption(new Option('--sort <order>', 'what comes first: the least left, or by budget').choices(['remaining', 'budget']).default('remaining'))
    .option('--once', 'print the table once; what happens anyway when the output is no terminal')
    .option('--json', 'print it once, as JSON')
    .action(async (options: BudgetsOptions) => showBudgets(options, command, context))
}

function collect(value: string, earlier: readonly string[]): readonly string[] {
  return [...earlier, value]
}

async function showBudgets(options: BudgetsOptions, command: Command, context: CommandContext): Promise<void> {
  const query = queryOf(options)
  const target = await findAdmin(options, command, context)
  const ask = (): Promise<AdminReply> => askAdmin(target, '/budgets', query)
  const first = requireBudgets(await ask())
  if (options.json === true) return context.stdout(`${JSON.stringify(first, undefined, 2)}\n`)
  if (options.once === true || context.terminalSize() === undefined) return context.stdout(tableOf(first, context, Infinity))
  await showLive({ first, ask, target, context })
}

function queryOf({ where, budget, sort }: BudgetsOptions): URLSearchParams {
  const query = new URLSearchParams({ sort, limit: MOST_ROWS })
  if (budget !== undefined) query.append('budget', budget)
  for (const text of where) {
    const at = text.indexOf('=')
    if (at < 1) throw new CommandError(`--where ${text}: write an attribute, = and its value, such as user=alice.`, 2)
    query.append(`caller.${text.slice(0, at)}`, text.slice(at + 1))
  }
  return query
}

function requireBudgets(reply: AdminReply): ShownBudgets {
  if (!reply.ok) throw new CommandError(reply.message)
  if (Array.isArray(reply.value['budgets'])) {
    // The shape that `GET /budgets` of this version has.
    return reply.value as unknown as ShownBudgets
  }
  throw new CommandError('The answer is no list of budgets: that Tollgate is of another version.')
}

interface Live {
  readonly first: ShownBudgets
  readonly ask: () => Promise<AdminReply>
  readonly target: AdminTarget
  readonly context: CommandContext
}

// A Tollgate that is started anew is found again; what no further try can mend ends the command.
async function showLive({ first, ask, target, context }: Live): Promise<void> {
  const ended = context.terminated.then(() => true)
  let latest = first
  let trouble = ''
  context.stdout(ENTER_SCREEN)
  try {
    for (;;) {
      const heading = `Budgets of Tollgate on ${target.address} at ${latest.time.slice(11, 19)} UTC. Ctrl-C ends.`
      const { columns, rows } = context.terminalSize() ?? { columns: Infinity, rows: Infinity }
      context.stdout(`${CLEAR}${fitText(heading, columns)}\n${fitText(trouble, columns)}\n${tableOf(latest, context, rows - OTHER_LINES)}`)
      if (await Promise.race([ended, context.sleep(REFRESH_MS).then(() => false)])) return
      const reply = await ask()
      trouble = reply.ok || !reply.passing ? '' : reply.message
      if (reply.ok || !reply.passing) latest = requireBudgets(reply)
    }
  } finally {
    context.stdout(LEAVE_SCREEN)
  }
}

function tableOf(shown: ShownBudgets, context: CommandContext, height: number): string {
  if (shown.budgets.length === 0) return 'No budget to show: none is configured, or nothing was spent yet by whom you look for.\n'
  const size = context.terminalSize()
  const color = size !== undefined && (context.env['NO_COLOR'] ?? '') === ''
  return formatBudgets(shown, { width: size?.columns ?? Infinity, height, color })
}
