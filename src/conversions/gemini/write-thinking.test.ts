import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { emptyConversation } from '../../../test/support/empty-conversation.ts'
import type { Effort, Reasoning } from '../conversation.ts'
import { writeThinking } from './write-thinking.ts'

const efforts: readonly Effort[] = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']

function written(model: string, reasoning: Partial<Reasoning>, maxOutputTokens?: number): { config: unknown; dropped: string[] } {
  const dropped = new Set<string>()
  const full = { effort: undefined, budgetTokens: undefined, visible: false, ...reasoning }
  return { config: writeThinking({ ...emptyConversation, maxOutputTokens, reasoning: full }, model, dropped), dropped: [...dropped] }
}

function member(model: string, name: string): unknown[] {
  return efforts.map((effort) => Reflect.get(Object(written(model, { effort }).config), name))
}

describe("Gemini's thinkingConfig", () => {
  it('is not there when nothing was said', () => {
    assert.equal(writeThinking(emptyConversation, 'gemini-2.5-pro', new Set()), undefined)
    assert.equal(written('gemini-2.5-pro', {}).config, undefined)
  })

  it('is a budget within the bounds of the model up to 2.5', () => {
    assert.deepEqual(member('gemini-2.5-flash', 'thinkingBudget'), [0, 1024, 1024, 8192, 24_576, 24_576, 24_576])
    assert.deepEqual(member('gemini-2.5-pro', 'thinkingBudget'), [128, 1024, 1024, 8192, 24_576, 32_768, 32_768])
    assert.deepEqual(member('some-tuned-model', 'thinkingBudget'), member('gemini-2.5-flash', 'thinkingBudget'))
    assert.deepEqual(written('gemini-2.5-flash', { budgetTokens: 5000 }, 2000).config, { thinkingBudget: 1600 })
    assert.deepEqual(written('gemini-2.5-flash', { effort: 'high' }, 1000), { config: { thinkingBudget: 0 }, dropped: ['reasoning_effort'] })
  })

  it('is a level from generation 3 on', () => {
    assert.deepEqual(member('gemini-3-pro-preview', 'thinkingLevel'), ['LOW', 'LOW', 'LOW', 'HIGH', 'HIGH', 'HIGH', 'HIGH'])
    assert.deepEqual(member('gemini-3.1-pro-preview', 'thinkingLevel'), ['LOW', 'LOW', 'LOW', 'MEDIUM', 'HIGH', 'HIGH', 'HIGH'])
    assert.deepEqual(member('gemini-3-flash-preview', 'thinkingLevel'), ['MINIMAL', 'MINIMAL', 'LOW', 'MEDIUM', 'HIGH', 'HIGH', 'HIGH'])
    assert.deepEqual(member('gemini-flash-latest', 'thinkingLevel'), ['LOW', 'LOW', 'LOW', 'MEDIUM', 'HIGH', 'HIGH', 'HIGH'])
    assert.deepEqual(written('gemini-3-pro', { budgetTokens: 10_000 }).config, { thinkingLevel: 'HIGH' })
  })

  it('asks for the thoughts when they are to be seen', () => {
    assert.deepEqual(written('gemini-3-pro', { visible: true }).config, { includeThoughts: true })
    assert.deepEqual(written('gemini-2.5-flash', { visible: true, effort: 'low' }).config, { includeThoughts: true, thinkingBudget: 1024 })
  })

  it('names the effort when a model cannot do without thinking, or has none', () => {
    assert.deepEqual(written('gemini-3-pro', { effort: 'none' }).dropped, ['reasoning_effort'])
    assert.deepEqual(written('gemini-2.5-pro', { effort: 'none' }).dropped, ['reasoning_effort'])
    assert.deepEqual(written('gemini-2.5-flash', { effort: 'none' }).dropped, [])
    assert.deepEqual(written('gemini-2.0-flash', { effort: 'high' }), { config: undefined, dropped: ['reasoning_effort'] })
    assert.deepEqual(written('gemini-2.0-flash', { effort: 'none' }), { config: undefined, dropped: [] })
  })
})
