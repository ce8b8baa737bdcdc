// A connection of our own HTTP/2 with a client that writes its frames by hand at the other end.

import type { Socket } from 'node:net'
import type { GrpcRoutes, GrpcTransport } from '../../src/core/transport.ts'
import { createDirectTransport } from '../../src/http2/direct-transport.ts'
import { type LogLine, logToArray } from './log-to-array.ts'
import { RawPeer } from './raw-http2.ts'
import { socketPair } from './socket-pair.ts'

const MIB = 1024 * 1024
/** A test that waits for longer hears that its connection has ended, and can say what it was waiting for. */
const GIVES_UP_MS = 5_000

export interface DirectConnection {
  readonly peer: RawPeer
  readonly transport: GrpcTransport
  /** The server's end of the socket. */
  readonly served: Socket
  readonly lines: readonly LogLine[]
}

/** Runs with a connection and cuts it. The peer has not said anything yet. */
export async function withConnection(routes: GrpcRoutes, run: (connection: DirectConnection) => Promise<void>, { maxMessageBytes = 16 * MIB, maxQueuedBytes = 32 * MIB } = {}): Promise<void> {
  const { log, lines } = logToArray()
  const transport = createDirectTransport({ routes, maxMessageBytes, maxQueuedBytes, log })
  const [client, served] = await socketPair()
  transport.accept(served)
  const givesUp = setTimeout(() => {
    client.destroy()
    served.destroy()
  }, GIVES_UP_MS)
  try {
    await run({ peer: new RawPeer(client), transport, served, lines })
  } finally {
    clearTimeout(givesUp)
    client.destroy()
    served.destroy()
  }
}
