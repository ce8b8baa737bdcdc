// Round trips with a generic protobuf library are in test/property/extproc-codec.test.ts; here are the decisions.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WireError } from '../core/protobuf-wire.ts'
import { ProtoWriter } from '../core/protobuf-writer.ts'
import { encodeStruct, type StructInput } from '../core/struct.ts'
import { decodeProcessingRequest } from './decode.ts'

function message(write: (writer: ProtoWriter) => void): Buffer {
  const writer = new ProtoWriter()
  write(writer)
  return writer.finish()
}

/** An HttpHeaders message in the oneof case `field`. */
function headersMessage(field: number, values: readonly { key: string; value?: string; rawValue?: Buffer }[]): Buffer {
  return message((writer) => {
    writer.begin(field)
    writer.begin(1)
    for (const { key, value, rawValue } of values) {
      writer.begin(1)
      writer.string(1, key)
      if (value !== undefined) writer.string(2, value)
      if (rawValue !== undefined) writer.bytes(3, rawValue)
      writer.end()
    }
    writer.end()
    writer.bool(3, true)
    writer.end()
  })
}

/** Map entries from text to Struct, as in `attributes` and in core.v3.Metadata. */
function structMap(writer: ProtoWriter, field: number, map: Readonly<Record<string, { [key: string]: StructInput }>>): void {
  for (const [key, struct] of Object.entries(map)) {
    writer.begin(field)
    writer.string(1, key)
    writer.begin(2)
    encodeStruct(writer, struct)
    writer.end()
    writer.end()
  }
}

function decodeHeaders(bytes: Buffer) {
  const decoded = decodeProcessingRequest(bytes)
  assert.ok(decoded.kind === 'request_headers' || decoded.kind === 'response_headers')
  return decoded
}

test('reads header values from raw_value, else from value, and keeps repeated names apart', () => {
  const { kind, headers, endOfStream } = decodeHeaders(
    headersMessage(2, [
      { key: ':path', rawValue: Buffer.from('/v1/chat/completions') },
      { key: 'x-old', value: 'old' },
      { key: 'x-team', rawValue: Buffer.from('a'), value: 'ignored' },
      { key: 'x-team', rawValue: Buffer.from('b') },
      { key: 'x-empty' },
    ]),
  )
  assert.equal(kind, 'request_headers')
  assert.equal(endOfStream, true)
  assert.equal(headers.get(':path'), '/v1/chat/completions')
  assert.equal(headers.get('x-old'), 'old')
  assert.equal(headers.get('x-team'), 'a')
  assert.equal(headers.count('x-team'), 2)
  assert.equal(headers.get('x-empty'), '')
})

test('a header value is UTF-8, or Latin-1 when it cannot be UTF-8', () => {
  const { headers } = decodeHeaders(
    headersMessage(3, [
      { key: 'x-utf8', rawValue: Buffer.from('café') },
      { key: 'x-latin1', rawValue: Buffer.from('café', 'latin1') },
    ]),
  )
  assert.equal(headers.get('x-utf8'), 'café')
  assert.equal(headers.get('x-latin1'), 'café')
})

test('a body is a view on the message, not a copy', () => {
  const bytes = message((writer) => {
    writer.begin(5)
    writer.bytes(1, Buffer.from('data: {}\n\n'))
    writer.bool(2, true)
    writer.end()
  })
  const decoded = decodeProcessingRequest(bytes)
  assert.ok(decoded.kind === 'response_body')
  assert.equal(decoded.body.toString(), 'data: {}\n\n')
  assert.equal(decoded.body.buffer, bytes.buffer)
  assert.equal(decoded.endOfStream, true)
})

test('attributes are text, and only those of the filter', () => {
  const bytes = message((writer) => {
    writer.begin(2)
    writer.end()
    structMap(writer, 9, {
      'envoy.filters.http.ext_proc': { "xds.upstream_host_metadata.filter_metadata['tollgate.backend']['name']": 'openai', 'upstream.request_attempt_count': 2, ok: true, none: null },
      other: { name: 'nobody' },
    })
  })
  assert.deepEqual([...decodeProcessingRequest(bytes).context.attributes], [
    ["xds.upstream_host_metadata.filter_metadata['tollgate.backend']['name']", 'openai'],
    ['upstream.request_attempt_count', '2'],
    ['ok', 'true'],
  ])
})

test('protocol_config tells whether a body follows, as Envoys 1.37.0 and 1.40.0 send it', () => {
  const first = (protocolConfig: string) => Buffer.from(`12020a00${protocolConfig}`, 'hex')
  // request_body_mode NONE is the zero that proto3 leaves out, so the message is there and empty.
  assert.equal(decodeHeaders(first('5a00')).bodyFollows, false)
  assert.equal(decodeHeaders(first('5a020802')).bodyFollows, true)
  assert.equal(decodeHeaders(first('')).bodyFollows, true, 'an Envoy that does not say')
})

test('reads a message as Envoy 1.40.0 sent it', () => {
  // response_headers { headers { headers { key: ":status" raw_value: "200" } } end_of_stream: true } metadata_context {}
  const { kind, headers, endOfStream } = decodeHeaders(Buffer.from('1a140a100a0e0a073a7374617475731a0332303018014200', 'hex'))
  assert.equal(kind, 'response_headers')
  assert.equal(headers.get(':status'), '200')
  assert.equal(endOfStream, true)
})

test('metadata is found by namespace, each time it is asked for', () => {
  const bytes = message((writer) => {
    writer.begin(8)
    structMap(writer, 1, { 'io.envoy.ai_gateway': { model: 'fast' }, 'tollgate.route': { path: '/v1/messages' } })
    writer.end()
    writer.begin(4)
    writer.end()
  })
  const { context } = decodeProcessingRequest(bytes)
  assert.equal(context.metadata('tollgate.route')?.['path'], '/v1/messages')
  assert.equal(context.metadata('io.envoy.ai_gateway')?.['model'], 'fast')
  assert.equal(context.metadata('absent'), undefined)
  assert.equal(context.metadata('tollgate.route')?.['path'], '/v1/messages')
})

test('a message without metadata has none', () => {
  const { context } = decodeProcessingRequest(message((writer) => writer.bytes(6, Buffer.alloc(0))))
  assert.equal(context.metadata('tollgate.route'), undefined)
  assert.equal(context.attributes.size, 0)
})

test('a oneof case of the future is unknown, also beside fields that are known', () => {
  assert.equal(decodeProcessingRequest(Buffer.alloc(0)).kind, 'unknown')
  const future = message((writer) => {
    writer.bytes(42, Buffer.from('future'))
    writer.bool(10, true)
  })
  assert.equal(decodeProcessingRequest(future).kind, 'unknown')
})

test('malformed bytes are a WireError', () => {
  assert.throws(() => decodeProcessingRequest(Buffer.from('1205', 'hex')), WireError)
  assert.throws(() => decodeProcessingRequest(Buffer.from('not protobuf at all')), WireError)
})
