// ProcessingResponse of envoy.service.ext_proc.v3, from what a step wants done. Most answers are "go on" with nothing to say, so
// those bytes are made once. Field numbers: protos/envoy/service/ext_proc/v3/external_processor.proto.

import { lengthTag, varintTag } from '../core/protobuf-wire.ts'
import { ProtoWriter, writeAscii } from '../core/protobuf-writer.ts'
import { encodeStruct } from '../core/struct.ts'
import type { Action, BodyDelivery, HeaderChanges, Metadata } from '../exchange/action.ts'
import type { MessageKind } from '../exchange/messages.ts'

/** The oneof case of the answer to each kind of message. */
const ANSWERS = { request_headers: 1, response_headers: 2, request_body: 3, response_body: 4, request_trailers: 5, response_trailers: 6 } as const satisfies Record<MessageKind, number>
const IMMEDIATE_RESPONSE = 7
const DYNAMIC_METADATA = 8
const MODE_OVERRIDE = 9

/** HeadersResponse and BodyResponse hold a CommonResponse, TrailersResponse the mutation itself, all under this number. */
const ANSWER_CONTENT = 1
const COMMON = { status: 1, headerMutation: 2, bodyMutation: 3, clearRouteCache: 5 } as const
const CONTINUE_AND_REPLACE = 1
const BODY_MUTATION = { body: 1, clearBody: 2 } as const
const HEADER_MUTATION = { setHeaders: 1, removeHeaders: 2 } as const
const HEADER_OPTION = { header: 1, appendAction: 3, keepEmptyValue: 4 } as const
const HEADER = { key: 1, rawValue: 3 } as const
const OVERWRITE_IF_EXISTS_OR_ADD = 2
const IMMEDIATE = { status: 1, headers: 2, body: 3, details: 5 } as const
const STATUS_CODE = 1
const MODES = { requestBody: 3, responseBody: 4 } as const
const BODY_MODES = { none: 0, streamed: 1, buffered: 2 } as const satisfies Record<BodyDelivery, number>

/** Name and value together: what is around them must fit into lengths of one byte. */
const MAX_SHORT_HEADER = 100
/** Room for an answer without a body: a few headers and some metadata. A larger one grows. */
const EXPECTED_BYTES = 256
/** The answer to a request has most of all: whom to ask, and who is asking. */
const EXPECTED_REQUEST_BYTES = 768
/** What the messages around a body add to its length, for guessing lengths. */
const AROUND_BODY_BYTES = 16

type Pass = Extract<Action, { kind: 'pass' }>
type Fill = Extract<Action, { kind: 'fill' }>
type Reply = Extract<Action, { kind: 'reply' }>

/** "Go on" for each kind. Shared: nobody may write into them. */
const PLAIN_PASSES: Readonly<Record<MessageKind, Buffer>> = {
  request_headers: encodePlainPass('request_headers'),
  response_headers: encodePlainPass('response_headers'),
  request_body: encodePlainPass('request_body'),
  response_body: encodePlainPass('response_body'),
  request_trailers: encodePlainPass('request_trailers'),
  response_trailers: encodePlainPass('response_trailers'),
}

function encodePlainPass(kind: MessageKind): Buffer {
  const writer = new ProtoWriter(2)
  writer.begin(ANSWERS[kind])
  writer.end()
  return writer.finish()
}

/**
 * Encodes the answer to a message of this kind. The buffer may be shared between calls: send it, do not change it.
 * `content-length` is the caller's business. Throws when the action cannot be the answer to such a message, because Envoy would ignore it silently.
 */
export function encodeAction(kind: MessageKind, action: Action): Buffer {
  switch (action.kind) {
    case 'pass':
      return isPlain(action) ? PLAIN_PASSES[kind] : encodePass(kind, action)
    case 'fill':
      return encodeFill(kind, action)
    case 'reply':
      return encodeReply(action)
  }
}

function isPlain({ headers, body, metadata, reroute, delivery }: Pass): boolean {
  return body === undefined && metadata === undefined && isUnchanged(headers) && reroute !== true && (delivery === undefined || delivery === 'buffered')
}

function isUnchanged(headers: HeaderChanges | undefined): boolean {
  if (headers === undefined) return true
  return (headers.remove === undefined || headers.remove.length === 0) && (headers.set === undefined || isEmpty(headers.set))
}

function isEmpty(object: object): boolean {
  for (const _name in object) return false
  return true
}

function encodePass(kind: MessageKind, action: Pass): Buffer {
  requirePossible(kind, action)
  const { headers, body, metadata, reroute, delivery } = action
  const writer = new ProtoWriter((kind === 'request_body' ? EXPECTED_REQUEST_BYTES : EXPECTED_BYTES) + (body?.length ?? 0))
  const isTrailers = kind === 'request_trailers' || kind === 'response_trailers'
  const bodyBytes = body === undefined ? 0 : body.length + AROUND_BODY_BYTES
  writer.begin(ANSWERS[kind], bodyBytes)
  if (isTrailers) encodeHeaderMutation(writer, ANSWER_CONTENT, headers)
  else {
    writer.begin(ANSWER_CONTENT, bodyBytes)
    encodeHeaderMutation(writer, COMMON.headerMutation, headers)
    if (body !== undefined) encodeBodyMutation(writer, body)
    if (reroute === true) writer.bool(COMMON.clearRouteCache, true)
    writer.end()
  }
  writer.end()
  encodeMetadata(writer, metadata)
  if (delivery !== undefined && delivery !== 'buffered') encodeDelivery(writer, delivery)
  return writer.finish()
}

function requirePossible(kind: MessageKind, { body, reroute, delivery }: Pass): void {
  if (body !== undefined && kind !== 'request_body' && kind !== 'response_body') throw new Error(`A body cannot be replaced in answer to ${kind}.`)
  if (reroute === true && kind !== 'request_headers' && kind !== 'request_body') throw new Error(`A route cannot be chosen in answer to ${kind}.`)
  if (delivery !== undefined && kind !== 'response_headers') throw new Error(`The delivery of a body cannot be chosen in answer to ${kind}.`)
}

function encodeFill(kind: MessageKind, { headers, body, metadata }: Fill): Buffer {
  if (kind !== 'response_headers') throw new Error(`A body cannot be filled in in answer to ${kind}.`)
  const writer = new ProtoWriter(EXPECTED_BYTES + body.length)
  const bodyBytes = body.length + AROUND_BODY_BYTES
  writer.begin(ANSWERS[kind], bodyBytes)
  writer.begin(ANSWER_CONTENT, bodyBytes)
  writer.uint(COMMON.status, CONTINUE_AND_REPLACE)
  encodeHeaderMutation(writer, COMMON.headerMutation, headers)
  encodeBodyMutation(writer, body)
  writer.end()
  writer.end()
  encodeMetadata(writer, metadata)
  return writer.finish()
}

function encodeReply({ status, headers, body, metadata, details }: Reply): Buffer {
  const writer = new ProtoWriter(EXPECTED_BYTES + body.length)
  writer.begin(IMMEDIATE_RESPONSE, body.length + EXPECTED_BYTES)
  writer.begin(IMMEDIATE.status)
  writer.uint(STATUS_CODE, status)
  writer.end()
  encodeHeaderMutation(writer, IMMEDIATE.headers, { set: headers })
  if (body.length > 0) writer.bytes(IMMEDIATE.body, body)
  // Response code details go into access logs, where a space would end the field.
  if (details !== '') writer.string(IMMEDIATE.details, details.replaceAll(/\s+/g, '_'))
  writer.end()
  encodeMetadata(writer, metadata)
  return writer.finish()
}

function encodeHeaderMutation(writer: ProtoWriter, field: number, headers: HeaderChanges | undefined): void {
  if (headers === undefined || isUnchanged(headers)) return
  const { set = {}, remove = [] } = headers
  writer.begin(field, 128)
  for (const name in set) {
    const value = set[name]
    if (value !== undefined) encodeSetHeader(writer, name, value)
  }
  for (const name of remove) writer.string(HEADER_MUTATION.removeHeaders, name)
  writer.end()
}

/** Envoy reads `raw_value`. The action is explicit because its default in the proto, append, is not what a set is. */
function encodeSetHeader(writer: ProtoWriter, name: string, value: string): void {
  if (value !== '' && encodeShortHeader(writer, name, value)) return
  writer.begin(HEADER_MUTATION.setHeaders)
  writer.begin(HEADER_OPTION.header)
  writer.string(HEADER.key, name)
  if (value !== '') writer.string(HEADER.rawValue, value)
  writer.end()
  writer.uint(HEADER_OPTION.appendAction, OVERWRITE_IF_EXISTS_OR_ADD)
  if (value === '') writer.bool(HEADER_OPTION.keepEmptyValue, true)
  writer.end()
}

/** A short ASCII header, as most are, in one go. False, and nothing written, for any other. */
function encodeShortHeader(writer: ProtoWriter, name: string, value: string): boolean {
  const length = name.length + value.length
  if (length > MAX_SHORT_HEADER) return false
  const start = writer.claim(length + 10)
  const bytes = writer.buffer
  const valueStart = start + 6 + name.length
  bytes[start] = lengthTag(HEADER_MUTATION.setHeaders)
  bytes[start + 1] = length + 8
  bytes[start + 2] = lengthTag(HEADER_OPTION.header)
  bytes[start + 3] = length + 4
  bytes[start + 4] = lengthTag(HEADER.key)
  bytes[start + 5] = name.length
  bytes[valueStart] = lengthTag(HEADER.rawValue)
  bytes[valueStart + 1] = value.length
  bytes[valueStart + 2 + value.length] = varintTag(HEADER_OPTION.appendAction)
  bytes[valueStart + 3 + value.length] = OVERWRITE_IF_EXISTS_OR_ADD
  if (writeAscii(bytes, start + 6, name) && writeAscii(bytes, valueStart + 2, value)) return true
  writer.release(start)
  return false
}

function encodeBodyMutation(writer: ProtoWriter, body: Buffer): void {
  writer.begin(COMMON.bodyMutation, body.length)
  // Envoy's word for "no body".
  if (body.length === 0) writer.bool(BODY_MUTATION.clearBody, true)
  else writer.bytes(BODY_MUTATION.body, body)
  writer.end()
}

function encodeMetadata(writer: ProtoWriter, metadata: Metadata | undefined): void {
  if (metadata === undefined) return
  writer.begin(DYNAMIC_METADATA, 128)
  encodeStruct(writer, metadata)
  writer.end()
}

/** Body modes have no "as before": one that is not named means NONE. So both are named, the request's as it is configured. */
function encodeDelivery(writer: ProtoWriter, delivery: BodyDelivery): void {
  writer.begin(MODE_OVERRIDE)
  writer.uint(MODES.requestBody, BODY_MODES.buffered)
  writer.uint(MODES.responseBody, BODY_MODES[delivery])
  writer.end()
}
