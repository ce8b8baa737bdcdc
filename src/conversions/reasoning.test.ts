import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Effort } from './conversation.ts'
import { budgetOf, effortOf } from './reasoning.ts'

const budget = (budgetTokens: number) => ({ effort: undefined, budgetTokens, visible: true })
const effort = (wanted: Effort) => ({ effort: wanted, budgetTokens: undefined, visible: false })

describe('reasoning', () => {
  it('reads an effort out of a budget', () => {
    const efforts = [0, 1, 1_023, 1_024, 8_191, 8_192, 24_575, 24_576, 1_000_000].map((tokens) => effortOf(budget(tokens)))
    assert.deepEqual(efforts, ['none', 'minimal', 'minimal', 'low', 'low', 'medium', 'medium', 'high', 'high'])
  })

  it('gives every effort its budget', () => {
    const budgets = (['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const).map((wanted) => budgetOf(effort(wanted), undefined))
    assert.deepEqual(budgets, [0, 1_024, 1_024, 8_192, 24_576, 32_768, 65_536])
  })

  it('leaves a fifth of a short answer to what is said, and thinks not at all where that has no room', () => {
    assert.equal(budgetOf(effort('high'), 4_000), 3_200)
    assert.equal(budgetOf(effort('high'), 1_280), 1_024)
    assert.equal(budgetOf(effort('high'), 1_279), 0)
    assert.equal(budgetOf(effort('low'), 100_000), 1_024)
    assert.equal(budgetOf(budget(100), 4_096), 1_024)
    assert.equal(budgetOf(budget(0), 4_096), 0)
  })

  it('takes a budget that the client counted out itself, but never one that leaves nothing', () => {
    assert.equal(budgetOf(budget(3_999), 4_000), 3_999)
    assert.equal(budgetOf(budget(4_000), 4_000), 3_200)
    assert.equal(budgetOf(budget(1_024), 1_100), 1_024)
  })

  it('prefers what was said to what can be guessed', () => {
    assert.equal(effortOf({ effort: 'xhigh', budgetTokens: 1_024, visible: true }), 'xhigh')
    assert.equal(budgetOf({ effort: 'low', budgetTokens: 5_000, visible: true }, undefined), 5_000)
  })

  it('says nothing where nothing was said', () => {
    assert.equal(effortOf(undefined), undefined)
    assert.equal(budgetOf(undefined, 100), undefined)
    const summaryOnly = { effort: undefined, budgetTokens: undefined, visible: true }
    assert.deepEqual([effortOf(summaryOnly), budgetOf(summaryOnly, 100)], [undefined, undefined])
  })
})
