// POST /v1/chat/completions. Source: platform.openai.com, API reference, "Chat completions" and "Streaming".

import { contentText, countOf, isObject, objectsOf, stringOf } from './json-object.ts'
import type { JsonObject } from './json-object.ts'
import { jsonAnswer } from './mock-answer.ts'
import type { AnswerContext, MockAnswer, StreamPiece, TokenCounts } from './mock-answer.ts'
import { completionUsage, usageField } from './openai-usage.ts'
import { createReply, estimateTokens, splitReply, tokensOfPiece } from './reply.ts'
import type { Reply } from './reply.ts'
import { dataEvent, doneEvent } from './sse-event.ts'
import { structuredText } from './structured-text.ts'
import { selectNextCall, selectToolCall, splitArguments } from './tool-call.ts'
import type { ToolCall, ToolChoice } from './tool-call.ts'

// The tokens that wrap each message, as in OpenAI's own counting examples.
const tokensPerMessage = 3

export function answerChat(context: AnswerContext): MockAnswer {
  const { body, instructions } = context
  const messages = objectsOf(body['messages'])
  const prompt = lastUserText(messages)
  const isToolResult = messages.at(-1)?.['role'] === 'tool'
  const choice = toolChoiceOf(body['tool_choice'])
  const toolCall = isToolResult ? selectNextCall(toolsOf(body), choice, calledTools(messages)) : selectToolCall(toolsOf(body), choice, prompt)
  const reply = createReply({
    prompt,
    model: context.responseModel,
    inputTokens: inputTokensOf(messages, body),
    maxTokens: countOf(body['max_completion_tokens']) ?? countOf(body['max_tokens']),
    instructions,
  })
  const choices = Math.min(countOf(body['n']) ?? 1, 16)
  const tokens: TokenCounts = { ...reply.tokens, outputTokens: instructions.outputTokens ?? reply.tokens.outputTokens * choices }
  const text = structuredText(body['response_format'], schemaOf, prompt) ?? reply.text
  const chat: Chat = { context, reply, text, toolCall, choices, tokens }
  return body['stream'] === true ? streamed(chat) : whole(chat)
}

interface Chat {
  readonly context: AnswerContext
  readonly reply: Reply
  /** The reply's, or JSON where that was asked for. */
  readonly text: string
  readonly toolCall: ToolCall | undefined
  readonly choices: number
  readonly tokens: TokenCounts
}

function whole(chat: Chat): MockAnswer {
  const { context, toolCall, tokens } = chat
  const message =
    toolCall === undefined
      ? { role: 'assistant', content: chat.text, refusal: null, annotations: [] }
      : { role: 'assistant', content: null, tool_calls: [toolCallObject(chat, toolCall, JSON.stringify(toolCall.arguments))], refusal: null, annotations: [] }
  const body = {
    id: `chatcmpl-${context.id}`,
    object: 'chat.completion',
    created: context.createdSeconds,
    model: context.responseModel,
    choices: Array.from({ length: chat.choices }, (_, index) => ({ index, message, logprobs: null, finish_reason: finishReason(chat) })),
    ...usageField(context.instructions, () => completionUsage(tokens, context.instructions)),
    service_tier: 'default',
    system_fingerprint: 'fp_mock',
  }
  return jsonAnswer(context, body, tokens, !context.instructions.noUsage)
}

function streamed(chat: Chat): MockAnswer {
  const { context, tokens } = chat
  const { instructions } = context
  const options = context.body['stream_options']
  const isUsageAsked = isObject(options) && options['include_usage'] === true && !instructions.noUsage
  const isUsageEverywhere = instructions.usageInEveryChunk && !instructions.noUsage
  let sentTokens = 0
  // With include_usage every chunk but the last says `usage: null`.
  const piece = (choices: readonly unknown[], outputTokens?: number): StreamPiece => {
    sentTokens += outputTokens ?? 0
    const usage = isUsageEverywhere ? completionUsage({ ...tokens, outputTokens: sentTokens }, instructions) : null
    return dataEvent({ ...chunkHead(context), choices, ...(isUsageAsked || isUsageEverywhere ? { usage } : {}) }, outputTokens)
  }
  const contents = contentDeltas(chat)
  const pieces: StreamPiece[] = []
  for (let index = 0; index < chat.choices; index += 1) {
    pieces.push(piece([{ index, delta: firstDelta(chat), logprobs: null, finish_reason: null }]))
    for (const [at, delta] of contents.entries()) {
      const outputTokens = tokensOfPiece(tokens.outputTokens, index * contents.length + at, contents.length * chat.choices)
      pieces.push(piece([{ index, delta, logprobs: null, finish_reason: null }], outputTokens))
    }
    pieces.push(piece([{ index, delta: {}, logprobs: null, finish_reason: finishReason(chat) }]))
  }
  if (isUsageAsked) pieces.push(dataEvent({ ...chunkHead(context), choices: [], usage: completionUsage(tokens, instructions) }))
  pieces.push(doneEvent)
  return { kind: 'stream', pieces, model: context.model, tokens, tellsUsage: isUsageAsked || isUsageEverywhere }
}

function chunkHead(context: AnswerContext): JsonObject {
  return {
    id: `chatcmpl-${context.id}`,
    object: 'chat.completion.chunk',
    created: context.createdSeconds,
    model: context.responseModel,
    service_tier: 'default',
    system_fingerprint: 'fp_mock',
  }
}

// The name of a tool comes with the first chunk, its arguments in fragments after it.
function firstDelta(chat: Chat): JsonObject {
  const { toolCall } = chat
  if (toolCall === undefined) return { role: 'assistant', content: '', refusal: null }
  return { role: 'assistant', content: null, tool_calls: [{ index: 0, ...toolCallObject(chat, toolCall, '') }], refusal: null }
}

function contentDeltas(chat: Chat): readonly JsonObject[] {
  const { chunks } = chat.context.instructions
  if (chat.toolCall === undefined) return splitReply(chat.text, chunks).map((content) => ({ content }))
  const fragments = splitArguments(JSON.stringify(chat.toolCall.arguments), chunks)
  return fragments.map((fragment) => ({ tool_calls: [{ index: 0, function: { arguments: fragment } }] }))
}

function toolCallObject(chat: Chat, toolCall: ToolCall, argumentsJson: string): JsonObject {
  return { id: `call_${chat.context.id}`, type: 'function', function: { name: toolCall.name, arguments: argumentsJson } }
}

function finishReason(chat: Chat): string {
  if (chat.toolCall !== undefined) return 'tool_calls'
  return chat.reply.isCut ? 'length' : 'stop'
}

function lastUserText(messages: readonly JsonObject[]): string {
  return contentText(messages.findLast((message) => message['role'] === 'user')?.['content'])
}

function inputTokensOf(messages: readonly JsonObject[], body: JsonObject): number {
  const characters = messages.reduce((sum, message) => sum + contentText(message['content']).length, 0)
  const toolCharacters = body['tools'] === undefined ? 0 : JSON.stringify(body['tools']).length
  return messages.length * tokensPerMessage + estimateTokens(characters + toolCharacters)
}

function schemaOf(format: JsonObject): unknown {
  return isObject(format['json_schema']) ? format['json_schema']['schema'] : undefined
}

function toolsOf(body: JsonObject): readonly { name: string; schema: unknown }[] {
  return objectsOf(body['tools']).flatMap((tool) => {
    const described = tool['function']
    const name = isObject(described) ? stringOf(described['name']) : undefined
    return name === undefined || !isObject(described) ? [] : [{ name, schema: described['parameters'] }]
  })
}

function calledTools(messages: readonly JsonObject[]): ReadonlySet<string> {
  const calls = messages.flatMap((message) => objectsOf(message['tool_calls']))
  return new Set(calls.flatMap(({ function: called }) => (isObject(called) ? (stringOf(called['name']) ?? []) : [])))
}

function toolChoiceOf(choice: unknown): ToolChoice {
  if (choice === 'none') return { kind: 'none' }
  if (choice === 'required') return { kind: 'any' }
  const named = isObject(choice) && isObject(choice['function']) ? stringOf(choice['function']['name']) : undefined
  return named === undefined ? { kind: 'auto' } : { kind: 'named', name: named }
}
