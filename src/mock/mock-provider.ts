// A provider that costs nothing: what `tollgate up --mock`, the compose file and the tests call instead of OpenAI or Anthropic.
// It keeps exact books of what it served, so that a gateway's books can be held against them.

import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { answerAdmin } from './admin.ts'
import type { MockControl } from './admin.ts'
import { answerRequest, errorAnswer } from './answer-request.ts'
import { createFailurePlan } from './failure-plan.ts'
import type { FailureMode } from './failure-plan.ts'
import { parseInstructions } from './instructions.ts'
import type { Instructions } from './instructions.ts'
import type { MockAnswer } from './mock-answer.ts'
import type { ProviderBehaviour } from './provider-behaviour.ts'
import { providerBehaviours } from './provider-behaviours.ts'
import type { MockApi } from './provider-behaviours.ts'
import { createRequestLog } from './request-log.ts'
import type { RecordedRequest } from './request-log.ts'
import { createServedCounter } from './served-totals.ts'
import type { ServedTotals } from './served-totals.ts'
import { writeAnswer } from './write-answer.ts'
import type { Progress } from './write-answer.ts'

export interface MockProviderOptions {
  readonly api: MockApi
  /** `host:port` (port 0 for a free one) or `unix:/path`. */
  readonly address: string
  /** Whom `x-mock-provider` addresses; the API's name by default. */
  readonly name?: string
  /** Requests without this key get 401; by default any key will do, or none. */
  readonly apiKey?: string
  /** Names for GET /v1/models; every other model is answered too. */
  readonly models?: readonly string[]
  /** Serves https with this certificate; PEM. */
  readonly tls?: { readonly key: string | Buffer; readonly cert: string | Buffer }
  /** How many requests `requests()` remembers; 100 by default. */
  readonly keepRequests?: number
}

export interface MockProvider {
  /** `http://host:port`, `https://host:port` or `unix:/path`. */
  readonly url: string
  /** 0 for a unix socket. */
  readonly port: number
  served(): ServedTotals
  /** The last requests, oldest first. */
  requests(): readonly RecordedRequest[]
  /** A share of all requests fails until this is called with undefined; also POST /mock/failure {status, share, retry_after}. */
  setFailure(mode: FailureMode | undefined): void
  /** Forgets what was served and recorded, and every failure. */
  reset(): void
  /** Ends every connection, and resolves when the port is free. */
  close(): Promise<void>
}

/** Starts listening. Rejects when the address cannot be bound. */
export async function startMockProvider(options: MockProviderOptions): Promise<MockProvider> {
  const behaviour: ProviderBehaviour = providerBehaviours[options.api]
  const name = options.name ?? options.api
  const models = options.models ?? behaviour.models ?? []
  const counter = createServedCounter()
  const log = createRequestLog(options.keepRequests ?? 100)
  const failures = createFailurePlan()
  let lastId = 0
  const reset = (): void => {
    counter.reset()
    log.reset()
    failures.reset()
  }
  const control: MockControl = {
    served: () => counter.totals(),
    requests: () => log.requests(),
    setFailure: (mode) => {
      failures.setMode(mode)
    },
    reset,
  }

  const respond = (request: IncomingMessage, response: ServerResponse, body: Buffer): void => {
    const target = request.url ?? '/'
    const method = request.method ?? 'GET'
    const [path = '', query = ''] = target.split('?', 2)
    if (path.startsWith('/mock/')) {
      answerAdmin(control, { method, path, body }, response)
      return
    }
    lastId += 1
    const id = `mock${String(lastId).padStart(8, '0')}`
    log.record(method, target, request.headers, body)
    const created = { behaviour, id }
    let instructions: Instructions
    try {
      instructions = parseInstructions(request.headers, name)
    } catch (thrown) {
      const answer = errorAnswer(created, 400, thrown instanceof Error ? thrown.message : String(thrown), '')
      response.writeHead(answer.status, { 'content-type': answer.contentType }).end(answer.body)
      return
    }
    const failure = failures.next(instructions)
    if (failure?.what === 'reset') {
      response.destroy()
      return
    }
    const answer = answerRequest(
      { method, path, query, headers: request.headers, body },
      {
        ...created,
        instructions,
        apiKey: options.apiKey,
        models,
        createdSeconds: Math.floor(Date.now() / 1000),
        failure: failure?.what,
      },
    )
    const progress: Progress = { outputTokens: 0 }
    response.once('close', () => {
      if (response.writableFinished) counter.completed(answer)
      else counter.aborted(answer.model, answer.tokens, progress.outputTokens)
    })
    const retryAfter = failure?.retryAfter === undefined ? {} : { 'retry-after': failure.retryAfter }
    send(response, answer, instructions, { [behaviour.requestIdHeader]: `req_${id}`, ...retryAfter }, progress)
  }

  const server = listenOn(options, (request, response) => {
    collectBody(request, (body) => {
      respond(request, response, body)
    })
  })
  const port = await listen(server, options.address)
  const isUnix = options.address.startsWith('unix:')
  const host = options.address.slice(0, options.address.lastIndexOf(':'))
  return {
    url: isUnix ? options.address : `${options.tls === undefined ? 'http' : 'https'}://${host}:${port}`,
    port,
    ...control,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve()
        })
        server.closeAllConnections()
      }),
  }
}

// A failure to write is a bug of the mock or of zlib: the client sees a broken connection, the test its message.
function send(response: ServerResponse, answer: MockAnswer, instructions: Instructions, headers: Readonly<Record<string, string>>, progress: Progress): void {
  writeAnswer(response, answer, instructions, headers, progress).catch((thrown: unknown) => {
    response.destroy(thrown instanceof Error ? thrown : new Error(String(thrown)))
  })
}

function collectBody(request: IncomingMessage, done: (body: Buffer) => void): void {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
  })
  request.on('end', () => {
    const [first] = chunks
    done(chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks))
  })
}

function listenOn(options: MockProviderOptions, handler: (request: IncomingMessage, response: ServerResponse) => void): Server {
  // A gateway keeps connections open for an hour; a server that closes idle ones would race with its next request.
  const settings = { keepAliveTimeout: 0, requestTimeout: 0, noDelay: true, maxHeaderSize: 65_536 }
  return options.tls === undefined ? createServer(settings, handler) : createTlsServer({ ...settings, ...options.tls }, handler)
}

function listen(server: Server, address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    const onListening = (): void => {
      server.off('error', reject)
      const bound = server.address()
      resolve(bound !== null && typeof bound === 'object' ? bound.port : 0)
    }
    if (address.startsWith('unix:')) {
      server.listen(address.slice('unix:'.length), onListening)
      return
    }
    const colon = address.lastIndexOf(':')
    server.listen(Number(address.slice(colon + 1)), address.slice(0, colon).replace(/^\[(.*)\]$/, '$1'), onListening)
  })
}
