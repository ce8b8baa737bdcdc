// The rounds of the accuracy benchmark as one table, and which of the guarantees they broke.

import { type Arm, AVERAGE_REQUEST, type Mode, modes } from './accuracy-arms.ts'
import type { Round } from './accuracy-clients.ts'

export interface ArmResult {
  readonly arm: Arm['name']
  readonly crowds: readonly Round[]
  readonly halves: readonly Round[]
  /** Tokens, over all budgets of the arm. */
  readonly holds: { readonly atOnce: number; readonly afterHoldTime: number }
}

const HEADER = ['store, processes', 'reserve', 'rounds', 'admitted', 'spent', 'limit', 'over: mean', 'over: max', 'rounds over by > 1', 'held after the hold time', 'denied for nothing at 50 %', 'requests at a time then', 'errors']
const titles: Readonly<Record<Arm['name'], string>> = {
  'memory-1': 'memory, 1',
  'memory-4': 'memory, 4',
  'redis-1': 'Redis, 1',
  'redis-4': 'Redis, 4',
  'redis-2x1': 'Redis, 2 replicas',
}
const names: Readonly<Record<Mode, string>> = { worst_case: 'worst_case', estimate: 'estimate', none: 'none', limits: 'no budget: rate limit' }

/** Markdown. Spent and limit in tokens, `over` in average requests. */
export function accuracyTable(results: readonly ArmResult[]): string {
  const rows = results.flatMap((result) => modes.map((mode) => row(result, mode)))
  return [HEADER, HEADER.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function row({ arm, crowds, halves, holds }: ArmResult, mode: Mode): readonly string[] {
  const own = crowds.filter((round) => round.mode === mode)
  const over = own.map(overshoot)
  const ownHalves = halves.filter((round) => round.mode === mode)
  const half = falseDenials(ownHalves)
  return [
    titles[arm],
    names[mode],
    String(own.length),
    mean(own.map(({ admitted }) => admitted)).toFixed(1),
    mean(own.map(({ spent }) => spent)).toFixed(0),
    String(own[0]?.limit ?? '–'),
    mean(over).toFixed(2),
    Math.max(...over).toFixed(2),
    String(over.filter((each) => each > 1).length),
    mode === 'limits' ? '–' : String(holds.afterHoldTime),
    half.asked === 0 ? '–' : `${((100 * half.denied) / half.asked).toFixed(1)} % of ${String(half.asked)}`,
    mean(ownHalves.map(({ inFlight }) => inFlight)).toFixed(0),
    String([...own, ...ownHalves].reduce((sum, { failed }) => sum + failed, 0)),
  ]
}

/** Beyond the limit, in average requests. */
function overshoot({ spent, limit }: Round): number {
  return Math.max(0, spent - limit) / AVERAGE_REQUEST
}

/** Of those who would all have fitted. */
function falseDenials(rounds: readonly Round[]): { readonly denied: number; readonly asked: number } {
  const fitting = rounds.filter(({ wanted, limit }) => wanted <= limit)
  return { denied: fitting.reduce((sum, { denied }) => sum + denied, 0), asked: fitting.reduce((sum, { asked }) => sum + asked, 0) }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
}

/** Sentences; none when every guarantee held. */
export function brokenGuarantees(results: readonly ArmResult[]): readonly string[] {
  return results.flatMap(({ arm, crowds, halves, holds }) => {
    const rounds = [...crowds, ...halves]
    const exceeded = rounds.filter(({ mode, spent, limit }) => mode === 'worst_case' && spent > limit)
    const miscounted = rounds.filter(({ spent, counted, failed }) => counted !== undefined && failed === 0 && counted !== spent)
    return [
      ...exceeded.map(({ spent, limit }) => `${titles[arm]}: worst_case spent ${String(spent)} of ${String(limit)} tokens`),
      ...miscounted.map(({ mode, spent, counted }) => `${titles[arm]}: the counter of ${mode} says ${String(counted)}, the answers ${String(spent)} tokens`),
      ...(holds.afterHoldTime === 0 ? [] : [`${titles[arm]}: ${String(holds.afterHoldTime)} tokens are still held after the hold time`]),
    ]
  })
}
