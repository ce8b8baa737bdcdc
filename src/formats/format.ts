// What the rest of the product may ask of an API dialect. One file per dialect implements it; index.ts lists them.

import type { RawUsage } from '../core/usage.ts'

export type FormatName =
  | 'openai-chat'
  | 'openai-completions'
  | 'openai-embeddings'
  | 'openai-responses'
  | 'openai-images'
  | 'openai-image-edits'
  | 'openai-speech'
  | 'openai-transcriptions'
  | 'cohere-rerank'
  | 'anthropic-messages'
  | 'anthropic-count-tokens'

/** Whose error objects a client of this format understands. */
export type ErrorStyle = 'openai' | 'anthropic'

/** What a client asks for, read from its body without changing it. */
export interface ParsedRequest {
  /** The `model` the body names, unescaped; undefined when it names none. */
  readonly model: string | undefined
  /** True when the client asked for a stream. */
  readonly stream: boolean
  /** True when the client is to see the usage of its stream: it asked for it, or the format's streams always tell it. */
  readonly usageAsked: boolean
  /** The client's own bound on output tokens, whatever the format calls it. */
  readonly maxOutputTokens: number | undefined
  /** Number of answers asked for (`n`, `best_of`), 1 when unsaid. */
  readonly choices: number
  /** Members that bound or multiply the output and hold something else than a positive integer: servers differ over what `"5"`, 0 and -1 mean. */
  readonly unclearBounds: readonly string[]
  /** The smallest bound on output tokens with which providers take this request; undefined where the format has no bound. */
  readonly leastOutputTokens: number | undefined
  /** Guess of the input tokens: text bytes / 4, base64 media not counted as text. At least 1. */
  readonly inputTokensEstimate: number
  /** The body with the given changes and nothing else touched, byte for byte; undefined when nothing had to change. */
  edit(changes: RequestChanges): Buffer | undefined
}

export interface RequestChanges {
  /** Replaces or adds the model field. */
  readonly model?: string
  /** Makes a stream report its usage where the format has such a switch. */
  readonly askForUsage?: boolean
  /** From 1 on. Lowers all bounds on output tokens that are larger or unclear to this one, or adds one; does nothing where the format has none. */
  readonly maxOutputTokens?: number
  /**
   * Under which name a bound is added where there are two: true for OpenAI's own. Its reasoning models refuse the older `max_tokens`, with a
   * message; Mistral refuses `max_completion_tokens`, and older servers overlook it, so that the answer would have no bound.
   */
  readonly isForOpenAi?: boolean
}

/** What a complete answer says about itself. */
export interface AnswerFacts {
  /** Undefined when the answer carries no usage. */
  readonly usage: RawUsage | undefined
  /** The model the provider says it used. */
  readonly responseModel: string | undefined
  /** Guess of the output tokens from the answer's text, for when usage is missing. */
  readonly outputTokensEstimate: number
}

/** Reads one streamed answer as it passes. Work is O(chunk); a chunk without usage is scanned, never parsed. */
export interface StreamReader {
  /**
   * Takes the next bytes (any split) and returns what the client gets instead of them; undefined means: the same bytes.
   * After `end` everything held back has been returned.
   */
  push(chunk: Buffer, end: boolean): Buffer | undefined
  /** The latest usage the stream has reported, undefined so far if none. Later reports replace or complete earlier ones. */
  readonly usage: RawUsage | undefined
  readonly responseModel: string | undefined
  /** Guess of the output tokens that have passed: the larger of content events and text bytes / 4. */
  readonly outputTokensSeen: number
  /** True once the stream's own terminal event has passed (`[DONE]`, `message_stop`, `response.completed` …). */
  readonly finished: boolean
  /** True once the provider reported an error inside the stream. */
  readonly failed: boolean
}

export interface StreamReaderOptions {
  /** True: we asked for usage on our own account, so the usage-only event is taken out again. */
  readonly removeUsageEvent: boolean
}

export interface Format {
  readonly name: FormatName
  /** `gen_ai.operation.name` of OpenTelemetry's GenAI conventions. */
  readonly operation: string
  /** Exact client paths, without query. */
  readonly paths: readonly string[]
  /** The path a provider is asked at for one of `paths`: prefixes that only tell dialects apart are gone. */
  canonicalPath(path: string): string
  readonly errorStyle: ErrorStyle
  /** False for calls that providers do not bill (count_tokens): they cost 0 and need no usage. */
  readonly metered: boolean
  /** `json`: a body is JSON whatever its content-type says. `multipart`: only multipart/form-data is accepted. */
  readonly body: 'json' | 'multipart'
  /** Reads a complete body. Throws TollgateError: malformed_request (with line and column), unsupported_request. */
  parseRequest(body: Buffer, contentType: string | undefined): ParsedRequest
  /** Reads a complete, decoded 2xx answer. Never throws: an unreadable answer has no usage. */
  readAnswer(body: Buffer): AnswerFacts
  createStreamReader(options: StreamReaderOptions): StreamReader
}
