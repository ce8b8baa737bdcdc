// The record of a presented key → the caller, or why not. Only who has the whole key learns that it expired or was revoked.

import type { CallerKeys } from '../config/runtime-config.ts'
import { TollgateError } from '../core/errors.ts'
import type { Caller } from './caller.ts'
import type { KeyRecord } from './key-record.ts'

/** The attribute that every key has: its id, so that logs and limits can name it. */
export const KEY_ID_ATTRIBUTE = 'key_id'

/** `nowMs`: milliseconds since the Unix epoch. Throws TollgateError `caller_unknown`. */
export function checkKey(source: CallerKeys, record: KeyRecord | undefined, nowMs: number): Caller {
  if (record === undefined) throw new TollgateError('caller_unknown', 'This API key is unknown here.')
  if (record.revokedAtMs !== undefined) throw new TollgateError('caller_unknown', `The API key ${record.id} was revoked.`)
  if (record.expiresAtMs !== undefined && record.expiresAtMs <= nowMs) {
    throw new TollgateError('caller_unknown', `The API key ${record.id} expired on ${new Date(record.expiresAtMs).toISOString().slice(0, 10)}.`)
  }
  // A name that the configuration does not know could be that of a cost, and overwrite it in the metadata.
  const attributes = new Map([...record.attributes].filter(([name]) => source.attributes.has(name)))
  attributes.set(KEY_ID_ATTRIBUTE, record.id)
  return { attributes, allowLists: [source.models, record.models].filter((list) => list !== undefined) }
}
