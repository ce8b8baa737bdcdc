// The floor to measure Tollgate against: an ext_proc server on the same transport that asks for the same messages and does nothing with
// them. Run: node noop-server.js <listen address>

import { silentLog } from '../../src/core/log.ts'
import { lengthTag, ProtoReader, varintTag } from '../../src/core/protobuf-wire.ts'
import type { GrpcCall, GrpcCallHandler } from '../../src/core/transport.ts'
import { startGrpcServer } from '../../src/edge/grpc-server.ts'
import { encodeAction } from '../../src/extproc/encode.ts'
import { EXTPROC_METHOD } from '../../src/extproc/service.ts'

/** Oneof cases of ProcessingRequest (protos/envoy/service/ext_proc/v3/external_processor.proto) → the answer that changes nothing. */
const passes: ReadonlyMap<number, Buffer> = new Map([
  [lengthTag(2), encodeAction('request_headers', { kind: 'pass' })],
  [lengthTag(3), encodeAction('response_headers', { kind: 'pass' })],
  [lengthTag(4), encodeAction('request_body', { kind: 'pass' })],
  [lengthTag(5), encodeAction('response_body', { kind: 'pass' })],
])
const RESPONSE_HEADERS = lengthTag(3)
const RESPONSE_BODY = lengthTag(5)
const BODY_END_OF_STREAM = varintTag(2)
const passStreamed = encodeAction('response_headers', { kind: 'pass', delivery: 'streamed' })

function open(call: GrpcCall): GrpcCallHandler {
  return {
    onMessage(bytes) {
      const reader = new ProtoReader(bytes)
      for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
        const pass = passes.get(tag)
        if (pass === undefined) {
          reader.skip()
          continue
        }
        call.send(tag === RESPONSE_HEADERS && bytes.includes('text/event-stream') ? passStreamed : pass)
        if (tag === RESPONSE_BODY && isLast(reader.message())) call.end()
        return
      }
    },
    onHalfClose: () => call.end(),
    onClose: () => undefined,
  }
}

function isLast(body: ProtoReader): boolean {
  for (let tag = body.next(); tag !== 0; tag = body.next()) {
    if (tag === BODY_END_OF_STREAM) return body.bool()
    body.skip()
  }
  return false
}

const [, , address] = process.argv
if (address === undefined) throw new Error('usage: noop-server <unix:/path or host:port>')
const server = await startGrpcServer({ address, routes: new Map([[EXTPROC_METHOD, open]]), maxMessageBytes: 64 * 1024 * 1024, log: silentLog })
process.once('SIGTERM', () => {
  // A profiler writes its results when the process exits by itself.
  void server.close(0).then(() => process.exit(0))
})
