// The transport that is grpc-js. It is given connections that were accepted already.

import { Server, ServerCredentials, type ServerInterceptor } from '@grpc/grpc-js'
import type { GrpcTransport, GrpcTransportOptions } from '../core/transport.ts'
import { TakenOverCall } from './grpc-call.ts'

/** HTTP/2's largest value (RFC 9113, 6.5.2): a limit here would only make Envoy open more connections. */
const CONCURRENT_STREAMS = 2 ** 31 - 1
/**
 * Envoy resets every call that it is done with, and Node closes a connection with more than 1,000 resets in a burst and 33 a second
 * after that. These are far beyond what a busy Envoy makes, and still a limit. Node 20 has no such setting: there, Envoy must
 * leave a connection after 900 calls (docs/envoy.md).
 */
const RESET_LIMITS = { streamResetBurst: 1_000_000, streamResetRate: 100_000 } as const
// Flow control windows stay at HTTP/2's 64 KiB: windows of 1 MiB saved neither time nor CPU with bodies of 200 KB and 1 MB.

export function createGrpcJsTransport({ routes, maxMessageBytes, maxQueuedBytes, log }: GrpcTransportOptions): GrpcTransport {
  const takeOver: ServerInterceptor = ({ path }, wire) => {
    const open = routes.get(path)
    // Only methods of `routes` are registered below.
    if (open === undefined) throw new Error(`no route for ${path}`)
    return new TakenOverCall({ path, wire, open, log, maxQueuedBytes })
  }
  const server = new Server({
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_concurrent_streams': CONCURRENT_STREAMS,
    'grpc.enable_channelz': 0,
    interceptors: [takeOver],
  })
  raiseResetLimits(server)
  // Unary and streaming calls are the same on the wire: a stream with one message each way. So every method is served as a stream.
  for (const path of routes.keys()) server.register(path, neverCalled, toBuffer, keepBytes, 'bidi')
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure())
  return {
    accept: (socket) => injector.injectConnection(socket),
    drain: (graceMs) => injector.drain(graceMs),
  }
}

function raiseResetLimits(server: Server): void {
  // grpc-js has no option for them; it passes this object to http2.createServer.
  const internals = server as unknown as { commonServerOptions?: object }
  if (internals.commonServerOptions !== undefined) Object.assign(internals.commonServerOptions, RESET_LIMITS)
}

function toBuffer(message: Uint8Array): Buffer {
  return Buffer.isBuffer(message) ? message : Buffer.from(message.buffer, message.byteOffset, message.byteLength)
}

function keepBytes(message: Buffer): Buffer {
  return message
}

function neverCalled(): void {
  throw new Error('the interceptor takes every call over')
}
