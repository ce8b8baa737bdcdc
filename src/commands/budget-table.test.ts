import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ShownBudget, ShownBudgets } from '../edge/budgets-page.ts'
import { formatBudgets, type TableStyle } from './budget-table.ts'
import { displayWidth } from './display-width.ts'

const shownBudget = (changes: Partial<ShownBudget> = {}): ShownBudget => ({
  budget: 'user-hour',
  per: ['user'],
  caller: { user: 'alice' },
  unit: 'tokens',
  limit: 100_000,
  limit_from: 'limit',
  used: 61_000,
  held: 9_000,
  remaining: 30_000,
  remaining_share: 0.3,
  window: 'hour (UTC)',
  window_start: '2025-12-01T12:00:00.000Z',
  resets_at: '2025-12-01T13:00:00.000Z',
  burn_per_hour: 122_000,
  gone_at: '2025-12-01T12:44:45.000Z',
  ...changes,
})
const company = shownBudget({ budget: 'company', per: [], caller: {}, unit: 'usd', limit: 100, used: 99.5, held: 0.25, remaining: 0.25, remaining_share: 0.0025, burn_per_hour: 199, action: 'downgrade', resets_at: '2025-12-03T14:30:00.000Z' })
const empty = shownBudget({ caller: {}, used: 100_200, held: 0, remaining: 0, remaining_share: 0, action: 'deny', gone_at: '2025-12-01T12:30:00.000Z' })

function format(budgets: readonly ShownBudget[], style: Partial<TableStyle> = {}, more = false): string {
  const shown: ShownBudgets = { time: '2025-12-01T12:30:00.000Z', budgets, more }
  return formatBudgets(shown, { width: Infinity, height: Infinity, color: false, ...style })
}

describe('the table of budgets', () => {
  it('shows everything where there is room', () => {
    assert.equal(
      format([empty, company, shownBudget()]),
      [
        'BUDGET     CALLER       LEFT                USED     HELD  REMAINING    LIMIT  UNIT    RESETS  PER HOUR  GONE IN  NEXT',
        'user-hour  user=(none)  ░░░░░░░░░░   0%  100,200        0          0  100,000  tokens  30m 0s   122,000      now  deny',
        'company    everybody    █▒░░░░░░░░  <1%   $99.50  $0.2500    $0.2500  $100.00  usd      2d 2h   $199.00  14m 45s  downgrade',
        'user-hour  user=alice   ███▒░░░░░░  30%   61,000    9,000     30,000  100,000  tokens  30m 0s   122,000  14m 45s  passes',
        '',
      ].join('\n'),
    )
  })

  it('fits any terminal, and leaves out what matters least', () => {
    const budgets = [shownBudget({ caller: { user: 'a user with a name that is longer than he needs' } }), shownBudget({ caller: { user: '日本語の名前'.repeat(9) } }), company]
    const headings = (width: number): string => format(budgets, { width }).split('\n')[0]?.trim().replace(/ {2,}/g, ' ') ?? ''
    for (let width = 1; width <= 160; width += 1) {
      for (const line of format(budgets, { width }, true).split('\n')) assert.ok(displayWidth(line) <= width, `${width}: ${line}`)
    }
    assert.equal(headings(80), 'BUDGET CALLER LEFT REMAINING RESETS NEXT')
    assert.equal(headings(60), 'BUDGET CALLER LEFT REMAINING NEXT')
    assert.equal(headings(30), 'BUDGET CALLER NEXT')
    assert.match(format(budgets, { width: 80 }), /user=a user with a na… {2}█/)
  })

  it('fits the height too, and says that there is more', () => {
    const budgets = [shownBudget(), company, empty]
    assert.equal(format(budgets, { height: 4 }).split('\n').length, 5)
    assert.doesNotMatch(format(budgets, { height: 4 }), /… and more/)
    assert.match(format(budgets, { height: 3 }), /\nuser-hour .*\n… and more: .*\n$/)
    assert.match(format(budgets, {}, true), /\n… and more: .*\n$/)
  })

  it('marks what runs low and what is gone, where there are colours', () => {
    const lines = format([shownBudget(), company, empty], { color: true }).split('\n')
    assert.deepEqual(lines.map((line) => line.slice(0, 5)), ['BUDGE', 'user-', '\u001b[33m', '\u001b[31m', ''])
    assert.ok(lines[3]?.endsWith('\u001b[0m'))
  })

  it('lets no name write to the terminal', () => {
    assert.match(format([shownBudget({ caller: { user: '\u001b[2Jx\ny' } })]), /user=\ufffd\[2Jx\ufffdy {2}/)
  })

  it('shows no more percent than are left', () => {
    const percents = [0.9996, 0.29, 0.57, 0.009, 1, 0].map((remaining_share) => /(\S+)%/.exec(format([shownBudget({ remaining_share })]))?.[1])
    assert.deepEqual(percents, ['99', '29', '57', '<1', '100', '0'])
  })

  it('shows something for whatever is not nothing', () => {
    const bars = ([[0, 0, 100], [1, 0, 99], [0, 1, 99], [1, 1, 98], [99, 0, 1], [50, 50, 0], [1, 98, 1], [120, 5, 0]] as const).map(([used, held, remaining]) => /[█▒░]+/.exec(format([shownBudget({ used, held, remaining, limit: 100 })]))?.[0])
    assert.deepEqual(bars, ['██████████', '█████████░', '█████████▒', '████████▒░', '█░░░░░░░░░', '▒▒▒▒▒░░░░░', '█▒▒▒▒▒▒▒▒░', '▒░░░░░░░░░'])
  })
})
