import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Budget, CallerCondition } from './budget.ts'
import { limitOf, matchesCaller } from './limit-of.ts'

const where = (condition: Readonly<Record<string, readonly string[]>>): CallerCondition => new Map(Object.entries(condition))
const caller = (attributes: Readonly<Record<string, string>>): ReadonlyMap<string, string> => new Map(Object.entries(attributes))

describe('limitOf', () => {
  const budget: Pick<Budget, 'limit' | 'overrides' | 'boosts'> = {
    limit: 100,
    overrides: [
      { where: where({ team: ['research'] }), limit: 500 },
      { where: where({ team: ['research', 'ops'] }), limit: 50 },
    ],
    boosts: [
      { where: where({ user: ['alice'] }), limit: 1_000, untilMs: 2_000 },
      { where: where({ user: ['a*'] }), limit: 900, untilMs: 3_000 },
    ],
  }

  it('is the limit of the budget for whom nothing else is said', () => {
    assert.deepEqual(limitOf(budget, caller({ user: 'bob', team: 'sales' }), 0), { limit: 100, source: { kind: 'limit' } })
  })

  it('is that of the first override that matches', () => {
    assert.deepEqual(limitOf(budget, caller({ user: 'bob', team: 'research' }), 0), { limit: 500, source: { kind: 'override', index: 0 } })
    assert.deepEqual(limitOf(budget, caller({ user: 'bob', team: 'ops' }), 0), { limit: 50, source: { kind: 'override', index: 1 } })
  })

  it('is that of a boost before any override, until the moment of its end', () => {
    const alice = caller({ user: 'alice', team: 'research' })
    assert.deepEqual(limitOf(budget, alice, 1_999), { limit: 1_000, source: { kind: 'boost', index: 0, untilMs: 2_000 } })
    assert.deepEqual(limitOf(budget, alice, 2_000), { limit: 900, source: { kind: 'boost', index: 1, untilMs: 3_000 } })
    assert.deepEqual(limitOf(budget, alice, 3_000), { limit: 500, source: { kind: 'override', index: 0 } })
  })
})

describe('matchesCaller', () => {
  it('needs every attribute, each by one of its patterns', () => {
    const condition = where({ team: ['eng-*', 'ops'], user: ['*@example.com'] })
    assert.ok(matchesCaller(condition, caller({ team: 'eng-web', user: 'alice@example.com', more: 'x' })))
    assert.ok(matchesCaller(condition, caller({ team: 'ops', user: '@example.com' })))
    assert.ok(!matchesCaller(condition, caller({ team: 'sales', user: 'alice@example.com' })))
    assert.ok(!matchesCaller(condition, caller({ team: 'ops', user: 'alice' })))
  })

  it('takes everybody when it asks for nothing, and nobody who lacks what it asks for', () => {
    assert.ok(matchesCaller(new Map(), caller({})))
    assert.ok(matchesCaller(where({ team: ['*'] }), caller({ team: '' })))
    assert.ok(!matchesCaller(where({ team: ['*'] }), caller({ user: 'alice' })))
  })
})
