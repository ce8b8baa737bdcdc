// Headers of answers that more than one step sets.

import type { Action } from './action.ts'

type Reply = Extract<Action, { readonly kind: 'reply' }>

/** Ours for the exchange, so that a client can name it: in the log, in the ledger and to `tollgate explain`. */
export const EXCHANGE_ID_HEADER = 'x-tollgate-exchange-id'

export function jsonHeaders(body: Buffer): Record<string, string> {
  return { 'content-type': 'application/json', 'content-length': String(body.length) }
}

export function withExchangeId(reply: Reply, id: string): Reply {
  return { ...reply, headers: { ...reply.headers, [EXCHANGE_ID_HEADER]: id } }
}
