// The floors to measure Tollgate against: an ext_proc server that asks for the same messages and does nothing with them, on grpc-js as Tollgate uses it,
// with --direct on our own HTTP/2 or, with --handler, as grpc-js has it in its documentation. With --answers, the least that a processor must do that routes and counts: it
// decodes every message and sends what Tollgate sends, but always the same, made once. Run: node noop-server.js <listen address> [--direct | --handler | --answers]

import { Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js'
import { silentLog } from '../../src/core/log.ts'
import { lengthTag, ProtoReader, varintTag } from '../../src/core/protobuf-wire.ts'
import type { GrpcCall, GrpcCallHandler, TransportName } from '../../src/core/transport.ts'
import { startGrpcServer } from '../../src/edge/grpc-server.ts'
import type { PassAction } from '../../src/exchange/action.ts'
import { decodeProcessingRequest } from '../../src/extproc/decode.ts'
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

interface Replies {
  send(message: Buffer): void
  end(): void
}

function answer(bytes: Buffer, replies: Replies): void {
  const reader = new ProtoReader(bytes)
  for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
    const pass = passes.get(tag)
    if (pass === undefined) {
      reader.skip()
      continue
    }
    replies.send(tag === RESPONSE_HEADERS && bytes.includes('text/event-stream') ? passStreamed : pass)
    if (tag === RESPONSE_BODY && isLast(reader.message())) replies.end()
    return
  }
}

const served = { 'x-tollgate-exchange-id': '6f1b0c52-94d3-4a0e-8f3e-9a2d64f0f1d7', 'x-ai-provider': 'mock', 'x-tollgate-model': 'bench', 'x-tollgate-attempts': '1' }
const charged: PassAction['metadata'] = { 'io.envoy.ai_gateway': { user: 'bench-user', model: 'bench', exchange_id: served['x-tollgate-exchange-id'], llm_total_token: 300 } }
const route = { priority_groups: [{ name: 'mock' }], steps: [{ provider: 'mock', model: 'bench' }], path: '/v1/chat/completions', content_length: 1024 }
const sent = {
  request_body: encodeAction('request_body', {
    kind: 'pass',
    headers: { set: { 'x-ai-eg-model': 'bench', 'x-tollgate-chain': 'mock', 'x-envoy-max-retries': '0', 'accept-encoding': 'identity' }, remove: ['authorization', 'x-user-id'] },
    metadata: { ...charged, 'tollgate.route': route },
    reroute: true,
  }),
  stream_headers: encodeAction('response_headers', { kind: 'pass', headers: { set: served, remove: ['content-length'] }, delivery: 'streamed' }),
  chunk: encodeAction('response_body', { kind: 'pass', metadata: charged }),
  json: encodeAction('response_body', { kind: 'pass', headers: { set: { ...served, 'x-ai-gateway-tokens-used': '300' } }, metadata: charged }),
}

function answerAlike(bytes: Buffer, replies: Replies, streams: boolean): boolean {
  const message = decodeProcessingRequest(bytes)
  switch (message.kind) {
    case 'request_body':
      replies.send(sent.request_body)
      return false
    case 'response_headers': {
      const isStream = message.headers.get('content-type')?.startsWith('text/event-stream') === true
      replies.send(isStream ? sent.stream_headers : encodeAction(message.kind, { kind: 'pass' }))
      return isStream
    }
    case 'response_body':
      replies.send(streams ? (message.endOfStream ? sent.chunk : encodeAction(message.kind, { kind: 'pass' })) : sent.json)
      if (message.endOfStream) replies.end()
      return streams
    case 'unknown':
      throw new Error('Envoy sent a message of an unknown kind.')
    default:
      replies.send(encodeAction(message.kind, { kind: 'pass' }))
      return false
  }
}

function openAlike(call: GrpcCall): GrpcCallHandler {
  let streams = false
  const onMessage = (bytes: Buffer): void => {
    streams = answerAlike(bytes, call, streams)
  }
  return { onMessage, onHalfClose: () => call.end(), onClose: () => undefined }
}

function open(call: GrpcCall): GrpcCallHandler {
  return { onMessage: (bytes) => answer(bytes, call), onHalfClose: () => call.end(), onClose: () => undefined }
}

function isLast(body: ProtoReader): boolean {
  for (let tag = body.next(); tag !== 0; tag = body.next()) {
    if (tag === BODY_END_OF_STREAM) return body.bool()
    body.skip()
  }
  return false
}

/** The ordinary way: a stream object for each call. */
async function startHandlers(target: string): Promise<() => void> {
  const keep = (bytes: Buffer): Buffer => bytes
  const server = new Server({ 'grpc.max_receive_message_length': MAX_MESSAGE_BYTES })
  server.addService(
    { process: { path: EXTPROC_METHOD, requestStream: true, responseStream: true, requestSerialize: keep, requestDeserialize: keep, responseSerialize: keep, responseDeserialize: keep } },
    {
      process(stream: ServerDuplexStream<Buffer, Buffer>) {
        const replies: Replies = { send: (message) => void stream.write(message), end: () => void stream.end() }
        stream.on('data', (bytes: Buffer) => answer(bytes, replies))
        stream.on('end', () => stream.end())
        stream.on('error', () => undefined)
      },
    },
  )
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(target, ServerCredentials.createInsecure(), (error) => (error === null ? resolve() : reject(error)))
  })
  return () => server.forceShutdown()
}

async function startOurs(listen: string, transport: TransportName, handle: (call: GrpcCall) => GrpcCallHandler): Promise<() => Promise<void>> {
  const server = await startGrpcServer({ address: listen, transport, routes: new Map([[EXTPROC_METHOD, handle]]), maxMessageBytes: MAX_MESSAGE_BYTES, log: silentLog })
  return () => server.close(0)
}

const MAX_MESSAGE_BYTES = 64 * 1024 * 1024
const [, , address, flag] = process.argv
if (address === undefined) throw new Error('usage: noop-server <unix:/path or host:port> [--handler | --answers]')
const close = await (flag === '--handler' ? startHandlers(address) : startOurs(address, flag === '--direct' ? 'direct' : 'grpc-js', flag === '--answers' ? openAlike : open))
process.once('SIGTERM', () => {
  // A profiler writes its results when the process exits by itself.
  void Promise.resolve(close()).then(() => process.exit(0))
})
