import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { emptyConversation } from '../../../test/support/empty-conversation.ts'
import type { Conversation, Effort } from '../conversation.ts'
import { traitsOf } from './model-traits.ts'
import { writeRequest } from './write-request.ts'

const user = { role: 'user', parts: [{ kind: 'text', text: 'Hello' }] } as const
const effort = (value: Effort, visible = false) => ({ effort: value, budgetTokens: undefined, visible })
const budget = (tokens: number) => ({ effort: undefined, budgetTokens: tokens, visible: true })

function fields(model: string, part: Partial<Conversation>): [unknown, readonly string[]] {
  const { body, dropped } = writeRequest({ ...emptyConversation, messages: [user], ...part }, { upstreamModel: model })
  return [body['additionalModelRequestFields'], dropped]
}

describe('the traits of a model', () => {
  for (const [model, vendor, isFrom45] of [
    ['anthropic.claude-3-haiku-20240307-v1:0', 'anthropic', false],
    ['us.anthropic.claude-sonnet-4-20250514-v1:0', 'anthropic', false],
    ['us.anthropic.claude-sonnet-4-5-20250929-v1:0', 'anthropic', true],
    ['arn:aws:bedrock:us-east-1:123456789012:inference-profile/eu.anthropic.claude-opus-4-6-v1', 'anthropic', true],
    ['global.anthropic.claude-sonnet-5', 'anthropic', true],
    ['anthropic.claude-v2:1', 'anthropic', false],
    ['us.amazon.nova-pro-v1:0', 'amazon', false],
    ['openai.gpt-oss-120b-1:0', 'openai', false],
    ['meta.llama3-1-8b-instruct-v1:0', 'other', false],
    ['arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdef123456', 'unknown', false],
  ] as const) {
    it(`of ${model}`, () => {
      const traits = traitsOf(model)
      assert.deepEqual([traits.vendor, traits.isFrom45, traits.claude !== undefined], [vendor, isFrom45, vendor === 'anthropic'])
    })
  }
})

describe('thinking through Converse', () => {
  it('has a budget for Claude before 4.6, and a limit above it', () => {
    const model = 'anthropic.claude-sonnet-4-20250514-v1:0'
    const { body } = writeRequest({ ...emptyConversation, messages: [user], reasoning: budget(40_000) }, { upstreamModel: model })
    assert.deepEqual(body['additionalModelRequestFields'], { thinking: { type: 'enabled', budget_tokens: 40_000 } })
    assert.deepEqual(body['inferenceConfig'], { maxTokens: 48_192 })
    assert.deepEqual(fields(model, { reasoning: budget(2000), maxOutputTokens: 9000 }), [{ thinking: { type: 'enabled', budget_tokens: 2000 } }, []])
    assert.deepEqual(fields(model, { reasoning: effort('high'), maxOutputTokens: 500 }), [undefined, ['reasoning_effort']])
  })

  it('is adaptive for later ones, which set no limit by themselves', () => {
    const { body } = writeRequest({ ...emptyConversation, messages: [user], reasoning: effort('high', true) }, { upstreamModel: 'anthropic.claude-opus-4-8' })
    assert.deepEqual(body['additionalModelRequestFields'], { thinking: { type: 'adaptive', display: 'summarized' }, output_config: { effort: 'high' } })
    assert.equal(body['inferenceConfig'], undefined)
    assert.deepEqual(fields('global.anthropic.claude-sonnet-5', { reasoning: effort('none') }), [{ thinking: { type: 'disabled' } }, []])
  })

  it('is an effort for the models of OpenAI', () => {
    const model = 'openai.gpt-oss-20b-1:0'
    assert.deepEqual(fields(model, { reasoning: effort('xhigh') }), [{ reasoning_effort: 'high' }, []])
    assert.deepEqual(fields(model, { reasoning: effort('minimal') }), [{ reasoning_effort: 'low' }, []])
    assert.deepEqual(fields(model, { reasoning: effort('medium') }), [{ reasoning_effort: 'medium' }, []])
    assert.deepEqual(fields(model, { reasoning: effort('max') }), [{ reasoning_effort: 'high' }, []])
    assert.deepEqual(fields(model, { reasoning: effort('none') }), [undefined, []])
  })

  it('is named where the model has no word for it', () => {
    for (const model of ['amazon.nova-pro-v1:0', 'anthropic.claude-3-haiku-20240307-v1:0', 'deepseek.r1-v1:0']) {
      assert.deepEqual(fields(model, { reasoning: effort('low') }), [undefined, ['reasoning_effort']])
      assert.deepEqual(fields(model, { reasoning: effort('none') }), [undefined, []])
      assert.deepEqual(fields(model, { reasoning: { effort: undefined, budgetTokens: undefined, visible: true } }), [undefined, []])
    }
  })

  it('leaves no sampling to the client', () => {
    const part = { reasoning: effort('low'), temperature: 0.3, topP: 1, topK: 5 }
    assert.deepEqual(fields('anthropic.claude-3-7-sonnet-20250219-v1:0', part), [{ thinking: { type: 'enabled', budget_tokens: 1024 } }, ['temperature', 'top_k']])
  })

  it('gets its former thoughts back', () => {
    const thought = { kind: 'reasoning', text: 'Hm.', signature: 'sig' } as const
    const messages = [user, { role: 'assistant', parts: [thought, { kind: 'text', text: 'So.' }] }, user] as const
    const written = (model: string, part: Partial<Conversation>): unknown => Reflect.get(Object(Reflect.get(Object(writeRequest({ ...emptyConversation, messages, ...part }, { upstreamModel: model }).body['messages']), 1)), 'content')
    const both = [{ reasoningContent: { reasoningText: { text: 'Hm.', signature: 'sig' } } }, { text: 'So.' }]
    assert.deepEqual(written('anthropic.claude-sonnet-4-20250514-v1:0', { reasoning: effort('low') }), both)
    assert.deepEqual(written('arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc', {}), both)
    assert.deepEqual(written('anthropic.claude-sonnet-4-20250514-v1:0', {}), [{ text: 'So.' }])
    assert.deepEqual(written('deepseek.r1-v1:0', { reasoning: effort('low') }), [{ text: 'So.' }])
  })
})
