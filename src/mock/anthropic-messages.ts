// POST /v1/messages. Source: docs.anthropic.com, "Messages" and "Streaming messages".
// Anthropic's input_tokens leaves out what was read from or written to the prompt cache; our counts include it.

import { thoughtFor } from './anthropic-thoughts.ts'
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
  const prompt = contentText(last)
  const isToolResult = objectsOf(last).some((block) => block['type'] === 'tool_result')
  const toolCall = isToolResult ? selectNextCall(body) : selectToolCall(toolsOf(body), toolChoiceOf(body['tool_choice']), `${prompt}\n${contentText(body['system'])}`)
  const inputTokens = countInput(body)
  const reply = createReply({ prompt, model: context.responseModel, inputTokens, maxTokens: countOf(body['max_tokens']), instructions })
  const answer: MessageAnswer = { context, reply, toolCall, thought: thoughtOf(body, prompt, isToolResult), structured: structuredText(body, prompt) }
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
  /** The block that comes before all others of a model that thinks. */
  readonly thought: JsonObject | undefined
  /** JSON of the schema that was asked for. */
  readonly structured: string | undefined
}

function whole(answer: MessageAnswer): MockAnswer {
  const { context, reply, toolCall, thought } = answer
  const { instructions } = context
  const block = toolCall === undefined ? { type: 'text', text: textOf(answer) } : { ...toolUseBlock(context.id, toolCall), input: toolCall.arguments }
  const usage = usageField(instructions, () => messageUsage(answer, reply.tokens.outputTokens))
  const content = thought === undefined ? [block] : [thought, block]
  const message = { ...messageHead(context), content, stop_reason: stopReason(answer), stop_sequence: null, ...usage }
  return jsonAnswer(context, message, reply.tokens, !instructions.noUsage)
}

function streamed(answer: MessageAnswer): MockAnswer {
  const { context, reply, toolCall, thought } = answer
  const { instructions } = context
  const { outputTokens } = reply.tokens
  const pieces: StreamPiece[] = []
  const push = (event: JsonObject & { readonly type: string }, tokens?: number): void => {
    pieces.push(namedEvent(event, tokens))
  }
  // The first event knows the input; its output_tokens is a beginning that message_delta replaces.
  const usageAtStart = usageField(instructions, () => messageUsage(answer, Math.min(1, outputTokens)))
  push({ type: 'message_start', message: { ...messageHead(context), content: [], stop_reason: null, stop_sequence: null, ...usageAtStart } })
  if (thought !== undefined) for (const event of thoughtEvents(thought)) push(event)
  const index = thought === undefined ? 0 : 1
  push({ type: 'content_block_start', index, content_block: toolCall === undefined ? { type: 'text', text: '' } : toolUseBlock(context.id, toolCall) })
  push({ type: 'ping' })
  const deltas =
    toolCall === undefined
      ? splitReply(textOf(answer), instructions.chunks).map((text) => ({ type: 'text_delta', text }))
      : splitArguments(JSON.stringify(toolCall.arguments), instructions.chunks).map((json) => ({ type: 'input_json_delta', partial_json: json }))
  let sentTokens = 0
  for (const [position, delta] of deltas.entries()) {
    const tokens = tokensOfPiece(outputTokens, position, deltas.length)
    sentTokens += tokens
    const usage = instructions.usageInEveryChunk ? usageField(instructions, () => ({ output_tokens: sentTokens })) : {}
    push({ type: 'content_block_delta', index, delta, ...usage }, tokens)
  }
  push({ type: 'content_block_stop', index })
  const usageAtEnd = usageField(instructions, () => instructions.usage ?? { output_tokens: outputTokens, ...thinkingTokens(reply.tokens) })
  push({ type: 'message_delta', delta: { stop_reason: stopReason(answer), stop_sequence: null }, ...usageAtEnd })
  push({ type: 'message_stop' })
  return { kind: 'stream', pieces, model: context.model, tokens: reply.tokens, tellsUsage: !instructions.noUsage }
}

function textOf({ reply, structured }: MessageAnswer): string {
  return structured ?? reply.text
}

function structuredText(body: JsonObject, prompt: string): string | undefined {
  const config = body['output_config']
  const format = isObject(config) ? config['format'] : undefined
  if (!isObject(format)) return undefined
  const sample = selectToolCall([{ name: 'answer', schema: format['schema'] }], { kind: 'named', name: 'answer' }, prompt)
  return JSON.stringify(sample?.arguments)
}

// A budget is spent before the first of a row of calls, an effort whenever the model likes.
function thoughtOf(body: JsonObject, prompt: string, isToolResult: boolean): JsonObject | undefined {
  const thinking = body['thinking']
  if (!isObject(thinking)) return undefined
  const isThinking = thinking['type'] === 'adaptive' || (thinking['type'] === 'enabled' && !isToolResult)
  return isThinking ? thoughtFor(prompt, thinking['display'] !== 'omitted') : undefined
}

function thoughtEvents(thought: JsonObject): readonly (JsonObject & { readonly type: string })[] {
  const stop = { type: 'content_block_stop', index: 0 }
  if (thought['type'] !== 'thinking') return [{ type: 'content_block_start', index: 0, content_block: thought }, stop]
  const delta = (value: JsonObject): JsonObject & { readonly type: string } => ({ type: 'content_block_delta', index: 0, delta: value })
  return [
    { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } },
    ...splitReply(stringOf(thought['thinking']) ?? '', undefined).map((thinking) => delta({ type: 'thinking_delta', thinking })),
    delta({ type: 'signature_delta', signature: thought['signature'] }),
    stop,
  ]
}

// Behind a result the model is done, unless a call is demanded or the instructions name a tool that it has not called yet.
function selectNextCall(body: JsonObject): ToolCall | undefined {
  const called = new Set(objectsOf(body['messages']).flatMap((message) => objectsOf(message['content']).flatMap((block) => (block['type'] === 'tool_use' ? [block['name']] : []))))
  const choice = toolChoiceOf(body['tool_choice'])
  const fresh = toolsOf(body).filter((tool) => !called.has(tool.name))
  return selectToolCall(choice.kind === 'auto' || fresh.length > 0 ? fresh : toolsOf(body), choice, contentText(body['system']))
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
