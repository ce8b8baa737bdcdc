// POST /v1/messages. Source: docs.anthropic.com, "Messages" and "Streaming messages".
// Anthropic's input_tokens leaves out what was read from or written to the prompt cache; our counts include it.

import { contentText, countOf, isObject, objectsOf, stringOf } from './json-object.ts'
import type { JsonObject } from './json-object.ts'
import { jsonAnswer } from './mock-answer.ts'
import type { AnswerContext, MockAnswer, StreamPiece, TokenCounts } from './mock-answer.ts'
import { usageField } from './openai-usage.ts'
import { createReply, estimateTokens, splitReply, tokensOfPiece } from './reply.ts'
import type { Reply } from './reply.ts'
import { namedEvent } from './sse-event.ts'
import { selectToolCall, splitArguments } from './tool-call.ts'
import type { ToolCall, ToolChoice } from './tool-call.ts'

export function answerMessages(context: AnswerContext): MockAnswer {
  const { body, instructions } = context
  const messages = objectsOf(body['messages'])
  const last = messages.findLast((message) => message['role'] === 'user')?.['content']
  const isToolResult = objectsOf(last).some((block) => block['type'] === 'tool_result')
  const prompt = contentText(last)
  const toolCall = isToolResult ? undefined : selectToolCall(toolsOf(body), toolChoiceOf(body['tool_choice']), prompt)
  const inputTokens = countInput(body)
  const reply = createReply({ prompt, model: context.responseModel, inputTokens, maxTokens: countOf(body['max_tokens']), instructions })
  const answer: MessageAnswer = { context, reply, toolCall }
  return body['stream'] === true ? streamed(answer) : whole(answer)
}

/** POST /v1/messages/count_tokens: consumes no tokens itself. */
export function answerCountTokens(context: AnswerContext): MockAnswer {
  return jsonAnswer(context, { input_tokens: context.instructions.inputTokens ?? countInput(context.body) }, undefined, false)
}

interface MessageAnswer {
  readonly context: AnswerContext
  readonly reply: Reply
  readonly toolCall: ToolCall | undefined
}

function whole(answer: MessageAnswer): MockAnswer {
  const { context, reply, toolCall } = answer
  const { instructions } = context
  const block = toolCall === undefined ? { type: 'text', text: reply.text } : { ...toolUseBlock(context.id, toolCall), input: toolCall.arguments }
  const usage = usageField(instructions, () => messageUsage(answer, reply.tokens.outputTokens))
  const message = { ...messageHead(context), content: [block], stop_reason: stopReason(answer), stop_sequence: null, ...usage }
  return jsonAnswer(context, message, reply.tokens, !instructions.noUsage)
}

function streamed(answer: MessageAnswer): MockAnswer {
  const { context, reply, toolCall } = answer
  const { instructions } = context
  const { outputTokens } = reply.tokens
  const pieces: StreamPiece[] = []
  const push = (event: JsonObject & { readonly type: string }, tokens?: number): void => {
    pieces.push(namedEvent(event, tokens))
  }
  // The first event knows the input; its output_tokens is a beginning that message_delta replaces.
  const usageAtStart = usageField(instructions, () => messageUsage(answer, Math.min(1, outputTokens)))
  push({ type: 'message_start', message: { ...messageHead(context), content: [], stop_reason: null, stop_sequence: null, ...usageAtStart } })
  push({ type: 'content_block_start', index: 0, content_block: toolCall === undefined ? { type: 'text', text: '' } : toolUseBlock(context.id, toolCall) })
  push({ type: 'ping' })
  const deltas =
    toolCall === undefined
      ? splitReply(reply.text, instructions.chunks).map((text) => ({ type: 'text_delta', text }))
      : splitArguments(JSON.stringify(toolCall.arguments), instructions.chunks).map((json) => ({ type: 'input_json_delta', partial_json: json }))
  let sentTokens = 0
  for (const [index, delta] of deltas.entries()) {
    const tokens = tokensOfPiece(outputTokens, index, deltas.length)
    sentTokens += tokens
    const usage = instructions.usageInEveryChunk ? usageField(instructions, () => ({ output_tokens: sentTokens })) : {}
    push({ type: 'content_block_delta', index: 0, delta, ...usage }, tokens)
  }
  push({ type: 'content_block_stop', index: 0 })
  const usageAtEnd = usageField(instructions, () => instructions.usage ?? { output_tokens: outputTokens, ...thinkingTokens(reply.tokens) })
  push({ type: 'message_delta', delta: { stop_reason: stopReason(answer), stop_sequence: null }, ...usageAtEnd })
  push({ type: 'message_stop' })
  return { kind: 'stream', pieces, model: context.model, tokens: reply.tokens, tellsUsage: !instructions.noUsage }
}

function messageHead(context: AnswerContext): JsonObject {
  return { id: `msg_${context.id}`, type: 'message', role: 'assistant', model: context.responseModel }
}

function messageUsage(answer: MessageAnswer, outputTokens: number): unknown {
  const { tokens } = answer.reply
  return (
    answer.context.instructions.usage ?? {
      input_tokens: tokens.inputTokens - tokens.cachedInputTokens - tokens.cacheCreationInputTokens,
      cache_creation_input_tokens: tokens.cacheCreationInputTokens,
      cache_read_input_tokens: tokens.cachedInputTokens,
      cache_creation: { ephemeral_5m_input_tokens: tokens.cacheCreationInputTokens, ephemeral_1h_input_tokens: 0 },
      output_tokens: outputTokens,
      ...thinkingTokens(tokens),
      service_tier: 'standard',
    }
  )
}

function thinkingTokens(tokens: TokenCounts): JsonObject {
  return tokens.reasoningTokens === 0 ? {} : { output_tokens_details: { thinking_tokens: tokens.reasoningTokens } }
}

function toolUseBlock(id: string, toolCall: ToolCall): JsonObject {
  return { type: 'tool_use', id: `toolu_${id}`, name: toolCall.name, input: {} }
}

function stopReason(answer: MessageAnswer): string {
  if (answer.toolCall !== undefined) return 'tool_use'
  return answer.reply.isCut ? 'max_tokens' : 'end_turn'
}

function countInput(body: JsonObject): number {
  const messages = objectsOf(body['messages'])
  const characters = messages.reduce((sum, message) => sum + contentText(message['content']).length, contentText(body['system']).length)
  const toolCharacters = body['tools'] === undefined ? 0 : JSON.stringify(body['tools']).length
  return messages.length * 3 + estimateTokens(characters + toolCharacters)
}

function toolsOf(body: JsonObject): readonly { name: string; schema: unknown }[] {
  return objectsOf(body['tools']).flatMap((tool) => {
    const name = stringOf(tool['name'])
    return name === undefined ? [] : [{ name, schema: tool['input_schema'] }]
  })
}

function toolChoiceOf(choice: unknown): ToolChoice {
  if (!isObject(choice)) return { kind: 'auto' }
  switch (choice['type']) {
    case 'none':
      return { kind: 'none' }
    case 'any':
      return { kind: 'any' }
    case 'tool':
      return { kind: 'named', name: stringOf(choice['name']) ?? '' }
    default:
      return { kind: 'auto' }
  }
}
