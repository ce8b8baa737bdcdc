import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { buildBudget } from '../../test/support/build-budgets.ts'
import type { Budget } from '../budgets/budget.ts'
import type { BudgetStore } from '../budgets/budget-store.ts'
import { counterKey } from '../budgets/counter-key.ts'
import { createMemoryBudgetStore, type MemoryBudgetStore } from '../budgets/memory-store.ts'
import { windowAt } from '../budgets/window.ts'
import { TollgateError } from '../core/errors.ts'
import { createBudgetsPage, type ShownBudgets } from './budgets-page.ts'

const nowMs = Date.parse('2025-12-01T12:30:00Z')
const userHour = buildBudget({
  name: 'user-hour',
  per: ['user'],
  models: ['gpt-4o*'],
  overrides: [{ where: new Map([['team', ['research']]]), limit: 5000 }],
  tiers: [{ remainingShare: 5000, action: 'warn' }],
})
const company = buildBudget({ name: 'company', unit: { kind: 'usd' }, limit: 100e9, boosts: [{ where: new Map(), limit: 150e9, untilMs: nowMs + 1000 }] })

describe('GET /budgets', () => {
  let store: MemoryBudgetStore
  beforeEach(() => {
    store = createMemoryBudgetStore()
    charge(userHour, { user: 'alice' }, 600)
    charge(company, {}, 12_345_678_900)
  })

  function charge(budget: Budget, caller: Readonly<Record<string, string>>, amount: number): void {
    const { startMs, endMs } = windowAt(budget.window, nowMs)
    store.settle({ id: budget.name + JSON.stringify(caller), nowMs, charges: [{ key: counterKey(budget, new Map(Object.entries(caller)), startMs), forgetAtMs: endMs, amount }] })
  }
  async function ask(query: string, counters: Pick<BudgetStore, 'read' | 'list'> = store): Promise<ShownBudgets> {
    const page = createBudgetsPage({ budgets: () => [userHour, company], store: counters, clock: { now: () => nowMs, monotonic: () => 0 } })
    const answer = await page.GET?.({ method: 'GET', path: '/budgets', query: new URLSearchParams(query), body: undefined })
    assert.deepEqual([answer?.status, answer?.contentType], [200, 'application/json'])
    return JSON.parse(typeof answer?.body === 'string' ? answer.body : '') as ShownBudgets
  }
  const names = async (query: string) => (await ask(query)).budgets.map(({ budget, caller }) => `${budget} ${caller['user'] ?? ''}`)

  it('shows amounts as people write them, and times that programs can read', async () => {
    assert.deepEqual(await ask('user=alice&sort=budget'), {
      time: '2025-12-01T12:30:00.000Z',
      budgets: [
        {
          budget: 'user-hour',
          per: ['user'],
          caller: { user: 'alice' },
          unit: 'tokens',
          limit: 1000,
          limit_from: 'limit',
          used: 600,
          held: 0,
          remaining: 400,
          remaining_share: 0.4,
          window: 'hour (UTC)',
          window_start: '2025-12-01T12:00:00.000Z',
          resets_at: '2025-12-01T13:00:00.000Z',
          tier: { remaining_share: 0.5, action: 'warn' },
          action: 'warn',
          burn_per_hour: 1200,
          gone_at: '2025-12-01T12:50:00.000Z',
          models: ['gpt-4o*'],
        },
        {
          budget: 'company',
          per: [],
          caller: {},
          unit: 'usd',
          limit: 150,
          limit_from: 'boost 1',
          limit_until: '2025-12-01T12:30:01.000Z',
          used: 12.3456789,
          held: 0,
          remaining: 137.6543211,
          remaining_share: 0.9177,
          window: 'hour (UTC)',
          window_start: '2025-12-01T12:00:00.000Z',
          resets_at: '2025-12-01T13:00:00.000Z',
          burn_per_hour: 24.6913578,
        },
      ],
      more: false,
    })
  })

  it('can be asked for callers, a budget, an order and a number', async () => {
    charge(userHour, { user: 'bob' }, 700)
    assert.deepEqual(await names(''), ['user-hour bob', 'user-hour alice', 'company '])
    assert.deepEqual(await names('user=carol'), ['company ', 'user-hour carol'])
    assert.deepEqual(await names('caller.user=alice&budget=user-hour'), ['user-hour alice'])
    assert.deepEqual(await names('limit=1'), ['user-hour bob'])
    assert.equal((await ask('limit=1')).more, true)
    assert.equal((await ask('user=alice&team=research')).budgets.find(({ budget }) => budget === 'user-hour')?.limit_from, 'override 1')
  })

  it('says what is wrong with a question', async () => {
    const wrong = [
      ['usr=alice', /"usr": no budget asks for the attribute "usr"; they ask for: user, team/],
      ['budget=x', /no budget "x"; there are: user-hour, company/],
      ['sort=up', /remaining or budget/],
      ['limit=0', /from 1 to 1000/],
      ['limit=1001', /from 1 to 1000/],
    ] as const
    for (const [query, message] of wrong) await assert.rejects(ask(query), (thrown) => thrown instanceof TollgateError && thrown.httpStatus === 400 && message.test(thrown.message), query)
  })

  it('says when the counters cannot be reached, and keeps why for the log', async () => {
    const cause = new Error('ECONNREFUSED 10.0.0.7')
    const away = { read: () => Promise.reject(cause), list: () => Promise.reject(cause) }
    const isUnavailable = (thrown: unknown) => thrown instanceof TollgateError && thrown.code === 'budgets_unavailable' && thrown.cause === cause && !thrown.message.includes('10.0.0.7')
    for (const query of ['', 'user=alice']) await assert.rejects(ask(query, away), isUnavailable)
  })
})
