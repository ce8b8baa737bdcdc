// HTTP/2 spoken on the socket itself, in the place of grpc-js.

import type { GrpcTransport, GrpcTransportOptions } from '../core/transport.ts'
import { Connection } from './connection.ts'

export function createDirectTransport(options: GrpcTransportOptions): GrpcTransport {
  const connections = new Set<Connection>()
  return {
    accept: (socket) => {
      const connection = new Connection({ ...options, socket })
      connections.add(connection)
      socket.once('close', () => connections.delete(connection))
    },
    drain: (graceMs) => {
      for (const connection of connections) connection.drain()
      setTimeout(() => {
        for (const connection of connections) connection.cut()
      }, graceMs).unref()
    },
  }
}
