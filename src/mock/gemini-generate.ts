// generateContent and streamGenerateContent. Sources: ai.google.dev/api/generate-content; Vertex AI REST reference, generateContent.

import { describeFault, invalidArgument } from './gemini-error.ts'
import { inlineReferences } from './gemini-json-schema.ts'
import { generationOf, ruleFault, signatureFor } from './gemini-rules.ts'
import { type Content, type GenerateRequest, generateRequest } from './gemini-schema.ts'
import type { JsonObject } from './json-object.ts'
import { jsonAnswer } from './mock-answer.ts'
import type { AnswerContext, MockAnswer, StreamPiece, TokenCounts } from './mock-answer.ts'
import { createReply, estimateTokens, splitReply, tokenCounts, tokensOfPiece } from './reply.ts'
import { dataEvent } from './sse-event.ts'
import { selectNextCall, selectToolCall } from './tool-call.ts'
import type { MockTool, ToolCall, ToolChoice } from './tool-call.ts'

/** How the two surfaces differ in what they answer. */
export interface GeminiSurface {
  /** AI Studio gives its calls ids; Vertex AI has none. */
  readonly hasCallIds: boolean
  /** AI Studio tells the usage so far with every chunk, Vertex AI with the last. */
  readonly usageInEveryChunk: boolean
}

/** `sse`: server-sent events; `list`: what a stream is without alt=sse, a JSON array. */
export function answerGenerate(context: AnswerContext, surface: GeminiSurface, framing: 'whole' | 'sse' | 'list'): MockAnswer {
  const parsed = generateRequest.safeParse(context.body)
  if (!parsed.success) return invalidArgument(describeFault(parsed.error), context.model)
  const fault = ruleFault(parsed.data, context.model, surface.hasCallIds)
  if (fault !== undefined) return invalidArgument(fault, context.model)
  const generated = generate(context, parsed.data)
  if (framing === 'whole') return jsonAnswer(context, response(generated, surface, wholeParts(generated, surface), { usage: generated.tokens, isLast: true }), generated.tokens, tellsUsage(context))
  const chunks = chunksOf(generated, surface)
  if (framing === 'list') return jsonAnswer(context, chunks.map(({ body }) => body), generated.tokens, tellsUsage(context))
  const pieces: StreamPiece[] = chunks.map(({ body, outputTokens }) => dataEvent(body, outputTokens))
  return { kind: 'stream', pieces, model: context.model, tokens: generated.tokens, tellsUsage: tellsUsage(context) }
}

interface Generated {
  readonly context: AnswerContext
  readonly text: string
  readonly isCut: boolean
  readonly toolCall: ToolCall | undefined
  readonly isSigned: boolean
  readonly thoughts: string | undefined
  readonly tokens: TokenCounts
}

function generate(context: AnswerContext, request: GenerateRequest): Generated {
  const { instructions, responseModel } = context
  const config = request.generationConfig
  const last = request.contents.at(-1)
  const prompt = textOf(last)
  const isResult = request.contents.slice(request.contents.findLastIndex(({ role }) => role === 'model') + 1).some(({ parts }) => parts.some((part) => part.functionResponse !== undefined))
  const tools = toolsOf(request)
  const toolCall = isResult ? selectNextCall(tools, choiceOf(request), calledTools(request)) : selectToolCall(tools, choiceOf(request), prompt)
  const inputTokens = estimateTokens(JSON.stringify([request.contents, request.systemInstruction, request.tools]).length)
  const reply = createReply({ prompt, model: responseModel, inputTokens, maxTokens: config?.maxOutputTokens, instructions })
  const json = toolCall === undefined && config?.responseMimeType === 'application/json' ? sampleJson(config.responseJsonSchema ?? config.responseSchema, prompt) : undefined
  const counted = json === undefined ? reply.tokens : tokenCounts(instructions, inputTokens, estimateTokens(json.length))
  const thinks = (generationOf(context.model) ?? 0) >= 2.5 && config?.thinkingConfig?.thinkingBudget !== 0
  return {
    context,
    text: json ?? reply.text,
    isCut: json === undefined && reply.isCut,
    toolCall,
    isSigned: thinks,
    thoughts: config?.thinkingConfig?.includeThoughts === true && thinks ? `**Thinking about it** The user said "${prompt.slice(0, 20)}".` : undefined,
    // Writing to a prompt cache is not something that Gemini counts.
    tokens: { ...counted, cacheCreationInputTokens: 0 },
  }
}

function wholeParts(generated: Generated, surface: GeminiSurface): readonly JsonObject[] {
  const { thoughts, toolCall, text } = generated
  return [...(thoughts === undefined ? [] : [{ text: thoughts, thought: true }]), toolCall === undefined ? { text } : callPart(generated, toolCall, surface)]
}

function callPart({ context, isSigned }: Generated, toolCall: ToolCall, surface: GeminiSurface): JsonObject {
  const id = surface.hasCallIds ? { id: `${isSigned ? 'signed' : 'plain'}_${context.id}` } : {}
  const signature = isSigned ? { thoughtSignature: signatureFor(toolCall.name) } : {}
  return { functionCall: { ...id, name: toolCall.name, args: toolCall.arguments }, ...signature }
}

// A call comes whole; only text is cut into chunks. The last chunk with content has the finishReason.
function chunksOf(generated: Generated, surface: GeminiSurface): readonly { readonly body: JsonObject; readonly outputTokens: number }[] {
  const { context, tokens, thoughts, toolCall, text } = generated
  const contents = toolCall === undefined ? splitReply(text, context.instructions.chunks).map((piece) => ({ text: piece })) : [callPart(generated, toolCall, surface)]
  const parts = [...(thoughts === undefined ? [] : [{ text: thoughts, thought: true }]), ...contents]
  const hasUsageEverywhere = surface.usageInEveryChunk || context.instructions.usageInEveryChunk
  let sent = 0
  return parts.map((part, index) => {
    const outputTokens = tokensOfPiece(tokens.outputTokens, index, parts.length)
    sent += outputTokens
    const isLast = index === parts.length - 1
    const usage = isLast ? tokens : hasUsageEverywhere ? { ...tokens, outputTokens: sent, reasoningTokens: Math.min(sent, tokens.reasoningTokens) } : undefined
    return { body: response(generated, surface, [part], { usage, isLast }), outputTokens }
  })
}

function response(generated: Generated, surface: GeminiSurface, parts: readonly JsonObject[], { usage, isLast }: { readonly usage: TokenCounts | undefined; readonly isLast: boolean }): JsonObject {
  const { context } = generated
  const finish = isLast ? { finishReason: generated.isCut && generated.toolCall === undefined ? 'MAX_TOKENS' : 'STOP' } : {}
  return {
    candidates: [{ content: { role: 'model', parts }, ...finish, ...(surface.hasCallIds ? { index: 0 } : {}) }],
    ...(usage === undefined || context.instructions.noUsage ? {} : { usageMetadata: isLast ? (context.instructions.usage ?? usageMetadata(usage)) : usageMetadata(usage) }),
    modelVersion: context.responseModel,
    responseId: context.id,
  }
}

// Counts of 0 are left out, as proto JSON does.
function usageMetadata(tokens: TokenCounts): JsonObject {
  const counts = {
    promptTokenCount: tokens.inputTokens,
    candidatesTokenCount: tokens.outputTokens - tokens.reasoningTokens,
    totalTokenCount: tokens.inputTokens + tokens.outputTokens,
    cachedContentTokenCount: tokens.cachedInputTokens,
    thoughtsTokenCount: tokens.reasoningTokens,
  }
  return { ...Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0)), promptTokensDetails: [{ modality: 'TEXT', tokenCount: tokens.inputTokens }] }
}

function tellsUsage(context: AnswerContext): boolean {
  return !context.instructions.noUsage
}

function textOf(content: Content | undefined): string {
  return content?.parts.map((part) => part.text ?? '').join('') ?? ''
}

function toolsOf(request: GenerateRequest): readonly MockTool[] {
  return (request.tools ?? []).flatMap((tool) => tool.functionDeclarations ?? []).map((each) => ({ name: each.name, schema: inlineReferences(each.parametersJsonSchema ?? each.parameters) }))
}

function calledTools({ contents }: GenerateRequest): ReadonlySet<string> {
  return new Set(contents.flatMap(({ parts }) => parts.flatMap((part) => part.functionCall?.name ?? [])))
}

function choiceOf(request: GenerateRequest): ToolChoice {
  const choice = request.toolConfig?.functionCallingConfig
  if (choice?.mode === 'NONE') return { kind: 'none' }
  if (choice?.mode !== 'ANY') return { kind: 'auto' }
  const [name] = choice.allowedFunctionNames ?? []
  return name === undefined ? { kind: 'any' } : { kind: 'named', name }
}

function sampleJson(schema: unknown, prompt: string): string {
  if (schema === undefined) return JSON.stringify({ answer: prompt.slice(0, 60) })
  const sample = selectToolCall([{ name: 'sample', schema: { properties: { value: inlineReferences(schema) } } }], { kind: 'named', name: 'sample' }, prompt)
  return JSON.stringify(sample?.arguments['value'])
}
