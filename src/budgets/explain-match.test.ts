import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { buildBudget } from '../../test/support/build-budgets.ts'
import { missesOf } from './explain-match.ts'
import { type BudgetSubject, mismatch } from './match-budget.ts'

const subject: BudgetSubject = { attributes: new Map([['user', 'alice'], ['team', 'eng']]), clientModel: 'gpt-4o', providers: ['openai', 'azure'], route: undefined }

describe('why a budget does not count a request', () => {
  it('says everything that is in the way: what it is, and what would have matched', () => {
    const budget = buildBudget({ where: new Map([['team', ['research', 'lab-*']], ['region', ['eu']]]), models: ['claude*'], providers: ['aws-*'], routes: ['bulk'] })
    assert.deepEqual(missesOf(budget, subject), [
      { what: 'caller', attribute: 'team', found: ['eng'], wanted: ['research', 'lab-*'] },
      { what: 'caller', attribute: 'region', found: [], wanted: ['eu'] },
      { what: 'model', found: ['gpt-4o'], wanted: ['claude*'] },
      { what: 'route', found: [], wanted: ['bulk'] },
      { what: 'provider', found: ['openai', 'azure'], wanted: ['aws-*'] },
    ])
    assert.deepEqual(missesOf(budget, { ...subject, route: 'chat' }).filter(({ what }) => what === 'route'), [{ what: 'route', found: ['chat'], wanted: ['bulk'] }])
  })

  it('finds nothing in the way exactly where admissions find a match', () => {
    const name = fc.constantFrom('a', 'b', 'ab')
    const patterns = fc.array(fc.constantFrom('a', 'b', 'a*', '*'), { maxLength: 2 })
    const budgets = fc.record({ where: fc.dictionary(fc.constantFrom('user', 'team'), fc.array(fc.constantFrom('a', 'a*', '*'), { minLength: 1, maxLength: 2 })), models: patterns, providers: patterns, routes: fc.array(name, { maxLength: 2 }) })
    const subjects = fc.record({ attributes: fc.dictionary(fc.constantFrom('user', 'team'), name), clientModel: name, providers: fc.array(name, { minLength: 1, maxLength: 2 }), route: fc.option(name, { nil: undefined }) })
    fc.assert(
      fc.property(budgets, subjects, (given, who) => {
        const budget = buildBudget({ ...given, where: new Map(Object.entries(given.where)) })
        const asked = { ...who, attributes: new Map(Object.entries(who.attributes)) }
        assert.equal(missesOf(budget, asked).length === 0, mismatch(budget, asked) === undefined)
      }),
    )
  })
})
