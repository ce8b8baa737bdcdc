// POST /v1/responses. Source: platform.openai.com, API reference, "Responses" and "Streaming events".

import { contentText, countOf, isObject, objectsOf, stringOf } from './json-object.ts'
import type { JsonObject } from './json-object.ts'
import { jsonAnswer } from './mock-answer.ts'
import type { AnswerContext, MockAnswer, StreamPiece } from './mock-answer.ts'
import { responseUsage, usageField } from './openai-usage.ts'
import { createReply, estimateTokens, splitReply, tokensOfPiece } from './reply.ts'
import type { Reply } from './reply.ts'
import { namedEvent } from './sse-event.ts'
import { structuredText } from './structured-text.ts'
import { selectNextCall, selectToolCall, splitArguments } from './tool-call.ts'
import type { ToolCall, ToolChoice } from './tool-call.ts'

export function answerResponse(context: AnswerContext): MockAnswer {
  const { body, instructions } = context
  const messages = typeof body['input'] === 'string' ? [{ role: 'user', content: body['input'] }] : objectsOf(body['input'])
  const prompt = contentText(messages.findLast((message) => message['role'] === 'user')?.['content'])
  const isToolResult = messages.at(-1)?.['type'] === 'function_call_output'
  const choice = toolChoiceOf(body['tool_choice'])
  const called = new Set(messages.flatMap((item) => (item['type'] === 'function_call' ? (stringOf(item['name']) ?? []) : [])))
  const toolCall = isToolResult ? selectNextCall(toolsOf(body), choice, called) : selectToolCall(toolsOf(body), choice, prompt)
  const characters = messages.reduce((sum, message) => sum + contentText(message['content']).length, contentText(body['instructions']).length)
  const reply = createReply({
    prompt,
    model: context.responseModel,
    inputTokens: estimateTokens(characters),
    maxTokens: countOf(body['max_output_tokens']),
    instructions,
  })
  const structured = isObject(body['text']) ? structuredText(body['text']['format'], (format) => format['schema'], prompt) : undefined
  const answer: ResponseAnswer = { context, reply, text: structured ?? reply.text, toolCall }
  if (body['stream'] === true) return streamed(answer)
  return jsonAnswer(context, completed(answer), reply.tokens, !instructions.noUsage)
}

interface ResponseAnswer {
  readonly context: AnswerContext
  readonly reply: Reply
  /** The reply's, or JSON where that was asked for. */
  readonly text: string
  readonly toolCall: ToolCall | undefined
}

function streamed(answer: ResponseAnswer): MockAnswer {
  const { context, reply, toolCall } = answer
  const { instructions } = context
  const pieces: StreamPiece[] = []
  const push = (type: string, fields: JsonObject, outputTokens?: number): void => {
    pieces.push(namedEvent({ type, sequence_number: pieces.length, ...fields }, outputTokens))
  }
  const started = { ...responseHead(answer), status: 'in_progress', output: [], usage: null }
  push('response.created', { response: started })
  push('response.in_progress', { response: started })
  if (toolCall === undefined) pushText(answer, push)
  else pushFunctionCall(answer, toolCall, push)
  const response = completed(answer)
  push(response['status'] === 'incomplete' ? 'response.incomplete' : 'response.completed', { response })
  return { kind: 'stream', pieces, model: context.model, tokens: reply.tokens, tellsUsage: !instructions.noUsage }
}

type Push = (type: string, fields: JsonObject, outputTokens?: number) => void

function pushText(answer: ResponseAnswer, push: Push): void {
  const { context, reply } = answer
  const parts = splitReply(answer.text, context.instructions.chunks)
  const place = { item_id: `msg_${context.id}`, output_index: 0, content_index: 0 }
  const text = parts.join('')
  push('response.output_item.added', { output_index: 0, item: messageItem(context.id, undefined) })
  push('response.content_part.added', { ...place, part: textPart('') })
  for (const [index, delta] of parts.entries()) {
    push('response.output_text.delta', { ...place, delta, logprobs: [] }, tokensOfPiece(reply.tokens.outputTokens, index, parts.length))
  }
  push('response.output_text.done', { ...place, text, logprobs: [] })
  push('response.content_part.done', { ...place, part: textPart(text) })
  push('response.output_item.done', { output_index: 0, item: messageItem(context.id, text) })
}

function pushFunctionCall(answer: ResponseAnswer, toolCall: ToolCall, push: Push): void {
  const { context, reply } = answer
  const json = JSON.stringify(toolCall.arguments)
  const fragments = splitArguments(json, context.instructions.chunks)
  const place = { item_id: `fc_${context.id}`, output_index: 0 }
  push('response.output_item.added', { output_index: 0, item: { ...functionCallItem(context.id, toolCall.name, ''), status: 'in_progress' } })
  for (const [index, delta] of fragments.entries()) {
    push('response.function_call_arguments.delta', { ...place, delta }, tokensOfPiece(reply.tokens.outputTokens, index, fragments.length))
  }
  push('response.function_call_arguments.done', { ...place, arguments: json, name: toolCall.name })
  push('response.output_item.done', { output_index: 0, item: functionCallItem(context.id, toolCall.name, json) })
}

function completed(answer: ResponseAnswer): JsonObject {
  const { context, reply, toolCall } = answer
  const { instructions } = context
  const isIncomplete = reply.isCut && toolCall === undefined
  const text = instructions.chunks === undefined ? answer.text : splitReply(answer.text, instructions.chunks).join('')
  const item = toolCall === undefined ? messageItem(context.id, text) : functionCallItem(context.id, toolCall.name, JSON.stringify(toolCall.arguments))
  return {
    ...responseHead(answer),
    status: isIncomplete ? 'incomplete' : 'completed',
    incomplete_details: isIncomplete ? { reason: 'max_output_tokens' } : null,
    output: [item],
    ...usageField(instructions, () => responseUsage(reply.tokens, instructions)),
  }
}

function responseHead(answer: ResponseAnswer): JsonObject {
  const { context } = answer
  const { body } = context
  return {
    id: `resp_${context.id}`,
    object: 'response',
    created_at: context.createdSeconds,
    background: false,
    error: null,
    incomplete_details: null,
    instructions: body['instructions'] ?? null,
    max_output_tokens: body['max_output_tokens'] ?? null,
    model: context.responseModel,
    parallel_tool_calls: true,
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    store: body['store'] ?? true,
    temperature: 1,
    text: body['text'] ?? { format: { type: 'text' } },
    tool_choice: body['tool_choice'] ?? 'auto',
    tools: body['tools'] ?? [],
    top_p: 1,
    truncation: 'disabled',
    user: null,
    metadata: {},
  }
}

// Without a text: the item as it is announced, before its content.
function messageItem(id: string, text: string | undefined): JsonObject {
  const content = text === undefined ? [] : [textPart(text)]
  return { id: `msg_${id}`, type: 'message', status: text === undefined ? 'in_progress' : 'completed', role: 'assistant', content }
}

function textPart(text: string): JsonObject {
  return { type: 'output_text', annotations: [], logprobs: [], text }
}

function functionCallItem(id: string, name: string, argumentsJson: string): JsonObject {
  return { id: `fc_${id}`, type: 'function_call', status: 'completed', call_id: `call_${id}`, name, arguments: argumentsJson }
}

function toolsOf(body: JsonObject): readonly { name: string; schema: unknown }[] {
  return objectsOf(body['tools']).flatMap((tool) => {
    const name = stringOf(tool['name'])
    return tool['type'] === 'function' && name !== undefined ? [{ name, schema: tool['parameters'] }] : []
  })
}

function toolChoiceOf(choice: unknown): ToolChoice {
  if (choice === 'none') return { kind: 'none' }
  if (choice === 'required') return { kind: 'any' }
  const named = isObject(choice) ? stringOf(choice['name']) : undefined
  return named === undefined ? { kind: 'auto' } : { kind: 'named', name: named }
}
