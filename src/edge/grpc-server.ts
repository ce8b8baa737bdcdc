// Listens for gRPC: the socket is ours, and its connections are handed to one of the transports, so that a unix socket is treated with
// care and closing leaves no connection behind.

import { createServer, type Server as NetServer, type Socket } from 'node:net'
import type { ListenAddress } from '../config/runtime-config.ts'
import type { GrpcServer, GrpcTransport, GrpcTransportOptions, TransportName } from '../core/transport.ts'
import { createDirectTransport } from '../http2/direct-transport.ts'
import { createGrpcJsTransport } from './grpc-js-transport.ts'
import { listenSocket } from './listen-socket.ts'

/** How long the goodbyes of a forced close may take before the sockets are cut. */
const FORCED_CLOSE_MS = 100

export interface GrpcServerOptions extends Omit<GrpcTransportOptions, 'maxQueuedBytes'> {
  readonly address: ListenAddress
  readonly transport: TransportName
}

/** Starts serving. Rejects with a sentence for the operator when the address cannot be bound. */
export async function startGrpcServer({ address, transport: name, routes, maxMessageBytes, log }: GrpcServerOptions): Promise<GrpcServer> {
  const create = name === 'direct' ? createDirectTransport : createGrpcJsTransport
  // One message may be on its way and another of the same size behind it.
  const transport: GrpcTransport = create({ routes, maxMessageBytes, maxQueuedBytes: 2 * maxMessageBytes, log })
  const sockets = new Set<Socket>()
  const listener = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    transport.accept(socket)
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
    transport.drain(graceMs)
    const force = setTimeout(() => {
      for (const socket of sockets) socket.destroy()
    }, graceMs + FORCED_CLOSE_MS)
    await closed
    clearTimeout(force)
  }
}

function closeListener(listener: NetServer): Promise<void> {
  return new Promise((resolve) => {
    listener.close(() => resolve())
  })
}
