// ProcessingRequest of envoy.service.ext_proc.v3, from bytes straight to what a stage reads. It runs for every message of every
// request, so it builds nothing that a stage does not look at. Field numbers: protos/envoy/service/ext_proc/v3/external_processor.proto.

import { Headers } from '../core/headers.ts'
import { lengthTag, ProtoReader, varintTag, WireError } from '../core/protobuf-wire.ts'
import { decodeStruct, forEachStructLeaf, type StructValue } from '../core/struct.ts'
import type { MessageContext, MessageKind, ProcessingMessage } from '../exchange/messages.ts'
import { decodeHeaderMap } from './decode-headers.ts'

const REQUEST_HEADERS = lengthTag(2)
const RESPONSE_HEADERS = lengthTag(3)
const REQUEST_BODY = lengthTag(4)
const RESPONSE_BODY = lengthTag(5)
const REQUEST_TRAILERS = lengthTag(6)
const RESPONSE_TRAILERS = lengthTag(7)
const METADATA_CONTEXT = lengthTag(8)
const ATTRIBUTES = lengthTag(9)
const PROTOCOL_CONFIG = lengthTag(11)

const HTTP_HEADERS_HEADERS = lengthTag(1)
const HTTP_HEADERS_END_OF_STREAM = varintTag(3)
const PROTOCOL_REQUEST_BODY_MODE = varintTag(1)
const HTTP_BODY_BODY = lengthTag(1)
const HTTP_BODY_END_OF_STREAM = varintTag(2)
const FILTER_METADATA = lengthTag(1)
const MAP_KEY = lengthTag(1)
const MAP_VALUE = lengthTag(2)

/** ProcessingMode.BodySendMode NONE. */
const BODY_MODE_NONE = 0

/** The only key of ProcessingRequest.attributes: Envoy's name of the filter. */
const FILTER_NAME = 'envoy.filters.http.ext_proc'

const NO_ATTRIBUTES: ReadonlyMap<string, string> = new Map()
const NO_BYTES = Buffer.alloc(0)

/**
 * Decodes one ProcessingRequest. Bodies are views on `bytes`, not copies. Fields that are not known are skipped; a message without a
 * known oneof case has the kind `unknown`. Header values are UTF-8 or, where they are not valid UTF-8, Latin-1.
 * Throws WireError on malformed bytes; `context.metadata()` does so only when it is called.
 */
export function decodeProcessingRequest(bytes: Buffer): ProcessingMessage {
  const reader = new ProtoReader(bytes)
  const context = new LazyContext()
  let kind: MessageKind | undefined
  let message: ProtoReader | undefined
  let bodyFollows = true
  for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
    const caseKind = mapCase(tag)
    if (caseKind !== undefined) {
      kind = caseKind
      message = reader.message()
    } else if (tag === METADATA_CONTEXT) context.encodedMetadata = reader.bytes()
    else if (tag === ATTRIBUTES) context.attributes = decodeAttributes(reader.message(), context.attributes)
    else if (tag === PROTOCOL_CONFIG) bodyFollows = decodeRequestBodyMode(reader.message()) !== BODY_MODE_NONE
    else reader.skip()
  }
  if (kind === undefined || message === undefined) return { kind: 'unknown', context }
  switch (kind) {
    case 'request_headers':
    case 'response_headers':
      return decodeHeaders(kind, message, { bodyFollows, context })
    case 'request_body':
    case 'response_body':
      return decodeBody(kind, message, context)
    default:
      return { kind, context }
  }
}

function mapCase(tag: number): MessageKind | undefined {
  switch (tag) {
    case REQUEST_HEADERS:
      return 'request_headers'
    case RESPONSE_HEADERS:
      return 'response_headers'
    case REQUEST_BODY:
      return 'request_body'
    case RESPONSE_BODY:
      return 'response_body'
    case REQUEST_TRAILERS:
      return 'request_trailers'
    case RESPONSE_TRAILERS:
      return 'response_trailers'
    default:
      return undefined
  }
}

function decodeHeaders(
  kind: 'request_headers' | 'response_headers',
  reader: ProtoReader,
  rest: { readonly bodyFollows: boolean; readonly context: MessageContext },
): ProcessingMessage {
  let headers: Headers | undefined
  let endOfStream = false
  for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
    if (tag === HTTP_HEADERS_HEADERS) {
      // Protobuf would join two of them. Envoy sends one; and of two, one would go unseen.
      if (headers !== undefined) throw new WireError('protobuf: a message has two lists of headers')
      headers = decodeHeaderMap(reader.bytes())
    } else if (tag === HTTP_HEADERS_END_OF_STREAM) endOfStream = reader.bool()
    else reader.skip()
  }
  return { kind, headers: headers ?? new Headers(), endOfStream, bodyFollows: rest.bodyFollows, context: rest.context }
}

// proto3 leaves the zero of an enum out, and NONE is the zero: a protocol_config that is there but empty says NONE.
function decodeRequestBodyMode(reader: ProtoReader): number {
  let mode = BODY_MODE_NONE
  for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
    if (tag === PROTOCOL_REQUEST_BODY_MODE) mode = reader.uint()
    else reader.skip()
  }
  return mode
}

function decodeBody(kind: 'request_body' | 'response_body', reader: ProtoReader, context: MessageContext): ProcessingMessage {
  let body: Buffer = NO_BYTES
  let endOfStream = false
  for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
    if (tag === HTTP_BODY_BODY) body = reader.bytes()
    else if (tag === HTTP_BODY_END_OF_STREAM) endOfStream = reader.bool()
    else reader.skip()
  }
  return { kind, body, endOfStream, context }
}

/** One entry of the map of attributes; `before` is what earlier entries gave. */
function decodeAttributes(entry: ProtoReader, before: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const struct = readMapEntry(entry, FILTER_NAME)
  if (struct === undefined) return before
  const attributes = new Map<string, string>()
  forEachStructLeaf(struct, (name, text) => attributes.set(name, text))
  return attributes
}

/** The value of a map entry if its key is `wanted`. The key may come after the value. */
function readMapEntry(entry: ProtoReader, wanted: string): ProtoReader | undefined {
  let key = ''
  let value: ProtoReader | undefined
  for (let tag = entry.next(); tag !== 0; tag = entry.next()) {
    if (tag === MAP_KEY) key = entry.string()
    else if (tag === MAP_VALUE) value = entry.message()
    else entry.skip()
  }
  if (key !== wanted) return undefined
  return value ?? new ProtoReader(NO_BYTES)
}

class LazyContext implements MessageContext {
  attributes: ReadonlyMap<string, string> = NO_ATTRIBUTES
  /** An encoded envoy.config.core.v3.Metadata; undefined when Envoy forwarded none. */
  encodedMetadata: Buffer | undefined

  metadata(namespace: string): { readonly [key: string]: StructValue } | undefined {
    if (this.encodedMetadata === undefined) return undefined
    const reader = new ProtoReader(this.encodedMetadata)
    let found: ProtoReader | undefined
    for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
      if (tag === FILTER_METADATA) found = readMapEntry(reader.message(), namespace) ?? found
      else reader.skip()
    }
    return found === undefined ? undefined : decodeStruct(found)
  }
}
