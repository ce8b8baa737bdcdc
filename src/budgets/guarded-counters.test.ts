import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { buildBudget, buildLines, createFakeTime } from '../../test/support/build-budgets.ts'
import { buildAdmission, buildCandidate } from '../../test/support/budget-candidates.ts'
import type { Admitted, Denied } from './admission.ts'
import { createBudgets } from './budgets.ts'
import type { BudgetStore } from './budget-store.ts'
import { guardCounters } from './guarded-counters.ts'
import { createMemoryBudgetStore } from './memory-store.ts'
import { NotDoneError } from './store-errors.ts'

/** Counters elsewhere that can be switched off; what gets lost may be the question or the answer. */
function setUp() {
  const time = createFakeTime()
  const far = createMemoryBudgetStore()
  const state = { away: undefined as 'connection' | 'question' | 'answer' | undefined, calls: 0 }
  const over = async <Value>(call: () => Value): Promise<Value> => {
    state.calls += 1
    if (state.away === 'connection') throw new NotDoneError('no connection')
    if (state.away === 'question') throw new Error('connection refused')
    const value = call()
    if (state.away === 'answer') throw new Error('timed out')
    return value
  }
  const store: BudgetStore = {
    admit: (request) => over(() => far.admit(request)),
    settle: (request) => over(() => far.settle(request)),
    renew: (ids, until) => over(() => far.renew(ids, until)),
    expire: (now, limit) => over(() => far.expire(now, limit)),
    read: (refs, now) => over(() => far.read(refs, now)),
    list: (prefix, options) => over(() => far.list(prefix, options)),
    first: (name, options) => over(() => far.first(name, options)),
    ready: () => far.ready(),
    close: () => far.close(),
  }
  const changes: boolean[] = []
  const lost: string[] = []
  const guarded = guardCounters({ store, local: createMemoryBudgetStore(), clock: time, observer: { reachable: (is) => changes.push(is), failed: () => undefined, lost: ({ id }, why) => lost.push(`${id} ${why}`) } })
  const budgets = createBudgets({ counters: guarded, clock: time, lines: buildLines(time), observer: { stood: () => undefined, expired: () => undefined } })
  return { time, far, state, changes, lost, guarded, budgets, spent: () => far.list('', { nowMs: time.now(), limit: 10 }).map(({ used, held }) => [used, held]) }
}
const settle = async (budgets: ReturnType<typeof setUp>['budgets'], { request }: Admitted, amount: number) => budgets.settle(request, { amount: () => amount, provider: 'openai' }).standings
const ask = async (budgets: ReturnType<typeof setUp>['budgets'], id: string, changes: Parameters<typeof buildBudget>[0] = {}) => budgets.admit(buildAdmission(id, [buildBudget(changes)]))

describe('counters that cannot be reached', () => {
  it('refuse under deny, with an error that says so and can be retried', async () => {
    const { budgets, state } = setUp()
    state.away = 'question'
    await assert.rejects(ask(budgets, '1'), { code: 'budgets_unavailable', httpStatus: 503, message: /The counters of the budget all cannot be reached/ })
    assert.equal(budgets.live, 0)
  })

  it('let through under allow, and are owed what was used', async () => {
    const { budgets, state, guarded, spent } = setUp()
    state.away = 'question'
    const decision = (await ask(budgets, '1', { onStoreFailure: 'allow' })) as Admitted
    await settle(budgets, decision, 70)
    assert.equal(guarded.owed, 1)
    state.away = undefined
    await guarded.repair()
    assert.deepEqual([guarded.owed, spent()], [0, [[70, 0]]])
  })

  it('are paid once they are back, once', async () => {
    const { budgets, state, guarded, spent, time } = setUp()
    state.away = 'question'
    for (const id of ['1', '2', '3', '4', '5']) await settle(budgets, (await ask(budgets, id, { onStoreFailure: 'allow' })) as Admitted, 70)
    assert.equal(guarded.owed, 5)
    time.advance(1000)
    await guarded.repair()
    assert.equal(guarded.owed, 5)
    state.away = undefined
    time.advance(1000)
    await guarded.repair()
    await guarded.repair()
    assert.deepEqual([guarded.owed, spent()], [0, [[350, 0]]])
  })

  it('count a share of the limit here under local, held and spent', async () => {
    const { budgets, state } = setUp()
    state.away = 'question'
    const local = { onStoreFailure: 'local', localShare: 2000 } as const
    const first = (await ask(budgets, '1', local)) as Admitted
    const second = (await ask(budgets, '2', local)) as Admitted
    const third = (await ask(budgets, '3', local)) as Denied
    assert.deepEqual([first.kind, second.kind, third.kind], ['admitted', 'admitted', 'denied'])
    assert.deepEqual(third.shortages.map(({ used, held, cause }) => [used, held, cause]), [[800, 200, 'room']])
    await settle(budgets, first, 10)
    await settle(budgets, second, 80)
    assert.equal(((await ask(budgets, '4', local)) as Admitted).kind, 'admitted')
    assert.equal(((await ask(budgets, '5', local)) as Denied).kind, 'denied')
  })

  it('refuse nobody under local for a budget that only watches, and are owed all of it', async () => {
    const { budgets, state, guarded, spent, time } = setUp()
    state.away = 'question'
    for (const id of ['1', '2', '3']) {
      const decision = await ask(budgets, id, { onExhausted: 'allow', onStoreFailure: 'local', localShare: 1000 })
      assert.equal(decision.kind, 'admitted')
      await settle(budgets, decision as Admitted, 100)
    }
    state.away = undefined
    time.advance(1000)
    await guarded.repair()
    await guarded.repair()
    assert.deepEqual(spent(), [[300, 0]])
  })

  it('are not asked again for what they may have taken so long ago that they would not know it, but for the rest', async () => {
    const { budgets, state, guarded, spent, time, lost } = setUp()
    const decisions: Admitted[] = []
    for (const id of ['taken', 'never asked']) decisions.push((await ask(budgets, id, { window: { kind: 'calendar', every: 'month', timeZone: 'UTC', weekStart: 1, monthDay: 1 } })) as Admitted)
    for (const [index, away] of (['answer', 'connection'] as const).entries()) {
      state.away = away
      await settle(budgets, decisions[index]!, 40)
    }
    const asks = async (hours: number): Promise<void> => {
      for (let second = 0; second < hours * 3600; second += 60) {
        time.advance(60_000)
        await guarded.repair()
      }
    }
    state.away = 'connection'
    await asks(2)
    assert.deepEqual([guarded.owed, lost], [1, ['taken unsure']])
    state.away = undefined
    await asks(0.1)
    assert.deepEqual([guarded.owed, spent()], [0, [[80, 0]]])
  })

  it('refuse for the strictest of several budgets, but never for one that only watches', async () => {
    const { budgets, state } = setUp()
    state.away = 'question'
    const loose = buildBudget({ name: 'loose', onStoreFailure: 'allow' })
    const watching = buildBudget({ name: 'watching', onExhausted: 'allow' })
    await assert.rejects(async () => budgets.admit(buildAdmission('1', [loose, watching, buildBudget()])), { code: 'budgets_unavailable' })
    assert.equal((await budgets.admit(buildAdmission('2', [loose, watching]))).kind, 'admitted')
  })

  it('lose no settlement of what was admitted before', async () => {
    const { budgets, state, guarded, spent, time } = setUp()
    const decision = (await ask(budgets, '1')) as Admitted
    state.away = 'answer'
    await settle(budgets, decision, 40)
    assert.equal(guarded.owed, 1)
    state.away = undefined
    time.advance(1000)
    await guarded.repair()
    assert.deepEqual([guarded.owed, spent()], [0, [[40, 0]]])
  })

  it('keep no hold of an admission whose answer was lost', async () => {
    const { budgets, state, guarded, spent, time } = setUp()
    state.away = 'answer'
    await assert.rejects(ask(budgets, '1'), { code: 'budgets_unavailable' })
    assert.deepEqual(spent(), [[0, 100]])
    state.away = undefined
    time.advance(1000)
    await guarded.repair()
    assert.deepEqual(spent(), [[0, 0]])
  })

  it('charge who was refused here and was let through with another model, once', async () => {
    const { budgets, state, guarded, spent, time } = setUp()
    state.away = 'answer'
    const local = buildBudget({ onStoreFailure: 'local', localShare: 1000, onExhausted: 'downgrade' })
    const candidates = [buildCandidate({ outputTokens: 150 }), buildCandidate({ depth: 1, outputTokens: 60 })]
    const decision = (await budgets.admit(buildAdmission('1', [local], candidates))) as Admitted
    assert.deepEqual([decision.kind, decision.request.claims[0]?.amount, spent()], ['admitted', 60, [[0, 150]]])
    state.away = undefined
    time.advance(1000)
    await guarded.repair()
    assert.deepEqual(spent(), [[0, 150]], 'what it may hold is not given back while it goes on')
    await settle(budgets, decision, 40)
    assert.deepEqual([guarded.owed, spent()], [0, [[40, 0]]])
  })

  it('give back what a call without an answer has claimed when its admission comes to nothing', async () => {
    const { budgets, state, guarded, spent, time } = setUp()
    state.away = 'answer'
    assert.equal((await ask(budgets, '1', { onStoreFailure: 'local', localShare: 100 })).kind, 'denied')
    assert.deepEqual([guarded.owed, spent()], [1, [[0, 100]]])
    state.away = undefined
    time.advance(1000)
    await guarded.repair()
    assert.deepEqual([guarded.owed, spent()], [0, [[0, 0]]])
  })

  it('are left alone after three failures in a row, and tried once a second', async () => {
    const { budgets, state, changes, time } = setUp()
    state.away = 'question'
    for (const id of ['1', '2', '3', '4', '5', '6']) await ask(budgets, id, { onStoreFailure: 'allow' })
    assert.deepEqual([state.calls, changes], [3, [false]])
    time.advance(1000)
    for (const id of ['7', '8']) await ask(budgets, id, { onStoreFailure: 'allow' })
    assert.equal(state.calls, 4)
    state.away = undefined
    time.advance(1000)
    await ask(budgets, '9', { onStoreFailure: 'allow' })
    assert.deepEqual(changes, [false, true])
  })

  it('that answer are the only ones who count', async () => {
    const { budgets, spent } = setUp()
    const decision = (await budgets.admit(buildAdmission('1', [buildBudget({ onStoreFailure: 'local' })], [buildCandidate({ outputTokens: 900 })]))) as Admitted
    assert.deepEqual(spent(), [[0, 900]])
    await settle(budgets, decision, 900)
    assert.deepEqual(spent(), [[900, 0]])
  })
})
