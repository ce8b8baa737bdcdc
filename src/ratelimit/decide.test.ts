import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decide } from './decide.ts'
import type { LimitRule } from './domain-rules.ts'
import type { CountPlan } from './plan-counts.ts'

function counted(key: string, rule: Partial<LimitRule> = {}, hits = 1n, kind: 'add' | 'refund' = 'add'): CountPlan {
  const plain: LimitRule = {
    unit: 'hour',
    requestsPerUnit: 10,
    unlimited: false,
    name: '',
    replaces: [],
    shadowMode: false,
    quotaMode: false,
    denyAtLimit: false,
    statName: 'd.k',
    detailedMetric: false,
    metadata: undefined,
  }
  const change = { key, kind, hits, windowSeconds: 3600 }
  return { kind: 'counted', rule: { ...plain, ...rule }, entries: [{ key, value: 'v' }], change, resetSeconds: 5 }
}

describe('decide', () => {
  const rows: readonly { what: string; plan: CountPlan; after: bigint; over: boolean }[] = [
    { what: 'a charge that reaches the limit passes', plan: counted('k'), after: 10n, over: false },
    { what: 'a charge beyond it does not', plan: counted('k'), after: 11n, over: true },
    { what: 'a charge that reaches it passes under denyAtLimit too', plan: counted('k', { denyAtLimit: true }), after: 10n, over: false },
    { what: 'a look at the limit passes', plan: counted('k', {}, 0n), after: 10n, over: false },
    { what: 'a look at the limit is denied under denyAtLimit', plan: counted('k', { denyAtLimit: true }, 0n), after: 10n, over: true },
    { what: 'a look below the limit passes under denyAtLimit', plan: counted('k', { denyAtLimit: true }, 0n), after: 9n, over: false },
    { what: 'a look at a limit of 0 is denied under denyAtLimit', plan: counted('k', { denyAtLimit: true, requestsPerUnit: 0 }, 0n), after: 0n, over: true },
    { what: 'giving back passes whatever is left', plan: counted('k', { denyAtLimit: true }, 1n, 'refund'), after: 99n, over: false },
    { what: 'giving back nothing passes too', plan: counted('k', { denyAtLimit: true }, 0n, 'refund'), after: 10n, over: false },
    { what: 'a shadow rule passes', plan: counted('k', { shadowMode: true }), after: 99n, over: false },
    { what: 'the largest counter is over', plan: counted('k', { requestsPerUnit: 4_294_967_295 }), after: 2n ** 63n - 1n, over: true },
  ]
  for (const { what, plan, after, over } of rows) {
    it(what, () => {
      assert.equal(decide([plan], [after]).overLimit, over)
    })
  }

  it('blames quota rules only when all of them are over, and then all', () => {
    const plans = [counted('q1', { quotaMode: true }), counted('q2', { quotaMode: true }), counted('plain')]
    const blamed = (counters: readonly bigint[]) => decide(plans, counters).denials.map(({ entries }) => entries[0]?.key)
    assert.deepEqual(blamed([11n, 1n, 1n]), [])
    assert.deepEqual(blamed([11n, 1n, 11n]), ['plain'])
    assert.deepEqual(blamed([11n, 12n, 1n]), ['q1', 'q2'])
    assert.deepEqual(blamed([11n, 12n, 13n]), ['plain', 'q1', 'q2'])
  })

  it('does not let a shadowed quota rule complete a denial', () => {
    const plans = [counted('q1', { quotaMode: true }), counted('q2', { quotaMode: true, shadowMode: true })]
    const decision = decide(plans, [11n, 11n])
    assert.deepEqual([decision.overLimit, decision.shadow], [false, true])
  })

  it('gives counters only to the plans that count', () => {
    const { statuses } = decide([{ kind: 'none' }, counted('k'), { kind: 'unlimited' }, counted('l')], [3n, 4n])
    assert.deepEqual(statuses.map(({ limitRemaining }) => limitRemaining), [0, 7, 4_294_967_295, 6])
  })
})
