// A whole answer as a `chat.completion`. Source: platform.openai.com, API reference, "The chat completion object".

import { type Answer, unspokenRefusal } from '../answer.ts'
import type { JsonObject, ReasoningPart, ToolCallPart } from '../conversation.ts'
import type { AnswerContext } from '../dialect.ts'
import { withSignature } from '../tool-call-signature.ts'
import { openaiFinishReason } from './finish-reasons.ts'
import { writeUsage } from './write-usage.ts'

export function writeAnswer(answer: Answer, context: AnswerContext): JsonObject {
  let text = ''
  let refusal = ''
  const thoughts: ReasoningPart[] = []
  const calls: ToolCallPart[] = []
  for (const part of answer.parts) {
    switch (part.kind) {
      case 'text':
        text += part.text
        break
      case 'refusal':
        refusal += part.text
        break
      case 'reasoning':
        thoughts.push(part)
        break
      case 'tool_call':
        calls.push(part)
        break
    }
  }
  if (refusal === '' && answer.finish === 'refusal') refusal = unspokenRefusal
  const message = {
    role: 'assistant',
    content: text === '' && (calls.length > 0 || refusal !== '') ? null : text,
    refusal: refusal === '' ? null : refusal,
    ...writeThoughts(thoughts),
    ...(calls.length === 0 ? {} : { tool_calls: calls.map((call) => writeToolCall(call)) }),
  }
  return {
    id: answerId(answer.id, context),
    object: 'chat.completion',
    created: context.createdSeconds,
    model: context.clientModel,
    choices: [{ index: 0, message, logprobs: null, finish_reason: openaiFinishReason(answer.finish, calls.length > 0) }],
    ...(answer.usage === undefined ? {} : { usage: writeUsage(answer.usage) }),
  }
}

export function answerId(id: string, context: AnswerContext): string {
  return id === '' ? `chatcmpl-${context.exchangeId}` : id
}

/** A call as both requests and answers have it; no arguments are an empty object, for clients parse them. */
export function writeToolCall(call: ToolCallPart): JsonObject {
  const id = withSignature(call.id, call.signature)
  return { id, type: 'function', function: { name: call.name, arguments: call.arguments === '' ? '{}' : call.arguments } }
}

/** One entry of `thinking_blocks`; undefined for a thought that is not signed, which no provider wants back. */
export function thinkingBlock(thought: Omit<ReasoningPart, 'kind'>): JsonObject | undefined {
  if (thought.redacted !== undefined) return { type: 'redacted_thinking', data: thought.redacted }
  return thought.signature === undefined ? undefined : { type: 'thinking', thinking: thought.text, signature: thought.signature }
}

// The members that DeepSeek, LiteLLM and Envoy AI Gateway have for it: text to read, and blocks to send back.
function writeThoughts(thoughts: readonly ReasoningPart[]): JsonObject {
  const text = thoughts.map((thought) => thought.text).join('')
  const blocks = thoughts.map((thought) => thinkingBlock(thought)).filter((block) => block !== undefined)
  return { ...(text === '' ? {} : { reasoning_content: text }), ...(blocks.length === 0 ? {} : { thinking_blocks: blocks }) }
}
