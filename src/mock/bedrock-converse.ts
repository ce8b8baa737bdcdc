// POST /model/{id}/converse and /converse-stream. Source: Bedrock API reference, "Converse", "ConverseStream".
// inputTokens leaves out what was read from or written to the prompt cache; our counts include it.

import { isOwnHiddenThought, isOwnThought, thoughtFor } from './anthropic-thoughts.ts'
import { claudeFields, type ConverseRequest, converseRequest } from './bedrock-converse-schema.ts'
import { type BedrockEvent, bedrockStream } from './bedrock-stream.ts'
import { stringOf } from './json-object.ts'
import type { JsonObject } from './json-object.ts'
import { jsonAnswer } from './mock-answer.ts'
import type { AnswerContext, MockAnswer, TokenCounts } from './mock-answer.ts'
import { usageField } from './openai-usage.ts'
import { createReply, estimateTokens, splitReply, tokensOfPiece } from './reply.ts'
import type { Reply } from './reply.ts'
import { selectToolCall, splitArguments } from './tool-call.ts'
import type { MockTool, ToolCall, ToolChoice } from './tool-call.ts'

/** The body has been checked, unless the test wanted it otherwise. */
export function answerConverse(context: AnswerContext): MockAnswer {
  const answer = createAnswer(context)
  const { tokens } = answer.reply
  const content = [...(answer.thought === undefined ? [] : [reasoningBlock(answer.thought)]), answer.toolCall === undefined ? { text: answer.reply.text } : { toolUse: { ...toolUse(answer, answer.toolCall), input: answer.toolCall.arguments } }]
  const body = { output: { message: { role: 'assistant', content } }, stopReason: stopReason(answer), ...usageOf(answer), metrics: { latencyMs: 42 } }
  return jsonAnswer(context, body, tokens, !context.instructions.noUsage)
}

export function answerConverseStream(context: AnswerContext): MockAnswer {
  const answer = createAnswer(context)
  const { toolCall, reply, thought } = answer
  const { outputTokens } = reply.tokens
  const index = thought === undefined ? 0 : 1
  const deltas =
    toolCall === undefined
      ? splitReply(reply.text, context.instructions.chunks).map((text) => ({ text }))
      : splitArguments(JSON.stringify(toolCall.arguments), context.instructions.chunks).map((input) => ({ toolUse: { input } }))
  const events: BedrockEvent[] = [
    { type: 'messageStart', payload: { role: 'assistant' } },
    ...(thought === undefined ? [] : thoughtEvents(thought)),
    // A text begins with its first delta.
    ...(toolCall === undefined ? [] : [{ type: 'contentBlockStart', payload: { contentBlockIndex: index, start: { toolUse: toolUse(answer, toolCall) } } }]),
    ...deltas.map((delta, position) => ({ type: 'contentBlockDelta', payload: { contentBlockIndex: index, delta }, outputTokens: tokensOfPiece(outputTokens, position, deltas.length) })),
    { type: 'contentBlockStop', payload: { contentBlockIndex: index } },
    { type: 'messageStop', payload: { stopReason: stopReason(answer) } },
    { type: 'metadata', payload: { ...usageOf(answer), metrics: { latencyMs: 42 } } },
  ]
  return bedrockStream(context, events, reply.tokens)
}

/** Claude takes back only thoughts that it signed. */
export function checkOwnThoughts(body: JsonObject): string | undefined {
  const parsed = converseRequest.safeParse(body)
  for (const [index, { content }] of (parsed.data?.messages ?? []).entries()) {
    for (const [at, { reasoningContent }] of content.entries()) {
      const { reasoningText, redactedContent } = reasoningContent ?? {}
      const isForeign = (reasoningText !== undefined && !isOwnThought(reasoningText.text, reasoningText.signature ?? '')) || (redactedContent !== undefined && !isOwnHiddenThought(redactedContent))
      if (isForeign) return `The model returned the following errors: messages.${index}.content.${at}: Invalid \`signature\` in \`thinking\` block`
    }
  }
  return undefined
}

interface Answer {
  readonly context: AnswerContext
  readonly reply: Reply
  readonly toolCall: ToolCall | undefined
  readonly thought: JsonObject | undefined
}

function createAnswer(context: AnswerContext): Answer {
  const { body, instructions } = context
  const request = converseRequest.safeParse(body).data ?? { messages: [] }
  const last = request.messages.at(-1)?.content ?? []
  const prompt = last.map((block) => block.text ?? '').join('')
  const instruction = (request.system ?? []).map((block) => block.text ?? '').join('\n')
  const isResult = last.some((block) => block.toolResult !== undefined)
  const tools = toolsOf(request)
  const choice = choiceOf(request)
  const toolCall = isResult ? selectNextCall(request, tools, choice, instruction) : selectToolCall(tools, choice, `${prompt}\n${instruction}`)
  const inputTokens = estimateTokens(JSON.stringify([request.messages, request.system, request.toolConfig]).length)
  const reply = createReply({ prompt, model: context.responseModel, inputTokens, maxTokens: request.inferenceConfig?.maxTokens, instructions })
  return { context, reply, toolCall, thought: thoughtOf(request, prompt, isResult) }
}

function toolsOf(request: ConverseRequest): readonly MockTool[] {
  return (request.toolConfig?.tools ?? []).flatMap(({ toolSpec }) => (toolSpec === undefined ? [] : [{ name: toolSpec.name, schema: toolSpec.inputSchema.json }]))
}

// Behind a result the model is done, unless a call is demanded or the instructions name a tool that it has not called yet.
function selectNextCall({ messages }: ConverseRequest, tools: readonly MockTool[], choice: ToolChoice, instruction: string): ToolCall | undefined {
  const called = new Set(messages.flatMap(({ content }) => content.flatMap((block) => block.toolUse?.name ?? [])))
  const fresh = tools.filter(({ name }) => !called.has(name))
  return selectToolCall(choice.kind === 'auto' || fresh.length > 0 ? fresh : tools, choice, instruction)
}

function choiceOf({ toolConfig }: ConverseRequest): ToolChoice {
  const choice = toolConfig?.toolChoice
  if (choice?.tool !== undefined) return { kind: 'named', name: choice.tool.name }
  return { kind: choice?.any === undefined ? 'auto' : 'any' }
}

// A budget is spent before the first of a row of calls, an effort whenever the model likes.
function thoughtOf({ additionalModelRequestFields: fields }: ConverseRequest, prompt: string, isResult: boolean): JsonObject | undefined {
  const thinking = claudeFields.safeParse(fields ?? {}).data?.thinking
  const isThinking = thinking?.type === 'adaptive' || (thinking?.type === 'enabled' && !isResult)
  return isThinking ? thoughtFor(prompt, true) : undefined
}

function reasoningBlock(thought: JsonObject): JsonObject {
  if (thought['type'] !== 'thinking') return { reasoningContent: { redactedContent: thought['data'] } }
  return { reasoningContent: { reasoningText: { text: thought['thinking'], signature: thought['signature'] } } }
}

function thoughtEvents(thought: JsonObject): readonly BedrockEvent[] {
  const delta = (reasoningContent: JsonObject): BedrockEvent => ({ type: 'contentBlockDelta', payload: { contentBlockIndex: 0, delta: { reasoningContent } } })
  const stop = { type: 'contentBlockStop', payload: { contentBlockIndex: 0 } }
  if (thought['type'] !== 'thinking') return [delta({ redactedContent: thought['data'] }), stop]
  return [...splitReply(stringOf(thought['thinking']) ?? '', undefined).map((text) => delta({ text })), delta({ signature: thought['signature'] }), stop]
}

function toolUse({ context }: Answer, toolCall: ToolCall): JsonObject {
  return { toolUseId: `tooluse_${context.id}`, name: toolCall.name }
}

function stopReason({ toolCall, reply }: Answer): string {
  if (toolCall !== undefined) return 'tool_use'
  return reply.isCut ? 'max_tokens' : 'end_turn'
}

function usageOf({ context, reply }: Answer): { readonly usage?: unknown } {
  return usageField(context.instructions, () => context.instructions.usage ?? tokenUsage(reply.tokens))
}

function tokenUsage({ inputTokens, cachedInputTokens, cacheCreationInputTokens, outputTokens }: TokenCounts): JsonObject {
  const cache = { cacheReadInputTokens: cachedInputTokens, cacheWriteInputTokens: cacheCreationInputTokens }
  return { inputTokens: inputTokens - cachedInputTokens - cacheCreationInputTokens, outputTokens, totalTokens: inputTokens + outputTokens, ...cache }
}
