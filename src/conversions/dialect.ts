// The four things a conversion is made of. A client's dialect reads requests and writes answers; a provider's dialect writes requests and
// reads answers; conversion.ts joins one of each. So a new provider is one provider dialect, and every client can use it.

import type { Answer, AnswerEvent, ProviderError } from './answer.ts'
import type { Conversation, JsonObject, JsonValue } from './conversation.ts'

export interface ClientDialect {
  /** Where this API calls a parameter otherwise than OpenAI's chat API, whose names provider dialects use: that name → this API's. */
  readonly paramNames: ReadonlyMap<string, string>
  /**
   * Throws TollgateError: `malformed_request` (400, naming the parameter) for what the API itself would refuse, `unsupported_parameter` (422,
   * naming the parameter) for what no other dialect can do and would change the answer's meaning (`n` > 1, audio output …).
   */
  readRequest(body: JsonObject): Conversation
  writeAnswer(answer: Answer, context: AnswerContext): JsonObject
  createEventWriter(context: AnswerContext): EventWriter
}

/** Turns answer events into the bytes of the client's event stream. */
export interface EventWriter {
  /** SSE text for one event, complete with blank lines; '' when it says nothing by itself. An `error` event ends what was begun as the client's SDK expects. */
  write(event: AnswerEvent): string
}

/** What the answer's side knows of the exchange. */
export interface AnswerContext {
  /** The model as the client knows it: what `model` in the answer says. */
  readonly clientModel: string
  /** Ours; for ids that a provider left out. */
  readonly exchangeId: string
  /** Unix time in seconds, for `created`. */
  readonly createdSeconds: number
  /** The client is to see the usage of its stream. */
  readonly usageAsked: boolean
  /** How the client wants its embeddings (`encoding_format`); `float` when nobody said. Only for embeddings. */
  readonly embeddingsEncoding?: 'float' | 'base64'
}

export interface ProviderDialect {
  /**
   * Throws TollgateError `unsupported_parameter` (422) for what this provider cannot do and would change the answer's meaning. A message that
   * names its `param` begins with it, so that conversion.ts can say it in the client's words.
   */
  writeRequest(conversation: Conversation, target: Target): WrittenRequest
  /** `body` is a complete 2xx answer. Throws TollgateError `provider_error` when it is not one. */
  readAnswer(body: JsonValue): Answer
  createEventReader(): EventReader
  /**
   * `body`: the JSON of an error answer, or undefined when it was none. `named`: the error's name where the API says it outside of the body
   * (AWS: the header x-amzn-errortype).
   */
  readError(body: JsonValue | undefined, named?: string): ProviderError
  /** How its streams are framed. */
  readonly framing: 'sse' | 'aws-event-stream'
}

/** Whom a request is written for. */
export interface Target {
  readonly upstreamModel: string
}

export interface WrittenRequest {
  readonly body: JsonObject
  /** What was left out without harm: of a provider dialect by OpenAI's names (`presence_penalty`, `top_k` …), of a conversion by the client's. */
  readonly dropped: readonly string[]
}

/** Turns the events of a provider's stream into ours. */
export interface EventReader {
  /**
   * `name`: the SSE `event` field or the AWS `:event-type`, '' without; `data`: its text. Gives what it means, [] when nothing.
   * Hostile input (a second start, deltas of parts never started, data that is no JSON) gives an `error` event, never an exception.
   */
  read(name: string, data: string): readonly AnswerEvent[]
  /** The bytes are over. Gives what is still owed: `end` (with `finish`) for dialects that have no terminal event, else []. */
  close(): readonly AnswerEvent[]
}

/** One kind of what Tollgate puts into answers for other providers, and a provider that gets the client's body as it is does not know (own-traces.ts). */
export interface TraceRemoval {
  /** One of these texts is in every body that has it, and in hardly any other: a request without is not parsed. */
  readonly marks: readonly string[]
  /** The same object when there was nothing to take out. */
  remove(request: JsonObject): JsonObject
}
