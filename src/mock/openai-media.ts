// Images, audio and rerank: the endpoints that a gateway passes through and charges only when they tell their usage.
// Source: platform.openai.com, API reference, "Images" and "Audio"; rerank as vLLM and Jina answer it.

import { contentText, countOf, stringOf } from './json-object.ts'
import { jsonAnswer } from './mock-answer.ts'
import type { AnswerContext, MockAnswer, TokenCounts } from './mock-answer.ts'
import { inputUsage, usageField } from './openai-usage.ts'
import { estimateTokens, tokenCounts } from './reply.ts'

// A PNG of one grey pixel.
const onePixelPng = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=='
// What gpt-image-1 charges for one square image of medium quality.
const tokensPerImage = 1056
const bytesPerSpokenCharacter = 64
const noTokens: TokenCounts = { inputTokens: 0, cachedInputTokens: 0, cacheCreationInputTokens: 0, outputTokens: 0, reasoningTokens: 0 }

export function answerImages(context: AnswerContext): MockAnswer {
  const { body, instructions } = context
  const images = Math.min(countOf(body['n']) ?? 1, 10)
  const tokens = tokenCounts(instructions, estimateTokens(contentText(body['prompt']).length), tokensPerImage * images)
  const usage = (): unknown =>
    instructions.usage ?? {
      input_tokens: tokens.inputTokens,
      input_tokens_details: { text_tokens: tokens.inputTokens, image_tokens: 0 },
      output_tokens: tokens.outputTokens,
      total_tokens: tokens.inputTokens + tokens.outputTokens,
    }
  const answer = {
    created: context.createdSeconds,
    background: 'opaque',
    data: Array.from({ length: images }, () => ({ b64_json: onePixelPng })),
    output_format: 'png',
    quality: 'medium',
    size: '1024x1024',
    ...usageField(instructions, usage),
  }
  return jsonAnswer(context, answer, tokens, !instructions.noUsage)
}

/** The same answer as for a picture from nothing; the pictures that were sent count as one input token per kilobyte. */
export function answerImageEdits(context: AnswerContext, fields: ReadonlyMap<string, string>, fileBytes: number): MockAnswer {
  const { instructions } = context
  const inputTokens = instructions.inputTokens ?? estimateTokens(fields.get('prompt')?.length ?? 0) + Math.ceil(fileBytes / 1000)
  const body = { prompt: fields.get('prompt') ?? '', n: Number(fields.get('n') ?? 1) }
  return answerImages({ ...context, body, instructions: { ...instructions, inputTokens } })
}

const speechTypes: Readonly<Record<string, string>> = { mp3: 'audio/mpeg', opus: 'audio/opus', aac: 'audio/aac', flac: 'audio/flac', wav: 'audio/wav', pcm: 'audio/pcm' }

/** Binary, and without any usage: a gateway can only estimate it. The bytes only look like sound. */
export function answerSpeech(context: AnswerContext): MockAnswer {
  const { body } = context
  const characters = contentText(body['input']).length
  const sound = Buffer.alloc(Math.max(1, characters) * bytesPerSpokenCharacter, 0x55)
  // An MPEG audio frame header.
  sound.writeUInt32BE(0xff_fb_90_00, 0)
  const contentType = speechTypes[stringOf(body['response_format']) ?? 'mp3'] ?? 'audio/mpeg'
  const tokens = tokenCounts(context.instructions, estimateTokens(characters), 0)
  return { kind: 'whole', status: 200, contentType, body: sound, model: context.model, tokens, tellsUsage: false }
}

/** `fields` are those of the form, `fileBytes` its whole size. Models other than Whisper tell tokens, Whisper tells seconds. */
export function answerTranscription(context: AnswerContext, fields: ReadonlyMap<string, string>, fileBytes: number): MockAnswer {
  const { instructions } = context
  const text = `Hello from the mock ${context.responseModel}, which heard ${fileBytes} bytes.`
  if (fields.get('response_format') === 'text') {
    return { kind: 'whole', status: 200, contentType: 'text/plain; charset=utf-8', body: `${text}\n`, model: context.model, tokens: noTokens, tellsUsage: false }
  }
  const isTimed = context.model.startsWith('whisper')
  const tokens = isTimed ? noTokens : tokenCounts(instructions, Math.ceil(fileBytes / 1000), estimateTokens(text.length))
  const tokenUsage = {
    type: 'tokens',
    input_tokens: tokens.inputTokens,
    input_token_details: { text_tokens: 0, audio_tokens: tokens.inputTokens },
    output_tokens: tokens.outputTokens,
    total_tokens: tokens.inputTokens + tokens.outputTokens,
  }
  const usage = (): unknown => instructions.usage ?? (isTimed ? { type: 'duration', seconds: Math.ceil(fileBytes / 16_000) } : tokenUsage)
  return jsonAnswer(context, { text, ...usageField(instructions, usage) }, tokens, !instructions.noUsage)
}

/** The more words of the query a document has, the higher its score. */
export function answerRerank(context: AnswerContext): MockAnswer {
  const { body, instructions } = context
  const query = contentText(body['query'])
  const documents = Array.isArray(body['documents']) ? body['documents'].map((document: unknown) => contentText([document])) : []
  const words = query.toLowerCase().match(/\p{L}+/gu) ?? []
  const scored = documents.map((text, index) => {
    const lowered = text.toLowerCase()
    const found = words.filter((word) => lowered.includes(word)).length
    return { index, document: { text }, relevance_score: Math.round((1000 * found) / Math.max(1, words.length)) / 1000 }
  })
  scored.sort((left, right) => right.relevance_score - left.relevance_score || left.index - right.index)
  const characters = documents.reduce((sum, text) => sum + text.length, query.length)
  const tokens = { ...tokenCounts(instructions, estimateTokens(characters), 0), outputTokens: 0 }
  const results = scored.slice(0, countOf(body['top_n']) ?? scored.length)
  const usageOf = usageField(instructions, () => inputUsage(tokens, instructions))
  return jsonAnswer(context, { id: `rerank-${context.id}`, model: context.responseModel, ...usageOf, results }, tokens, !instructions.noUsage)
}
