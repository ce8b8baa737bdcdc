// The admin interface: health and metrics over HTTP, on loopback. It shows no secret and changes nothing.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface AdminPage {
  readonly status: number
  readonly contentType: string
  readonly body: string
}
/** Path → page, made anew per request. */
export type AdminPages = Readonly<Record<string, () => AdminPage | Promise<AdminPage>>>

export interface AdminServer {
  /** `host:port`, with the real port when 0 was asked for. */
  readonly address: string
  close(): Promise<void>
}

export interface AdminServerOptions {
  readonly host: string
  readonly port: number
  readonly pages: AdminPages
  readonly onError: (error: unknown) => void
}

/** Rejects when the address cannot be bound (`error.code` is Node's). */
export async function startAdminServer({ host, port, pages, onError }: AdminServerOptions): Promise<AdminServer> {
  const server = createServer((request, response) => {
    serve(pages, request, response).catch((error: unknown) => {
      onError(error)
      respond(response, { status: 500, contentType: 'text/plain', body: 'The page could not be made. The log has the cause.\n' })
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  // A TCP server that listens has an AddressInfo, never a string or null.
  const bound = server.address() as AddressInfo
  return {
    address: `${host.includes(':') ? `[${host}]` : host}:${bound.port}`,
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
