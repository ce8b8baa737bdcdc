// A conversion: a client's dialect joined with a provider's. The provider gets the client's request in its own words, and the client gets the
// answer, whole or as a stream, in the client's.

import { TollgateError } from '../core/errors.ts'
import type { RawUsage } from '../core/usage.ts'
import type { AnswerPart, ProviderError } from './answer.ts'
import type { JsonObject, JsonValue } from './conversation.ts'
import { ConvertedStream } from './converted-stream.ts'
import type { AnswerContext, ClientDialect, ProviderDialect, Target, WrittenRequest } from './dialect.ts'
import { asList, asObject, parseJsonText } from './json-value.ts'

export interface ConvertedRequest extends WrittenRequest {
  readonly stream: boolean
}

export interface ConvertedAnswer {
  readonly body: Buffer
  readonly usage: RawUsage | undefined
  /** The model the provider says it used. */
  readonly responseModel: string | undefined
  /** Guess of the output tokens from the answer's text, for when usage is missing. */
  readonly outputTokensEstimate: number
}

export interface Conversion {
  /** Throws TollgateError: `malformed_request`, `unsupported_parameter`. */
  convertRequest(body: Buffer, target: Target): ConvertedRequest
  /** `body`: a complete 2xx answer. Throws TollgateError `provider_error` when it cannot be read. */
  convertAnswer(body: Buffer, context: AnswerContext): ConvertedAnswer
  /** Undefined for APIs without streams. */
  convertStream: ((context: AnswerContext) => ConvertedStream) | undefined
  /** `body`: an answer that is no 2xx; `named`: its header x-amzn-errortype, in which AWS says what kind of error it is. Never throws. */
  readError(body: Buffer, named?: string): ProviderError
}

const TEXT_BYTES_PER_TOKEN = 4
/** Most messages, parts and calls of one request. Anthropic takes 100,000 messages; more cost seconds in which nobody else is served. */
const MOST_PARTS = 200_000

export function createConversion(client: ClientDialect, provider: ProviderDialect): Conversion {
  return {
    convertRequest(body, target) {
      const request = parseRequest(body)
      refuseCrowded(request)
      const conversation = client.readRequest(request)
      const { body: written, dropped } = inClientNames(client, () => provider.writeRequest(conversation, target))
      return { body: written, dropped: unique([...conversation.dropped, ...dropped.map((name) => paramName(client, name))]), stream: conversation.stream }
    },
    convertAnswer(body, context) {
      const answer = provider.readAnswer(parseAnswer(body))
      return {
        body: Buffer.from(JSON.stringify(client.writeAnswer(answer, context))),
        usage: answer.usage,
        responseModel: answer.model === '' ? undefined : answer.model,
        outputTokensEstimate: Math.ceil(answer.parts.reduce((bytes, part) => bytes + textBytes(part), 0) / TEXT_BYTES_PER_TOKEN),
      }
    },
    convertStream: (context) => new ConvertedStream({ framing: provider.framing, reader: provider.createEventReader(), writer: client.createEventWriter(context) }),
    readError: (body, named) => provider.readError(parseJson(body), named),
  }
}

function inClientNames<Written>(client: ClientDialect, write: () => Written): Written {
  try {
    return write()
  } catch (thrown) {
    const { code, param, message, cause } = TollgateError.from(thrown)
    if (param === undefined) throw thrown
    const named = paramName(client, param)
    throw new TollgateError(code, message.startsWith(`${param} `) ? named + message.slice(param.length) : message, { param: named, cause })
  }
}

// `tools[0].name`: the name of the parameter is all before the first place in it.
function paramName({ paramNames }: ClientDialect, param: string): string {
  const [name = ''] = /^\w*/.exec(param) ?? []
  return (paramNames.get(name) ?? name) + param.slice(name.length)
}

/** The client's body as an object. Its first look, in the request stage, did not parse all of it. */
export function parseRequest(body: Buffer): JsonObject {
  let value: unknown
  try {
    value = JSON.parse(body.toString('utf8'))
  } catch (cause) {
    throw new TollgateError('malformed_request', `The request body is not JSON: ${cause instanceof Error ? cause.message : 'unreadable'}.`, { cause })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TollgateError('malformed_request', 'The request body must be a JSON object.')
  // What JSON.parse made of it can only hold JSON values.
  return value as JsonObject
}

/** Throws TollgateError `provider_error`. */
export function parseAnswer(body: Buffer): JsonValue {
  const value = parseJson(body)
  if (value === undefined) throw new TollgateError('provider_error', 'The provider answered with something that is not JSON.')
  return value
}

/** Undefined when it is no JSON. */
export function parseJson(body: Buffer): JsonValue | undefined {
  return parseJsonText(body.toString('utf8'))
}

export function unique(names: readonly string[]): readonly string[] {
  return names.length < 2 ? names : [...new Set(names)]
}

function textBytes(part: AnswerPart): number {
  return Buffer.byteLength(part.kind === 'tool_call' ? part.arguments : part.text)
}

function refuseCrowded(request: JsonObject): void {
  let count = 0
  for (const member of ['messages', 'input', 'system'] as const) {
    const items = asList(request[member])
    count += items.length
    for (const item of items) {
      const fields = asObject(item)
      if (fields !== undefined) count += asList(fields['content']).length + asList(fields['tool_calls']).length
    }
  }
  if (count > MOST_PARTS) throw new TollgateError('malformed_request', `The request has ${count} messages, parts and calls; at most ${MOST_PARTS} are converted.`)
}
