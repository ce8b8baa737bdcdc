// The transport: core/transport.ts on grpc-js. The listening socket is ours and its connections are handed to grpc-js, so that a unix
// socket is treated with care and closing leaves no connection behind.

import { Server, ServerCredentials, type ServerInterceptor } from '@grpc/grpc-js'
import { createServer, type Server as NetServer, type Socket } from 'node:net'
import type { ListenAddress } from '../config/runtime-config.ts'
import type { Log } from '../core/log.ts'
import type { GrpcRoutes, GrpcServer } from '../core/transport.ts'
import { TakenOverCall } from './grpc-call.ts'
import { listenSocket } from './listen-socket.ts'

/** HTTP/2's largest value (RFC 9113, 6.5.2): a limit here would only make Envoy open more connections. */
const CONCURRENT_STREAMS = 2 ** 31 - 1
/**
 * Envoy resets every call that it is done with, and Node closes a connection with more than 1,000 resets in a burst and 33 a second
 * after that. These are far beyond what a busy Envoy makes, and still a limit. Node 20 has no such setting: there, Envoy must
 * leave a connection after 900 calls (docs/envoy.md).
 */
const RESET_LIMITS = { streamResetBurst: 1_000_000, streamResetRate: 100_000 } as const
// Flow control windows stay at HTTP/2's 64 KiB: windows of 1 MiB saved neither time nor CPU with bodies of 200 KB and 1 MB.

/** How long the goodbyes of a forced close may take before the sockets are cut. */
const FORCED_CLOSE_MS = 100

export interface GrpcServerOptions {
  readonly address: ListenAddress
  readonly routes: GrpcRoutes
  /** Largest message that is accepted, in bytes; a call with a larger one ends with RESOURCE_EXHAUSTED. */
  readonly maxMessageBytes: number
  readonly log: Log
}

/** Starts serving. Rejects with a sentence for the operator when the address cannot be bound. */
export async function startGrpcServer({ address, routes, maxMessageBytes, log }: GrpcServerOptions): Promise<GrpcServer> {
  const server = createGrpc({ routes, maxMessageBytes, log })
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure())
  const sockets = new Set<Socket>()
  const listener = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    injector.injectConnection(socket)
  })
  const bound = await listenSocket(listener, address)
  listener.on('error', (err) => log.error({ address: bound, err }, 'The gRPC listener failed.'))
  let closing: Promise<void> | undefined
  return {
    address: bound,
    close: (graceMs) => (closing ??= close(graceMs)),
  }

  async function close(graceMs: number): Promise<void> {
    const closed = closeListener(listener)
    injector.drain(graceMs)
    const force = setTimeout(() => {
      for (const socket of sockets) socket.destroy()
    }, graceMs + FORCED_CLOSE_MS)
    await closed
    clearTimeout(force)
  }
}

function createGrpc({ routes, maxMessageBytes, log }: Omit<GrpcServerOptions, 'address'>): Server {
  const takeOver: ServerInterceptor = ({ path }, wire) => {
    const open = routes.get(path)
    // Only methods of `routes` are registered below.
    if (open === undefined) throw new Error(`no route for ${path}`)
    // One message may be on its way and another of the same size behind it.
    return new TakenOverCall({ path, wire, open, log, maxQueuedBytes: 2 * maxMessageBytes })
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
  return server
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

function closeListener(listener: NetServer): Promise<void> {
  return new Promise((resolve) => {
    listener.close(() => resolve())
  })
}
