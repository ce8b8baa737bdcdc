// POST /v1/completions, the API before chat. Source: platform.openai.com, API reference, "Completions (Legacy)".

import { countOf, isObject } from './json-object.ts'
import { jsonAnswer } from './mock-answer.ts'
import type { AnswerContext, MockAnswer, StreamPiece } from './mock-answer.ts'
import { completionUsage, usageField } from './openai-usage.ts'
import { createReply, estimateTokens, splitReply, tokensOfPiece } from './reply.ts'
import { dataEvent, doneEvent } from './sse-event.ts'

export function answerCompletion(context: AnswerContext): MockAnswer {
  const { body, instructions } = context
  const prompt = promptText(body['prompt'])
  const maxTokens = countOf(body['max_tokens'])
  const reply = createReply({ prompt, model: context.responseModel, inputTokens: estimateTokens(prompt.length), maxTokens, instructions })
  const { tokens } = reply
  const head = { id: `cmpl-${context.id}`, object: 'text_completion', created: context.createdSeconds, model: context.responseModel }
  const reason = reply.isCut ? 'length' : 'stop'
  if (body['stream'] !== true) {
    const choices = [{ text: reply.text, index: 0, logprobs: null, finish_reason: reason }]
    const answer = { ...head, choices, ...usageField(instructions, () => completionUsage(tokens, instructions)) }
    return jsonAnswer(context, answer, tokens, !instructions.noUsage)
  }
  const options = body['stream_options']
  const isUsageAsked = isObject(options) && options['include_usage'] === true && !instructions.noUsage
  const isUsageEverywhere = instructions.usageInEveryChunk && !instructions.noUsage
  let sentTokens = 0
  const piece = (text: string, finishReason: string | null, outputTokens?: number): StreamPiece => {
    sentTokens += outputTokens ?? 0
    const usage = isUsageEverywhere ? completionUsage({ ...tokens, outputTokens: sentTokens }, instructions) : null
    const choices = [{ text, index: 0, logprobs: null, finish_reason: finishReason }]
    return dataEvent({ ...head, choices, ...(isUsageAsked || isUsageEverywhere ? { usage } : {}) }, outputTokens)
  }
  const parts = splitReply(reply.text, instructions.chunks)
  const pieces = parts.map((part, index) => piece(part, null, tokensOfPiece(tokens.outputTokens, index, parts.length)))
  pieces.push(piece('', reason))
  if (isUsageAsked) pieces.push(dataEvent({ ...head, choices: [], usage: completionUsage(tokens, instructions) }))
  pieces.push(doneEvent)
  return { kind: 'stream', pieces, model: context.model, tokens, tellsUsage: isUsageAsked || isUsageEverywhere }
}

function promptText(prompt: unknown): string {
  if (typeof prompt === 'string') return prompt
  return Array.isArray(prompt) ? prompt.filter((part: unknown) => typeof part === 'string').join('\n') : ''
}
