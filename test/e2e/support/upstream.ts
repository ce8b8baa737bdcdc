// A tiny provider: answers what the test says and remembers what it was asked.

import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'

export interface SeenRequest {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** `bodyAfterMs`: the headers come at once. `reset` breaks the connection instead of answering, `silent` says nothing at all. */
export type Behaviour =
  | { readonly status: number; readonly body?: string; readonly headers?: Readonly<Record<string, string>>; readonly bodyAfterMs?: number }
  | 'reset'
  | 'silent'

export interface Upstream {
  readonly port: number
  readonly seen: SeenRequest[]
  /** What to answer from now on. */
  behaviour: Behaviour
  close(): Promise<void>
}

export async function startUpstream(behaviour: Behaviour = { status: 200 }, tls?: { readonly key: string; readonly cert: string }): Promise<Upstream> {
  const server: Server = tls === undefined ? createServer() : createTlsServer(tls)
  const seen: SeenRequest[] = []
  const upstream = { port: 0, seen, behaviour, close: async (): Promise<void> => closeServer(server) }
  server.on('request', (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      seen.push({ path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString() })
      const now = upstream.behaviour
      if (now === 'reset') {
        request.socket.destroy()
        return
      }
      if (now === 'silent') return
      response.writeHead(now.status, { 'content-type': 'application/json', ...now.headers })
      if (now.bodyAfterMs === undefined) response.end(now.body ?? '{}')
      else {
        response.flushHeaders()
        setTimeout(() => response.end(now.body ?? '{}'), now.bodyAfterMs)
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // `listen` on a TCP port gives an AddressInfo; only pipes give a string.
  upstream.port = (server.address() as AddressInfo).port
  return upstream
}

/** A port on which nothing listens: bound once and given back. */
export async function closedPort(): Promise<number> {
  const upstream = await startUpstream()
  await upstream.close()
  return upstream.port
}

async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise<void>((resolve) => server.close(() => resolve()))
}
