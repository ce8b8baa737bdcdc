import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { emptyConversation } from '../../../test/support/empty-conversation.ts'
import type { Conversation, Effort, Message } from '../conversation.ts'
import { anthropicMessagesProvider } from './index.ts'

const hello: Message = { role: 'user', parts: [{ kind: 'text', text: 'Hello' }] }
const effort = (wanted: Effort, visible = false) => ({ effort: wanted, budgetTokens: undefined, visible })
const any = { kind: 'any' } as const
const tools = [{ name: 'weather', description: undefined, parameters: undefined, strict: undefined }]

/** What the request says of thinking, and what was left out. */
function write(changes: Partial<Conversation>, upstreamModel = 'claude-sonnet-4-5'): unknown[] {
  const { body, dropped } = anthropicMessagesProvider.writeRequest({ ...emptyConversation, messages: [hello], ...changes }, { upstreamModel })
  return [body['thinking'], body['output_config'], dropped]
}
const maxTokens = (changes: Partial<Conversation>, upstreamModel = 'claude-sonnet-4-5') =>
  anthropicMessagesProvider.writeRequest({ ...emptyConversation, messages: [hello], ...changes }, { upstreamModel }).body['max_tokens']

describe('thinking at Anthropic', () => {
  it('is a budget below the length of the answer up to 4.5', () => {
    assert.deepEqual(write({ reasoning: effort('medium') }), [{ type: 'enabled', budget_tokens: 8_192 }, undefined, []])
    assert.deepEqual(write({ reasoning: { effort: undefined, budgetTokens: 5_000, visible: true } }), [{ type: 'enabled', budget_tokens: 5_000 }, undefined, []])
    assert.deepEqual(write({ reasoning: effort('high'), maxOutputTokens: 4_000 }), [{ type: 'enabled', budget_tokens: 3_200 }, undefined, []])
    assert.deepEqual(write({ reasoning: effort('high'), maxOutputTokens: 1_200 }), [undefined, undefined, ['reasoning_effort']])
    assert.deepEqual(write({ reasoning: effort('high'), maxOutputTokens: 500 }), [undefined, undefined, ['reasoning_effort']])
  })

  it('leaves room for the answer where the client named no length', () => {
    assert.equal(maxTokens({ reasoning: effort('low') }), 32_000)
    assert.equal(maxTokens({ reasoning: effort('xhigh') }), 32_768 + 8_192)
    assert.deepEqual(write({ reasoning: effort('max') }), [{ type: 'enabled', budget_tokens: 64_000 - 8_192 }, undefined, []])
    assert.equal(maxTokens({ reasoning: effort('max') }), 64_000)
    assert.deepEqual(write({ reasoning: effort('high') }, 'claude-opus-4-1'), [{ type: 'enabled', budget_tokens: 32_000 - 8_192 }, undefined, []])
  })

  it('is an effort from 4.6 on, with the text of the thoughts for who wants to read them', () => {
    const adaptive = { type: 'adaptive' }
    assert.deepEqual(write({ reasoning: effort('xhigh', true) }, 'claude-opus-4-6'), [adaptive, { effort: 'high' }, []])
    assert.deepEqual(write({ reasoning: effort('xhigh', true) }, 'claude-opus-4-7'), [{ ...adaptive, display: 'summarized' }, { effort: 'xhigh' }, []])
    assert.deepEqual(write({ reasoning: effort('minimal') }, 'claude-opus-4-7'), [adaptive, { effort: 'low' }, []])
    const budget = { effort: undefined, budgetTokens: 10_000, visible: false }
    assert.deepEqual(write({ reasoning: budget }, 'claude-sonnet-5'), [adaptive, { effort: 'medium' }, []])
    const readable = { effort: undefined, budgetTokens: undefined, visible: true }
    assert.deepEqual(write({ reasoning: readable }, 'claude-sonnet-5'), [{ ...adaptive, display: 'summarized' }, undefined, []])
  })

  it('is switched off in the words of the model, as far as that goes', () => {
    const none = { reasoning: effort('none') }
    assert.deepEqual(write(none), [undefined, undefined, []])
    assert.deepEqual(write(none, 'claude-opus-4-7'), [undefined, undefined, []])
    assert.deepEqual(write(none, 'claude-sonnet-5'), [{ type: 'disabled' }, undefined, []])
    assert.deepEqual(write(none, 'claude-sonnet-5-5'), [{ type: 'between_tools' }, undefined, []])
    assert.deepEqual(write(none, 'claude-opus-5-5'), [undefined, { effort: 'low' }, ['reasoning_effort']])
  })

  it('is not what older models do', () => {
    assert.deepEqual(write({ reasoning: effort('high') }, 'claude-3-5-sonnet-latest'), [undefined, undefined, ['reasoning_effort']])
    assert.deepEqual(write({ reasoning: effort('none') }, 'claude-3-5-sonnet-latest'), [undefined, undefined, []])
  })

  it('gives way to a demanded call', () => {
    const demanded = { reasoning: effort('high'), tools, toolChoice: any }
    assert.deepEqual(write(demanded), [undefined, undefined, ['reasoning_effort']])
    assert.deepEqual(write(demanded, 'claude-opus-5'), [{ type: 'disabled' }, undefined, ['reasoning_effort']])
    assert.deepEqual(write({ tools, toolChoice: any }, 'claude-opus-5'), [{ type: 'disabled' }, undefined, []])
    // Where nothing can be demanded, thinking goes on.
    assert.deepEqual(write(demanded, 'claude-opus-5-5'), [{ type: 'adaptive' }, { effort: 'high' }, ['tool_choice']])
  })

  it('samples by its own defaults', () => {
    const sampling = { temperature: 0.2, topP: 0.5, topK: 5 }
    assert.deepEqual(write({ reasoning: effort('low'), ...sampling }).at(-1), ['temperature', 'top_p', 'top_k'])
  })

  it('does not begin in the middle of a tool loop that it was not part of', () => {
    const call = { kind: 'tool_call', id: 'c', name: 'weather', arguments: '{}' } as const
    const answered: Message = { role: 'user', parts: [{ kind: 'tool_result', callId: 'c', name: 'weather', parts: [], isError: false }] }
    const signed = { kind: 'reasoning', text: 'Hm.', signature: 'sig' } as const
    const bare: Message = { role: 'assistant', parts: [call] }
    const explained: Message = { role: 'assistant', parts: [signed, call] }
    const thinks = (...messages: readonly Message[]): boolean => write({ tools, reasoning: effort('low'), messages })[0] !== undefined
    assert.equal(thinks(hello, bare, answered), false)
    assert.equal(thinks(hello, { role: 'assistant', parts: [{ kind: 'reasoning', text: 'Hm.' }, call] }, answered), false)
    assert.equal(thinks(hello, explained, answered), true)
    // A loop thinks once, at its beginning.
    assert.equal(thinks(hello, explained, answered, bare, answered), true)
    assert.equal(thinks(hello, bare, answered, explained, answered), false)
    // What is over does not matter.
    assert.equal(thinks(hello, bare, answered, { role: 'assistant', parts: [{ kind: 'text', text: '20' }] }, hello), true)
    // Models that think as they like do not insist.
    assert.deepEqual(write({ tools, reasoning: effort('low'), messages: [hello, bare, answered] }, 'claude-opus-4-6')[0], { type: 'adaptive' })
  })
})
