// The mock's own endpoints, for tests that talk to it from another process.

import type { ServerResponse } from 'node:http'
import type { FailureMode } from './failure-plan.ts'
import { isObject } from './json-object.ts'
import type { RecordedRequest } from './request-log.ts'
import type { ServedTotals } from './served-totals.ts'

export interface MockControl {
  served(): ServedTotals
  requests(): readonly RecordedRequest[]
  setFailure(mode: FailureMode | undefined): void
  reset(): void
}

/**
 * GET /mock/served, GET /mock/requests, GET /mock/health, POST /mock/reset, and POST /mock/failure with {status, share, retry_after}
 * (status: a number, "reset" or a list of them; share 1 and no retry_after when unsaid) or {} to end it.
 */
export function answerAdmin(control: MockControl, request: { readonly method: string; readonly path: string; readonly body: Buffer }, response: ServerResponse): void {
  switch (`${request.method} ${request.path}`) {
    case 'GET /mock/served':
      return sendJson(response, 200, control.served())
    case 'GET /mock/requests':
      return sendJson(response, 200, control.requests())
    case 'GET /mock/health':
      return sendJson(response, 200, { status: 'ok' })
    case 'POST /mock/reset':
      control.reset()
      return sendJson(response, 200, {})
    case 'POST /mock/failure':
      return setFailure(control, request.body, response)
    default:
      return sendJson(response, 404, { error: `no ${request.method} ${request.path}` })
  }
}

function setFailure(control: MockControl, body: Buffer, response: ServerResponse): void {
  try {
    const wanted: unknown = JSON.parse(body.toString('utf8'))
    if (!isObject(wanted)) throw new RangeError('expected an object')
    control.setFailure(readMode(wanted))
    sendJson(response, 200, {})
  } catch (thrown) {
    sendJson(response, 400, { error: thrown instanceof Error ? thrown.message : String(thrown) })
  }
}

function readMode({ status, share, retry_after: retryAfter }: Readonly<Record<string, unknown>>): FailureMode | undefined {
  if (status === undefined) return undefined
  const kinds = (Array.isArray(status) ? status : [status]).map((kind: unknown) => (kind === 'reset' ? kind : Number(kind)))
  const hint = typeof retryAfter === 'string' || typeof retryAfter === 'number' ? { retryAfter: String(retryAfter) } : {}
  return { status: kinds, share: share === undefined ? 1 : Number(share), ...hint }
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
