// The admin interface: what Tollgate knows, over HTTP. It shows no secret, and changes something only for those who may.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ListenAddress } from '../config/runtime-config.ts'
import { TollgateError } from '../core/errors.ts'
import { createAdminGuard, type AdminGuard, type AdminGuardOptions } from './admin-guard.ts'
import { type AdminAnswer, type AdminMethod, type AdminPage, type AdminPages, problemAnswer } from './admin-page.ts'
import { listenSocket } from './listen-socket.ts'
import { type JsonBody, readJsonBody } from './read-json-body.ts'

export interface AdminServer {
  /** With the real port when 0 was asked for. */
  readonly address: ListenAddress
  close(): Promise<void>
}

export interface AdminServerOptions extends AdminGuardOptions {
  readonly pages: AdminPages
  readonly onError: (error: unknown) => void
}

/** Until the last byte of a request: its body is at most 1 MiB. */
const REQUEST_TIMEOUT_MS = 30_000
/** What browsers are to do with every answer: keep none, guess no type, show it to no other site, and tell no other site of it. */
const EVERY_ANSWER = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'cross-origin-resource-policy': 'same-origin', 'referrer-policy': 'no-referrer' }

/** Rejects, with a sentence for the operator, when the address cannot be bound. */
export async function startAdminServer({ pages, onError, ...guarded }: AdminServerOptions): Promise<AdminServer> {
  const guard = createAdminGuard(guarded)
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    answerTo({ pages, guard, onError }, request)
      .then((answer) => respond(answer, request, response))
      .catch((error: unknown) => {
        if (!isClientGone(error)) onError(error)
        response.destroy()
      })
  })
  const bound = await listenSocket(server, guarded.address)
  return {
    address: bound,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

interface Answering {
  readonly pages: AdminPages
  readonly guard: AdminGuard
  readonly onError: (error: unknown) => void
}

async function answerTo({ pages, guard, onError }: Answering, request: IncomingMessage): Promise<AdminAnswer> {
  const { path, query } = splitUrl(request.url ?? '/')
  const page = Object.hasOwn(pages, path) ? pages[path] : undefined
  if (page === undefined) return unknownPage(pages)
  const method = readMethod(request.method)
  const handle = method === undefined ? undefined : page[method === 'HEAD' ? 'GET' : method]
  if (method === undefined || handle === undefined) return wrongMethod(page)
  const isReading = method === 'GET' || method === 'HEAD'
  const refusal = page.access === 'open' ? undefined : guard(isReading || page.access === 'read' ? 'read' : 'write', request.headers)
  if (refusal !== undefined) return refusal
  const body: JsonBody = isReading ? { ok: true, value: undefined } : await readJsonBody(request)
  if (!body.ok) return body.refusal
  try {
    return await handle({ method, path, query, body: body.value })
  } catch (thrown) {
    return failedPage(thrown, onError)
  }
}

/** It left while it was still asking, or in the middle of an answer that comes in pieces. */
function isClientGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ECONNRESET' || error.code === 'ERR_STREAM_PREMATURE_CLOSE')
}

function splitUrl(url: string): { readonly path: string; readonly query: URLSearchParams } {
  const at = url.indexOf('?')
  return at === -1 ? { path: url, query: new URLSearchParams() } : { path: url.slice(0, at), query: new URLSearchParams(url.slice(at + 1)) }
}

const METHODS: readonly AdminMethod[] = ['GET', 'HEAD', 'POST', 'DELETE']

function readMethod(method: string | undefined): AdminMethod | undefined {
  return METHODS.find((known) => known === method)
}

function unknownPage(pages: AdminPages): AdminAnswer {
  return problemAnswer({ status: 404, code: 'unknown_page', message: `There is no such page. There are: ${Object.keys(pages).join(' ')}` })
}

function wrongMethod(page: AdminPage): AdminAnswer {
  const allowed = METHODS.filter((method) => page[method === 'HEAD' ? 'GET' : method] !== undefined).join(', ')
  return problemAnswer({ status: 405, code: 'method_not_allowed', message: `This page answers ${allowed}.`, headers: { allow: allowed } })
}

/** What a page throws on purpose says what is wrong with the question; everything else is ours, and its cause is for the log. */
function failedPage(thrown: unknown, onError: (error: unknown) => void): AdminAnswer {
  const error = TollgateError.from(thrown)
  if (error.httpStatus >= 500) onError(thrown)
  const message = error.code === 'internal' ? 'The page could not be made. The log has the cause.' : error.message
  return problemAnswer({ status: error.httpStatus, code: error.code, message })
}

async function respond({ status, contentType, body, headers = {} }: AdminAnswer, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const all = { ...EVERY_ANSWER, 'content-type': contentType, ...headers }
  if (typeof body === 'string') {
    response.writeHead(status, { ...all, 'content-length': Buffer.byteLength(body) }).end(body)
    return
  }
  response.writeHead(status, all)
  if (request.method !== 'HEAD') return pipeline(body, response)
  // A generator that nobody has asked holds nothing yet; a file is open already.
  if (body instanceof Readable) body.destroy()
  response.end()
}
