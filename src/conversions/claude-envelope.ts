// Claude on Bedrock and Vertex AI speaks Anthropic's Messages in an envelope: model and stream switch are in the path, the version is in the
// body, and Bedrock's streams come in frames. Sources: Bedrock user guide, "Anthropic Claude Messages API"; docs.anthropic.com, "Claude on Vertex AI".

import { AwsEventStreamDecoder, type AwsEventStreamMessage } from '../core/aws-event-stream.ts'
import { TollgateError } from '../core/errors.ts'
import type { ProviderError } from './answer.ts'
import { noThreads } from './anthropic-messages/judge-parameters.ts'
import { readError } from './bedrock-converse/read-error.ts'
import type { JsonObject, JsonValue } from './conversation.ts'
import type { EventReader, ProviderDialect } from './dialect.ts'
import { asList, asObject, asString, parseJsonText } from './json-value.ts'

export type ClaudeEnvelope = 'bedrock-claude' | 'vertex-claude'

const versions: Readonly<Record<ClaudeEnvelope, string>> = { 'bedrock-claude': 'bedrock-2023-05-31', 'vertex-claude': 'vertex-2023-10-16' }

/** What Bedrock adds to the last event; the counts are in Anthropic's own usage as well. */
const invocationMetrics = 'amazon-bedrock-invocationMetrics'

/** Anthropic's SDK names it although it was told that there are no threads here; Bedrock refuses what it does not know. */
const threadsBeta = 'message-threads-'

/** The features that a header `anthropic-beta` asks for. */
export function readBetas(header: string | undefined): readonly string[] {
  return (header ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
}

/** A request of /v1/messages as the cloud wants it. Throws TollgateError for a thread, which no cloud keeps. `betas` go into the body on Bedrock; Vertex AI reads the header itself. */
export function wrapRequest(envelope: ClaudeEnvelope, body: JsonObject, betas: readonly string[] = []): JsonObject {
  if ((body['thread'] ?? null) !== null) throw noThreads()
  const { model: _model, stream, anthropic_version: _version, anthropic_beta: ownBetas, ...rest } = body
  const isBedrock = envelope === 'bedrock-claude'
  const all = [...new Set([...asList(ownBetas), ...(isBedrock ? betas : [])])].filter((name) => asString(name)?.startsWith(threadsBeta) !== true)
  return {
    anthropic_version: versions[envelope],
    ...rest,
    ...(isBedrock || stream === undefined ? {} : { stream }),
    ...(all.length === 0 ? {} : { anthropic_beta: all }),
  }
}

/** Anthropic's dialect in the envelope: for requests that were written, and answers that are read, in other clients' words. */
export function envelopedDialect(envelope: ClaudeEnvelope, inner: ProviderDialect): ProviderDialect {
  return {
    ...inner,
    writeRequest(conversation, target) {
      const { body, dropped } = inner.writeRequest(conversation, target)
      return { body: wrapRequest(envelope, body), dropped }
    },
    ...(envelope === 'vertex-claude' ? {} : { createEventReader: () => new ChunkReader(inner.createEventReader()), readError, framing: 'aws-event-stream' as const }),
  }
}

/** An error answer of Bedrock as Anthropic would have written it; `named` as in readError. */
export function unwrapError(body: JsonValue | undefined, named?: string): JsonObject {
  return anthropicError(readError(body, named))
}

/**
 * A stream of InvokeModelWithResponseStream as the server-sent events that Anthropic's own API sends, for clients and readers of those. What
 * cannot be read becomes Anthropic's `error` event, and nothing follows it.
 */
export class UnwrappedStream {
  readonly #decoder = new AwsEventStreamDecoder((message) => {
    this.#read(message)
  })
  #written = ''
  #isOver = false

  /** The client's bytes for the next ones of Bedrock (any split). */
  push(chunk: Buffer): Buffer {
    this.#written = ''
    if (!this.#isOver) {
      try {
        this.#decoder.push(chunk)
      } catch (thrown) {
        this.#fail({ message: TollgateError.from(thrown).message, type: undefined })
      }
    }
    return Buffer.from(this.#written)
  }

  #read({ kind, name, payload }: AwsEventStreamMessage): void {
    if (this.#isOver) return
    const text = payload.toString('utf8')
    if (kind === 'error') this.#fail({ message: text, type: name })
    else if (kind === 'exception') this.#fail(readError(parseObject(text), name))
    else if (name === 'chunk') this.#readChunk(text)
  }

  #readChunk(payload: string): void {
    const chunk = readChunk(payload)
    if (chunk === undefined) {
      this.#fail({ message: 'The provider sent a chunk that is no event of Anthropic.', type: undefined })
      return
    }
    this.#isOver = chunk.type === 'message_stop' || chunk.type === 'error'
    this.#written += `event: ${chunk.type}\ndata: ${chunk.json}\n\n`
  }

  #fail(error: ProviderError): void {
    this.#isOver = true
    this.#written += `event: error\ndata: ${JSON.stringify(anthropicError(error))}\n\n`
  }
}

/** The same for our own reader of Anthropic's events, without a detour over server-sent events. */
class ChunkReader implements EventReader {
  readonly #inner: EventReader

  constructor(inner: EventReader) {
    this.#inner = inner
  }

  read(name: string, data: string): ReturnType<EventReader['read']> {
    if (name.endsWith('Exception')) return [{ kind: 'error', error: readError(parseObject(data), name) }]
    if (name !== 'chunk') return []
    const chunk = readChunk(data)
    // Its own complaint is the best one about what is no event.
    return chunk === undefined ? this.#inner.read('', 'null') : this.#inner.read(chunk.type, chunk.json)
  }

  close(): ReturnType<EventReader['close']> {
    return this.#inner.close()
  }
}

/** `payload`: {bytes: base64 of one event of Anthropic's}. The event on one line; undefined when it is none. */
function readChunk(payload: string): { readonly type: string; readonly json: string } | undefined {
  const bytes = asString(parseObject(payload)?.['bytes'])
  const text = bytes === undefined ? '' : Buffer.from(bytes, 'base64').toString('utf8')
  const event = parseObject(text)
  const type = asString(event?.['type'])
  // The type becomes a line of the stream.
  if (event === undefined || type === undefined || !/^\w+$/.test(type)) return undefined
  const { [invocationMetrics]: metrics, ...stripped } = event
  const isOneLine = !text.includes('\n') && !text.includes('\r')
  return { type, json: metrics === undefined && isOneLine ? text : JSON.stringify(stripped) }
}

/** Types by Bedrock's: docs.anthropic.com, "Errors"; Bedrock API reference, "InvokeModelWithResponseStream". */
const anthropicTypes: ReadonlyMap<string, string> = new Map([
  ['ThrottlingException', 'rate_limit_error'],
  ['ServiceQuotaExceededException', 'rate_limit_error'],
  ['ValidationException', 'invalid_request_error'],
  ['AccessDeniedException', 'permission_error'],
  ['UnrecognizedClientException', 'authentication_error'],
  ['InvalidSignatureException', 'authentication_error'],
  ['ExpiredTokenException', 'authentication_error'],
  ['MissingAuthenticationTokenException', 'authentication_error'],
  ['ResourceNotFoundException', 'not_found_error'],
  ['ServiceUnavailableException', 'overloaded_error'],
  ['ModelNotReadyException', 'overloaded_error'],
  ['ModelTimeoutException', 'timeout_error'],
])

function anthropicError({ message, type }: ProviderError): JsonObject {
  return { type: 'error', error: { type: anthropicTypes.get(type ?? '') ?? 'api_error', message } }
}

function parseObject(text: string): JsonObject | undefined {
  return asObject(parseJsonText(text))
}
