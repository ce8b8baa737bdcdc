// What a mock provider answers, as a value: built by pure code, written by write-answer.ts, counted by served-totals.ts.

import type { Instructions } from './instructions.ts'
import type { JsonObject } from './json-object.ts'

/** Tokens of one answer. Input includes cached and cache-creation tokens, output includes reasoning tokens. */
export interface TokenCounts {
  readonly inputTokens: number
  readonly cachedInputTokens: number
  readonly cacheCreationInputTokens: number
  readonly outputTokens: number
  readonly reasoningTokens: number
}

/** One event of a stream. `outputTokens` are the ones that its content stands for; undefined for events without content. */
export interface StreamPiece {
  /** Bytes where the stream is not text. */
  readonly text: string | Buffer
  readonly outputTokens: number | undefined
}

export interface WholeAnswer {
  readonly kind: 'whole'
  readonly status: number
  readonly contentType: string
  readonly body: string | Buffer
  /** The model that was asked for; '' when the request named none. */
  readonly model: string
  /** Undefined for answers that consume no tokens: errors and lists. */
  readonly tokens: TokenCounts | undefined
  /** Whether the answer itself tells its usage. */
  readonly tellsUsage: boolean
  /** Beside those that every answer has; lower-case names. */
  readonly headers?: Readonly<Record<string, string>>
}

export interface StreamAnswer {
  readonly kind: 'stream'
  /** Server-sent events unless it says otherwise. */
  readonly contentType?: string
  readonly pieces: readonly StreamPiece[]
  readonly model: string
  readonly tokens: TokenCounts
  readonly tellsUsage: boolean
}

export type MockAnswer = WholeAnswer | StreamAnswer

/** What an endpoint sees of a request: everything else about it has been dealt with before. */
export interface AnswerContext {
  /** The parsed JSON body; empty for GET and for multipart bodies. */
  readonly body: JsonObject
  readonly model: string
  /** The model that the answer names: `model` unless `x-mock-response-model` says otherwise. */
  readonly responseModel: string
  readonly instructions: Instructions
  /** Unique per server; put after the API's own id prefix. */
  readonly id: string
  readonly createdSeconds: number
}

/** A JSON answer with status 200. */
export function jsonAnswer(context: Pick<AnswerContext, 'model'>, body: unknown, tokens: TokenCounts | undefined, tellsUsage: boolean): WholeAnswer {
  return { kind: 'whole', status: 200, contentType: 'application/json', body: JSON.stringify(body), model: context.model, tokens, tellsUsage }
}
