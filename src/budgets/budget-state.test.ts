import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { buildBudget } from '../../test/support/build-budgets.ts'
import type { Budget, CallerCondition } from './budget.ts'
import { type BudgetQuery, type BudgetState, readBudgetStates } from './budget-state.ts'
import { counterKey } from './counter-key.ts'
import { createMemoryBudgetStore, type MemoryBudgetStore } from './memory-store.ts'
import { slideAt, windowAt } from './window.ts'

const HOUR = 3_600_000
/** Half an hour into an hour, and twelve and a half into a day. */
const nowMs = Date.parse('2025-12-01T12:30:00Z')

const condition = (where: Readonly<Record<string, readonly string[]>>): CallerCondition => new Map(Object.entries(where))
const budgetOf = (changes: Partial<Budget>): Budget => buildBudget({ name: 'user-hour', per: ['user'], window: { kind: 'fixed', lengthMs: HOUR }, ...changes })

const userHour = budgetOf({ overrides: [{ where: condition({ user: ['vip-*'] }), limit: 9000 }, { where: condition({ team: ['research'] }), limit: 5000 }] })
const teamUser = budgetOf({ name: 'team-user', per: ['team', 'user'] })
const company = budgetOf({ name: 'company', per: [], window: { kind: 'calendar', every: 'day', timeZone: 'UTC', weekStart: 1, monthDay: 1 } })
const sliding = budgetOf({ name: 'sliding', window: { kind: 'sliding', lengthMs: 4 * HOUR } })

describe('readBudgetStates', () => {
  let store: MemoryBudgetStore
  let ids: number
  beforeEach(() => {
    store = createMemoryBudgetStore()
    ids = 0
  })

  function refOf(budget: Budget, caller: Readonly<Record<string, string>>, atMs: number) {
    const { startMs, endMs } = windowAt(budget.window, atMs)
    const slide = slideAt(budget.window, atMs)
    const key = counterKey(budget, new Map(Object.entries(caller)), startMs)
    return { key, forgetAtMs: endMs + HOUR, ...(slide === undefined ? {} : { slide }) }
  }
  function charge(budget: Budget, caller: Readonly<Record<string, string>>, amount: number, atMs = nowMs): void {
    store.settle({ id: String(ids++), nowMs: atMs, charges: [{ ...refOf(budget, caller, atMs), amount }] })
  }
  function hold(budget: Budget, caller: Readonly<Record<string, string>>, amount: number): void {
    const claims = [{ ...refOf(budget, caller, nowMs), amount, limit: 1e9, startAt: 1e9 }]
    store.admit({ id: String(ids++), nowMs, holdUntilMs: nowMs + 1000, claims })
  }
  async function read(budgets: readonly Budget[], where: Readonly<Record<string, string>> = {}, query: Partial<BudgetQuery> = {}) {
    return readBudgetStates({ budgets, store, nowMs }, { where: new Map(Object.entries(where)), budget: undefined, sort: 'remaining', limit: 100, ...query })
  }
  const summary = ({ budget, attributes, used }: BudgetState) => `${budget.name} ${[...attributes].map(([name, value]) => `${name}=${value}`).join(' ')} ${used}`
  const summaries = async (...parameters: Parameters<typeof read>) => (await read(...parameters)).states.map(summary)

  it('says what is used, held and left, until when, and how fast it goes', async () => {
    charge(userHour, { user: 'alice' }, 600)
    hold(userHour, { user: 'alice' }, 150)
    const [state] = (await read([userHour], { user: 'alice' })).states
    assert.deepEqual(state, {
      budget: userHour,
      attributes: new Map([['user', 'alice']]),
      limit: 1000,
      limitSource: { kind: 'limit' },
      used: 600,
      held: 150,
      remaining: 250,
      remainingShare: 0.25,
      window: { startMs: nowMs - HOUR / 2, endMs: nowMs + HOUR / 2 },
      tier: undefined,
      action: undefined,
      burn: { perHour: 1200, goneAtMs: nowMs + (250 / 1200) * HOUR },
    })
  })

  it('shows who has spent nothing yet, where the query names a whole caller', async () => {
    assert.deepEqual(await summaries([userHour, teamUser, company], { user: 'alice' }), ['user-hour user=alice 0', 'company  0'])
    assert.deepEqual(await summaries([userHour, teamUser, company], { user: 'alice', team: 'ops' }), ['user-hour user=alice 0', 'team-user team=ops user=alice 0', 'company  0'])
  })

  it('finds counters by some of their attributes, and shows none that cannot be told by them', async () => {
    charge(teamUser, { team: 'ops', user: 'alice' }, 1)
    charge(teamUser, { team: 'web', user: 'alice' }, 2)
    charge(teamUser, { team: 'web', user: 'bob' }, 3)
    charge(teamUser, { user: 'alice' }, 4)
    charge(userHour, { user: 'alice' }, 5)
    charge(userHour, { user: 'bob' }, 6)
    assert.deepEqual((await summaries([userHour, teamUser], { user: 'alice' })).toSorted(), ['team-user team=ops user=alice 1', 'team-user team=web user=alice 2', 'team-user user=alice 4', 'user-hour user=alice 5'])
    assert.deepEqual((await summaries([userHour, teamUser], { team: 'web' })).toSorted(), ['team-user team=web user=alice 2', 'team-user team=web user=bob 3'])
    assert.deepEqual(await summaries([userHour, teamUser], { project: 'apollo' }), [])
  })

  it('shows everybody who spent something in the current window', async () => {
    charge(userHour, { user: 'alice' }, 7)
    charge(userHour, { user: 'alice' }, 500, nowMs - HOUR)
    charge(userHour, { user: 'carol' }, 500, nowMs - HOUR)
    charge(userHour, { user: 'dave' }, 0)
    charge(userHour, {}, 9)
    charge(sliding, { user: 'alice' }, 11, nowMs - HOUR)
    charge(sliding, { user: 'alice' }, 13, nowMs - 5 * HOUR)
    assert.deepEqual((await summaries([userHour, company, sliding])).toSorted(), ['company  0', 'sliding user=alice 11', 'user-hour  9', 'user-hour user=alice 7'])
  })

  it('passes over counters that another configuration made', async () => {
    charge(budgetOf({ per: ['team'] }), { team: 'ops' }, 1)
    charge(budgetOf({ unit: { kind: 'usd' } }), { user: 'alice' }, 2)
    charge(budgetOf({ name: 'user-hour-2' }), { user: 'alice' }, 3)
    charge(budgetOf({ per: ['team'] }), { team: 'x'.repeat(2000) }, 4)
    charge(userHour, { user: 'x'.repeat(2000) }, 5)
    const { states } = await read([userHour])
    assert.deepEqual(states.map(({ used, attributes }) => [used, /^x+…$/.test(attributes.get('user') ?? '')]), [[5, true]])
  })

  it('goes by the limit of each caller, also where the query alone says who that is', async () => {
    charge(userHour, { user: 'vip-1' }, 900)
    charge(userHour, { user: 'alice' }, 900)
    const limits = async (where: Readonly<Record<string, string>>) => (await read([userHour], where)).states.map(({ limit, limitSource, remaining }) => [limit, limitSource.kind, remaining])
    assert.deepEqual(await limits({}), [[1000, 'limit', 100], [9000, 'override', 8100]])
    assert.deepEqual(await limits({ user: 'alice', team: 'research' }), [[5000, 'override', 4100]])
  })

  it('shows a conditional budget only to whom it may count', async () => {
    const research = budgetOf({ name: 'research', where: condition({ team: ['res*'] }) })
    assert.deepEqual(await summaries([research], { user: 'alice', team: 'ops' }), [])
    assert.deepEqual(await summaries([research], { user: 'alice', team: 'research' }), ['research user=alice 0'])
    assert.deepEqual(await summaries([research], { user: 'alice' }), [])
    charge(research, { user: 'alice' }, 1)
    assert.deepEqual(await summaries([research], { user: 'alice' }), ['research user=alice 1'])
  })

  it('says which tier has been reached and what the next request meets', async () => {
    const tiers = budgetOf({ tiers: [{ remainingShare: 5000, action: 'downgrade' }, { remainingShare: 2000, action: 'warn' }], onExhausted: 'queue' })
    for (const [used, share, action] of [[500, undefined, undefined], [501, 5000, 'downgrade'], [801, 2000, 'downgrade'], [1000, 2000, 'queue'], [1500, 2000, 'queue']] as const) {
      charge(tiers, { user: String(used) }, used)
      const [state] = (await read([tiers], { user: String(used) })).states
      assert.deepEqual([state?.tier?.remainingShare, state?.action, state?.remaining], [share, action, Math.max(0, 1000 - used)], String(used))
    }
    const shadow = budgetOf({ onExhausted: 'allow', limit: 0 })
    const [state] = (await read([shadow], { user: 'alice' })).states
    assert.deepEqual([state?.action, state?.remainingShare], ['allow', 0])
  })

  it('sorts by what is left or by budget, and says when there is more than it shows', async () => {
    for (const [user, used] of [['a', 10], ['b', 900], ['c', 10]] as const) charge(userHour, { user }, used)
    charge(company, {}, 500)
    assert.deepEqual(await summaries([userHour, company]), ['user-hour user=b 900', 'company  500', 'user-hour user=a 10', 'user-hour user=c 10'])
    assert.deepEqual(await summaries([userHour, company], {}, { sort: 'budget' }), ['user-hour user=b 900', 'user-hour user=a 10', 'user-hour user=c 10', 'company  500'])
    assert.deepEqual(await summaries([userHour, company], {}, { budget: 'company' }), ['company  500'])
    const { states, more } = await read([userHour, company], {}, { limit: 3 })
    assert.deepEqual([states.length, more, (await read([userHour, company], {}, { limit: 4 })).more], [3, true, false])
  })
})
