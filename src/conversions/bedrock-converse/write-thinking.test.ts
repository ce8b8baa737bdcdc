import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Conversation, type Effort, emptyConversation } from '../conversation.ts'
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
  for (const [model, vendor, generation] of [
    ['anthropic.claude-3-haiku-20240307-v1:0', 'anthropic', 300],
    ['us.anthropic.claude-3-7-sonnet-20250219-v1:0', 'anthropic', 307],
    ['anthropic.claude-sonnet-4-20250514-v1:0', 'anthropic', 400],
    ['arn:aws:bedrock:us-east-1:123456789012:inference-profile/eu.anthropic.claude-opus-4-6-v1', 'anthropic', 406],
    ['global.anthropic.claude-sonnet-5', 'anthropic', 500],
    ['anthropic.claude-opus-4-10', 'anthropic', 410],
    ['anthropic.claude-v2:1', 'anthropic', 0],
    ['us.amazon.nova-pro-v1:0', 'amazon', 0],
    ['openai.gpt-oss-120b-1:0', 'openai', 0],
    ['meta.llama3-1-8b-instruct-v1:0', 'other', 0],
    ['arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdef123456', 'unknown', 0],
  ] as const) {
    it(`of ${model}`, () => {
      assert.deepEqual(traitsOf(model), { vendor, generation })
    })
  }
})

describe('thinking through Converse', () => {
  it('has a budget for Claude before 4.6', () => {
    const model = 'anthropic.claude-sonnet-4-20250514-v1:0'
    assert.deepEqual(fields(model, { reasoning: effort('medium') }), [{ thinking: { type: 'enabled', budget_tokens: 8192 } }, []])
    assert.deepEqual(fields(model, { reasoning: budget(2000), maxOutputTokens: 1500 }), [{ thinking: { type: 'enabled', budget_tokens: 1499 } }, []])
    assert.deepEqual(fields(model, { reasoning: effort('none') }), [undefined, []])
    assert.deepEqual(fields(model, { reasoning: effort('high'), maxOutputTokens: 500 }), [undefined, ['reasoning_effort']])
  })

  it('is adaptive from 4.6 on, where no budget is asked', () => {
    const model = 'anthropic.claude-opus-4-6-v1'
    assert.deepEqual(fields(model, { reasoning: effort('xhigh', true) }), [{ thinking: { type: 'adaptive' }, output_config: { effort: 'high' } }, []])
    assert.deepEqual(fields(model, { reasoning: budget(2000) }), [{ thinking: { type: 'enabled', budget_tokens: 2000 } }, []])
    assert.deepEqual(fields(model, { reasoning: effort('none') }), [{ thinking: { type: 'disabled' } }, []])
  })

  it('is always adaptive from 4.7 on, and shown when it is to be seen', () => {
    const model = 'anthropic.claude-opus-4-8'
    assert.deepEqual(fields(model, { reasoning: budget(2000) }), [{ thinking: { type: 'adaptive', display: 'summarized' }, output_config: { effort: 'low' } }, []])
    assert.deepEqual(fields(model, { reasoning: effort('xhigh') }), [{ thinking: { type: 'adaptive' }, output_config: { effort: 'xhigh' } }, []])
    assert.deepEqual(fields(model, { reasoning: effort('minimal') }), [{ thinking: { type: 'adaptive' }, output_config: { effort: 'low' } }, []])
  })

  it('is an effort for the models of OpenAI', () => {
    const model = 'openai.gpt-oss-20b-1:0'
    assert.deepEqual(fields(model, { reasoning: effort('xhigh') }), [{ reasoning_effort: 'high' }, []])
    assert.deepEqual(fields(model, { reasoning: effort('minimal') }), [{ reasoning_effort: 'low' }, []])
    assert.deepEqual(fields(model, { reasoning: effort('none') }), [undefined, []])
  })

  it('is named where the model has no word for it', () => {
    for (const model of ['amazon.nova-pro-v1:0', 'anthropic.claude-3-haiku-20240307-v1:0', 'deepseek.r1-v1:0']) {
      assert.deepEqual(fields(model, { reasoning: effort('low') }), [undefined, ['reasoning_effort']])
      assert.deepEqual(fields(model, { reasoning: effort('none') }), [undefined, []])
      assert.deepEqual(fields(model, { reasoning: { effort: undefined, budgetTokens: undefined, visible: true } }), [undefined, []])
    }
  })

  it('gives way to a call that is demanded', () => {
    const tools = [{ name: 'a', description: undefined, parameters: undefined, strict: undefined }]
    const part = { tools, toolChoice: { kind: 'any' }, reasoning: effort('high') } as const
    assert.deepEqual(fields('anthropic.claude-sonnet-4-20250514-v1:0', part), [undefined, ['reasoning_effort']])
    assert.deepEqual(fields('anthropic.claude-opus-4-8', part), [{ thinking: { type: 'disabled' } }, ['reasoning_effort']])
  })

  it('leaves no sampling to the client', () => {
    const part = { reasoning: effort('low'), temperature: 0.3, topP: 1, topK: 5 }
    assert.deepEqual(fields('anthropic.claude-3-7-sonnet-20250219-v1:0', part), [{ thinking: { type: 'enabled', budget_tokens: 1024 } }, ['temperature', 'top_k']])
  })

  it('stops in the middle of a tool loop when the client lost the thoughts', () => {
    const call = { kind: 'tool_call', id: 'a', name: 'now', arguments: '' } as const
    const result = { role: 'user', parts: [{ kind: 'tool_result', callId: 'a', name: 'now', parts: [], isError: false }] } as const
    const lost = [user, { role: 'assistant', parts: [call] }, result] as const
    const kept = [user, { role: 'assistant', parts: [{ kind: 'reasoning', text: 'Hm.', signature: 'sig' }, call] }, result] as const
    const model = 'anthropic.claude-sonnet-4-20250514-v1:0'
    assert.deepEqual(fields(model, { messages: lost, reasoning: effort('low') }), [undefined, ['reasoning_effort']])
    assert.deepEqual(fields(model, { messages: kept, reasoning: effort('low') }), [{ thinking: { type: 'enabled', budget_tokens: 1024 } }, []])
    assert.deepEqual(fields('anthropic.claude-opus-4-8', { messages: lost, reasoning: effort('low') })[1], [])
  })
})
