// The admin interface: health and metrics over HTTP, on loopback. It shows no secret and changes nothing.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { ListenAddress } from '../config/runtime-config.ts'
import { listenSocket } from './listen-socket.ts'

export interface AdminPage {
  readonly status: number
  readonly contentType: string
  readonly body: string
}
/** Path → page, made anew per request. */
export type AdminPages = Readonly<Record<string, () => AdminPage | Promise<AdminPage>>>

export interface AdminServer {
  /** With the real port when 0 was asked for. */
  readonly address: ListenAddress
  close(): Promise<void>
}

export interface AdminServerOptions {
  readonly address: ListenAddress
  readonly pages: AdminPages
  readonly onError: (error: unknown) => void
}

/** Rejects, with a sentence for the operator, when the address cannot be bound. */
export async function startAdminServer({ address, pages, onError }: AdminServerOptions): Promise<AdminServer> {
  const server = createServer((request, response) => {
    serve(pages, request, response).catch((error: unknown) => {
      onError(error)
      respond(response, { status: 500, contentType: 'text/plain', body: 'The page could not be made. The log has the cause.\n' })
    })
  })
  const bound = await listenSocket(server, address)
  return {
    address: bound,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function serve(pages: AdminPages, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = (request.url ?? '/').split('?')[0] ?? '/'
  const page = Object.hasOwn(pages, path) ? pages[path] : undefined
  if (page === undefined) return respond(response, { status: 404, contentType: 'text/plain', body: `Unknown page. Known: ${Object.keys(pages).join(' ')}\n` })
  if (request.method !== 'GET' && request.method !== 'HEAD') return respond(response, { status: 405, contentType: 'text/plain', body: 'Only GET and HEAD.\n' })
  respond(response, await page())
}

function respond(response: ServerResponse, { status, contentType, body }: AdminPage): void {
  if (response.headersSent) return
  response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(body), 'cache-control': 'no-store' })
  response.end(body)
}
