// What is kept of an API key: whose it is and what it may be used for. Never the key itself.

import { isObject } from '../core/is-object.ts'
import { isApiKeyId } from './api-key.ts'
import { isIdentity } from './identity.ts'

export interface KeyRecord {
  readonly id: string
  /** SHA-256 of the key, 64 hex digits. */
  readonly hash: string
  readonly attributes: ReadonlyMap<string, string>
  /** Patterns of the models it may be used for; undefined: every model. */
  readonly models: readonly string[] | undefined
  /** Milliseconds since the Unix epoch. */
  readonly createdAtMs: number
  /** Undefined: it does not expire. */
  readonly expiresAtMs: number | undefined
  /** Undefined: it is not revoked. */
  readonly revokedAtMs: number | undefined
}

/** Record → the plain object that is stored, times as ISO 8601. */
export function encodeKeyRecord(record: KeyRecord): object {
  return {
    id: record.id,
    hash: record.hash,
    attributes: Object.fromEntries(record.attributes),
    ...(record.models === undefined ? {} : { models: record.models }),
    created: formatTime(record.createdAtMs),
    ...(record.expiresAtMs === undefined ? {} : { expires: formatTime(record.expiresAtMs) }),
    ...(record.revokedAtMs === undefined ? {} : { revoked: formatTime(record.revokedAtMs) }),
  }
}

const FIELDS = new Set(['id', 'hash', 'attributes', 'models', 'created', 'expires', 'revoked'])

/**
 * The stored object → record. Throws an Error that says what is wrong, and repeats nothing but names. Unknown fields are refused: who
 * wrote `expire:` by hand believes that the key ends.
 */
export function decodeKeyRecord(value: unknown): KeyRecord {
  if (!isObject(value)) throw new Error('a key is not a mapping')
  const { id, hash, attributes, models } = value
  if (typeof id !== 'string' || !isApiKeyId(id)) throw new Error('a key has no valid id')
  const fail = (what: string): Error => new Error(`the key ${id} ${what}`)
  const unknown = Object.keys(value).find((name) => !FIELDS.has(name))
  if (unknown !== undefined) throw fail(`has the unknown field ${JSON.stringify(unknown)}`)
  if (typeof hash !== 'string' || !/^[0-9a-f]{64}$/.test(hash)) throw fail('has no valid hash (64 hex digits)')
  if (models !== undefined && !isTexts(models)) throw fail('has models that are no list of names')
  return {
    id,
    hash,
    attributes: decodeAttributes(attributes, fail),
    models,
    createdAtMs: decodeTime(value['created']) ?? 0,
    expiresAtMs: requireTime(value, 'expires', fail),
    revokedAtMs: requireTime(value, 'revoked', fail),
  }
}

function decodeAttributes(value: unknown, fail: (what: string) => Error): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>()
  if (!isObject(value)) throw fail('has no attributes')
  for (const [name, text] of Object.entries(value)) {
    if (typeof text !== 'string' || !isIdentity(text)) throw fail(`has an attribute ${JSON.stringify(name)} that cannot be an identity`)
    attributes.set(name, text)
  }
  return attributes
}

// A date that cannot be read must not mean "never".
function requireTime(value: Readonly<Record<string, unknown>>, name: string, fail: (what: string) => Error): number | undefined {
  if (value[name] === undefined) return undefined
  const time = decodeTime(value[name])
  if (time === undefined) throw fail(`has a time in "${name}" that cannot be read (2027-01-31T00:00:00Z)`)
  return time
}

function decodeTime(value: unknown): number | undefined {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isNaN(time) ? undefined : time
}

function formatTime(timeMs: number): string {
  return new Date(timeMs).toISOString()
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}
