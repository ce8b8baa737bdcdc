// Our codec of ext_proc against the .proto files, both ways, and against what a later Envoy or a broken peer may send.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { WireError } from '../../src/core/protobuf-wire.ts'
import type { Action, Metadata, MetadataValue } from '../../src/exchange/action.ts'
import type { MessageKind, ProcessingMessage } from '../../src/exchange/messages.ts'
import { decodeProcessingRequest } from '../../src/extproc/decode.ts'
import { encodeAction } from '../../src/extproc/encode.ts'
import { loadProcessMethod, structMessage } from '../support/process-method.ts'
import { type MessageFields, unknownField, withUnknownFields } from '../support/unknown-fields.ts'

const method = loadProcessMethod()
const FILTER = 'envoy.filters.http.ext_proc'

// Around a hundred characters the short forms end, at 128 bytes lengths of one byte do, and at 16,384 those of two; fast-check seldom comes as far by itself.
const edges = ['é'.repeat(63), 'é'.repeat(64), '€'.repeat(42), '€'.repeat(43), `${'x'.repeat(126)}é`, '€'.repeat(5461), '€'.repeat(5462), `${'x'.repeat(16_383)}é`, 'v'.repeat(20_000)]
const text = fc.oneof(fc.constant(''), fc.string({ maxLength: 40 }), fc.string({ minLength: 80, maxLength: 300, size: 'max' }), fc.constantFrom(...edges), fc.string({ unit: 'binary', maxLength: 40, size: 'max' }).map((value) => Buffer.from(value).toString()))
const name = fc.oneof(fc.constantFrom(':path', ':authority', 'x-team', 'authorization', '__proto__'), fc.string({ minLength: 1, maxLength: 30 }))
const bytes = fc.uint8Array({ maxLength: 5000, size: 'max' }).map((value) => Buffer.from(value))
const leaf = fc.oneof(text, fc.double({ noNaN: true }), fc.boolean())
const attributes = fc.dictionary(text, leaf, { maxKeys: 4 })
const value: fc.Arbitrary<MetadataValue> = fc.letrec<{ value: MetadataValue }>((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, leaf, fc.array(tie('value'), { maxLength: 3 }), fc.dictionary(text, tie('value'), { maxKeys: 3 })),
})).value
const metadata: fc.Arbitrary<Metadata> = fc.dictionary(text, fc.dictionary(text, value, { maxKeys: 4 }), { maxKeys: 3 })

const kinds: readonly MessageKind[] = ['request_headers', 'response_headers', 'request_body', 'response_body', 'request_trailers', 'response_trailers']
const request = fc.record({
  kind: fc.constantFrom(...kinds),
  // Envoy's own form is `raw_value` in all of them.
  headers: fc.boolean().chain((anyForm) => fc.array(fc.record({ name, value: text, raw: anyForm ? fc.boolean() : fc.constant(true) }), { maxLength: 20 })),
  body: bytes,
  endOfStream: fc.boolean(),
  bodyMode: fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined }),
  attributes,
  metadata,
})
type Request = typeof request extends fc.Arbitrary<infer T> ? T : never

function encodeRequest(sample: Request): Buffer {
  const { kind, headers, body, endOfStream, bodyMode } = sample
  const map = { headers: headers.map(({ name: key, value: of, raw }) => (raw ? { key, raw_value: Buffer.from(of) } : { key, value: of })) }
  const content = kind.endsWith('headers') ? { headers: map, end_of_stream: endOfStream } : kind.endsWith('body') ? { body, end_of_stream: endOfStream } : { trailers: map }
  return method.requestSerialize({
    [kind]: content,
    metadata_context: { filter_metadata: mapValues(sample.metadata, structMessage) },
    attributes: { [FILTER]: structMessage(sample.attributes), other: structMessage({ leaf: 'not ours' }) },
    ...(bodyMode === undefined ? {} : { protocol_config: { request_body_mode: bodyMode } }),
  })
}

function checkDecoded(decoded: ProcessingMessage, sample: Request): void {
  assert.equal(decoded.kind, sample.kind)
  assert.deepEqual(new Map(decoded.context.attributes), new Map(Object.entries(sample.attributes).map(([key, of]) => [key, String(of)])))
  for (const [namespace, values] of Object.entries(sample.metadata)) assert.deepEqual(normalized(decoded.context.metadata(namespace)), normalized(values))
  assert.equal(decoded.context.metadata('not there, surely'), undefined)
  const check = checks[decoded.kind]
  check?.(decoded, sample)
}

const checks: Partial<Record<ProcessingMessage['kind'], (decoded: ProcessingMessage, sample: Request) => void>> = {
  request_headers: checkHeaders,
  response_headers: checkHeaders,
  request_body: checkBody,
  response_body: checkBody,
}

function checkHeaders(decoded: ProcessingMessage, { headers, endOfStream, bodyMode }: Request): void {
  assert.ok('headers' in decoded)
  const first = new Map<string, string>()
  const counts = new Map<string, number>()
  for (const { name: key, value: of } of headers) {
    if (!first.has(key)) first.set(key, of)
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  const names = [...decoded.headers.names()]
  assert.deepEqual(new Map(names.map((key) => [key, decoded.headers.get(key)])), first)
  assert.deepEqual(new Map(names.map((key) => [key, decoded.headers.count(key)])), counts)
  assert.equal(decoded.endOfStream, endOfStream)
  assert.equal(decoded.bodyFollows, bodyMode !== 0)
}

function checkBody(decoded: ProcessingMessage, { body, endOfStream }: Request): void {
  assert.ok('body' in decoded)
  assert.equal(decoded.body.equals(body), true)
  assert.equal(decoded.endOfStream, endOfStream)
}

const set = fc.dictionary(name, text, { maxKeys: 5 })
const changes = fc.record({ set, remove: fc.array(name, { maxLength: 3 }) }, { requiredKeys: [] })
const passOf = (kind: MessageKind): fc.Arbitrary<Action> =>
  fc.record(
    {
      kind: fc.constant('pass' as const),
      headers: changes,
      metadata,
      ...(kind.endsWith('body') ? { body: bytes } : {}),
      ...(kind === 'request_headers' || kind === 'request_body' ? { reroute: fc.boolean() } : {}),
      ...(kind === 'response_headers' ? { delivery: fc.constantFrom('buffered' as const, 'streamed' as const, 'none' as const) } : {}),
    },
    { requiredKeys: ['kind'] },
  )
const fill: fc.Arbitrary<Action> = fc.record({ kind: fc.constant('fill' as const), headers: changes, body: bytes, metadata }, { requiredKeys: ['kind', 'headers', 'body'] })
const reply: fc.Arbitrary<Action> = fc.record(
  { kind: fc.constant('reply' as const), status: fc.integer({ min: 200, max: 599 }), headers: set, body: bytes, metadata, details: fc.constantFrom('tollgate_model_not_found', 'with some  spaces') },
  { requiredKeys: ['kind', 'status', 'headers', 'body', 'details'] },
)
const answer = fc.constantFrom(...kinds).chain((kind) => fc.tuple(fc.constant(kind), fc.oneof(passOf(kind), reply, ...(kind === 'response_headers' ? [fill] : []))))

/** What the library should read in the answer, said without looking at how it is encoded. */
function expectedResponse(kind: MessageKind, action: Action): object {
  const top = action.metadata === undefined ? {} : { dynamic_metadata: structMessage(action.metadata) }
  if (action.kind === 'reply') {
    const headers = expectedMutation({ set: action.headers })
    const immediate = { status: { code: action.status }, ...(headers === undefined ? {} : { headers }), ...(action.body.length > 0 ? { body: action.body } : {}), details: action.details.replaceAll(/\s+/g, '_') }
    return { ...top, immediate_response: immediate }
  }
  const mutation = expectedMutation(action.headers ?? {})
  const common = {
    ...(action.kind === 'fill' ? { status: 1 } : {}),
    ...(mutation === undefined ? {} : { header_mutation: mutation }),
    ...(action.body === undefined ? {} : { body_mutation: action.body.length > 0 ? { body: action.body } : { clear_body: true } }),
    ...(action.kind === 'pass' && action.reroute === true ? { clear_route_cache: true } : {}),
  }
  const content = kind.endsWith('trailers') ? (mutation === undefined ? {} : { header_mutation: mutation }) : { response: common }
  const delivery = action.kind === 'pass' ? action.delivery : undefined
  const override = delivery === 'streamed' ? { mode_override: { request_body_mode: 2, response_body_mode: 1 } } : delivery === 'none' ? { mode_override: { request_body_mode: 2, response_body_mode: 0 } } : {}
  return { ...top, ...override, [kind]: content }
}

function expectedMutation({ set: toSet = {}, remove = [] }: { set?: Readonly<Record<string, string>>; remove?: readonly string[] }): object | undefined {
  const options = Object.entries(toSet).map(([key, of]) => ({
    header: of === '' ? { key } : { key, raw_value: Buffer.from(of) },
    append_action: 2,
    ...(of === '' ? { keep_empty_value: true } : {}),
  }))
  if (options.length === 0 && remove.length === 0) return undefined
  return { ...(options.length > 0 ? { set_headers: options } : {}), ...(remove.length > 0 ? { remove_headers: remove } : {}) }
}

/** For comparison: messages as maps without their prototypes, bytes as hex, and no difference between an empty message or list and none. */
function normalized(of: unknown): unknown {
  if (of instanceof Uint8Array) return `bytes ${Buffer.from(of).toString('hex')}`
  if (Array.isArray(of)) return of.map(normalized)
  if (typeof of !== 'object' || of === null) return Object.is(of, -0) ? 0 : of
  return new Map(Object.entries(of).map(([key, each]) => [key, normalized(each)] as const).filter(([, each]) => !isEmpty(each)))
}

function isEmpty(of: unknown): boolean {
  return (of instanceof Map && of.size === 0) || (Array.isArray(of) && of.length === 0)
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, convert: (of: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, of]) => [key, convert(of)]))
}

const STRUCT: MessageFields = { 1: { 2: { 5: { 1: {} }, 6: { 1: {} } } } }
const HEADERS: MessageFields = { 1: { 1: {} } }
/** Which fields of ProcessingRequest hold messages. */
const REQUEST_FIELDS: MessageFields = { 2: HEADERS, 3: HEADERS, 4: {}, 5: {}, 6: HEADERS, 7: HEADERS, 8: { 1: { 2: STRUCT } }, 9: { 2: STRUCT }, 11: {} }

describe('the codec of the external processor', () => {
  it('reads what the .proto files write', () => {
    fc.assert(fc.property(request, (sample) => checkDecoded(decodeProcessingRequest(encodeRequest(sample)), sample)))
  })

  it('writes what the .proto files read', () => {
    fc.assert(
      fc.property(answer, ([kind, action]) => {
        const read = method.responseDeserialize(encodeAction(kind, action))
        assert.deepEqual(normalized(read), normalized(expectedResponse(kind, action)))
      }),
    )
  })

  it('names the case of the answer even when it says nothing', () => {
    for (const kind of kinds) assert.deepEqual(Object.keys(method.responseDeserialize(encodeAction(kind, { kind: 'pass' }))), [kind])
  })

  it('skips what it does not know, wherever it is', () => {
    fc.assert(
      fc.property(request, unknownField, (sample, unknown) => {
        checkDecoded(decodeProcessingRequest(withUnknownFields(encodeRequest(sample), REQUEST_FIELDS, unknown)), sample)
      }),
    )
  })

  it('calls a message unknown when its case is', () => {
    fc.assert(fc.property(unknownField, (unknown) => assert.equal(decodeProcessingRequest(unknown).kind, 'unknown')))
  })

  it('refuses any other bytes with a WireError, and with nothing else', () => {
    const damaged = fc.tuple(request, fc.nat(), fc.integer({ min: 0, max: 255 }), fc.nat()).map(([sample, at, byte, length]) => {
      const encoded = Buffer.from(encodeRequest(sample))
      encoded[at % encoded.length] = byte
      return encoded.subarray(0, length % (encoded.length + 1))
    })
    const garbage = fc.oneof(damaged, fc.uint8Array({ maxLength: 300 }).map((of) => Buffer.from(of)))
    let refused = 0
    fc.assert(
      fc.property(garbage, (of) => {
        try {
          const { context } = decodeProcessingRequest(of)
          context.metadata('tollgate.route')
        } catch (error) {
          assert.ok(error instanceof WireError, String(error))
          refused += 1
        }
      }),
      { numRuns: 2000 },
    )
    assert.ok(refused > 100, `only ${refused} of 2000 were refused`)
  })
})
