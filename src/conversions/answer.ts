// A chat answer in no provider's words, whole or as a stream of events: what every provider dialect is read into, and every client
// dialect is written from.

import type { RawUsage } from '../core/usage.ts'
import type { ReasoningPart, RefusalPart, TextPart, ToolCallPart } from './conversation.ts'

export type AnswerPart = TextPart | ToolCallPart | ReasoningPart | RefusalPart

export type FinishReason =
  /** The model was done. */
  | 'stop'
  /** One of the client's stop sequences came up. */
  | 'stop_sequence'
  /** max tokens, or the context window. */
  | 'length'
  | 'tool_calls'
  /** The provider's safety system stopped it. */
  | 'content_filter'
  /** The model itself refused. */
  | 'refusal'

/** What a refusal says where the provider told that its model refused, but not in which words. */
export const unspokenRefusal = 'The model refused to answer.'

export interface Answer {
  /** The provider's id of the answer; '' when it has none. */
  readonly id: string
  /** The model the provider says it used; '' when it does not say. */
  readonly model: string
  readonly parts: readonly AnswerPart[]
  readonly finish: FinishReason
  readonly stopSequence: string | undefined
  /** In our names and counting (core/usage.ts), not checked yet; undefined when the provider told none. */
  readonly usage: RawUsage | undefined
}

/** An error as a provider said it, whole or inside a stream. */
export interface ProviderError {
  readonly message: string
  /** The provider's own type or code, such as `overloaded_error` or `ThrottlingException`; undefined when it gave none. */
  readonly type: string | undefined
}

/**
 * One step of a streamed answer. Parts come one after another or interleaved (`index` tells them apart: 0, 1, 2 … in order of their start);
 * every part is started before its deltas and ended once. `start` comes first and once, `finish` once, `end` last and once unless the
 * stream failed or was cut.
 */
export type AnswerEvent =
  | { readonly kind: 'start'; readonly id: string; readonly model: string }
  | { readonly kind: 'part_start'; readonly index: number; readonly part: StartedPart }
  /** More of a text, reasoning or refusal part. */
  | { readonly kind: 'text'; readonly index: number; readonly text: string }
  /** More of a tool call's arguments: any piece of JSON text. */
  | { readonly kind: 'arguments'; readonly index: number; readonly json: string }
  /** The signature of a reasoning part or a tool call; whole. A tool call's comes before its arguments: clients get it in the call's id. */
  | { readonly kind: 'signature'; readonly index: number; readonly signature: string }
  | { readonly kind: 'part_end'; readonly index: number }
  | { readonly kind: 'finish'; readonly reason: FinishReason; readonly stopSequence: string | undefined }
  /** All counts known so far; later ones replace earlier ones. */
  | { readonly kind: 'usage'; readonly usage: RawUsage }
  | { readonly kind: 'error'; readonly error: ProviderError }
  | { readonly kind: 'end' }

export type StartedPart =
  | { readonly kind: 'text' }
  | { readonly kind: 'reasoning'; readonly redacted?: string }
  | { readonly kind: 'refusal' }
  | { readonly kind: 'tool_call'; readonly id: string; readonly name: string }
