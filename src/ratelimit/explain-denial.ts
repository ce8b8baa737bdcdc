// What a client that was refused gets to read: which of its limits, how much of it is used, and when to come back.
// It names only the caller's own descriptors.

import { errorKinds } from '../core/errors.ts'
import type { Denial } from './decide.ts'

export interface DenialInput {
  /** Never empty. */
  readonly denials: readonly Denial[]
  /** What a hit is: the name of the cost that the limit file counts. */
  readonly costName: string
}

export interface DenialAnswer {
  /** For people and logs. */
  readonly message: string
  /** In OpenAI's error format; the request stage converts it for clients of other formats. */
  readonly body: string
  readonly headers: readonly { readonly name: string; readonly value: string }[]
}

/** SDKs retry a 429 by themselves, after at most about this long: further away it would only be refused again. */
const longestWorthRetryingSeconds = 60
/** Longest part of a descriptor's value that is repeated. */
const maxShownCharacters = 100

const grouped = new Intl.NumberFormat('en-US')

function shownValue(value: string): string {
  // A value is whatever the client sent: no control characters into the message.
  const printable = value.replace(/[^\P{C}]/gu, '\u{fffd}')
  return printable.length > maxShownCharacters ? `${printable.slice(0, maxShownCharacters)}…` : printable
}

function explainOne({ entries, rule, used, resetSeconds }: Denial, costName: string): string {
  const who = entries.map(({ key, value }) => (value === '' ? key : `${key}=${shownValue(value)}`)).join(', ')
  const amounts = `${grouped.format(used)} of ${grouped.format(rule.requestsPerUnit)} ${costName} per ${rule.unit}`
  return `Rate limit reached for ${who}: ${amounts} used. It resets in ${String(resetSeconds)} s.`
}

/** The 429's body and headers. `retry-after` is the largest reset of the limits that are over. */
export function explainDenial({ denials, costName }: DenialInput): DenialAnswer {
  const message = denials.map((denial) => explainOne(denial, costName)).join(' ')
  const { openaiType, openaiCode } = errorKinds.rate_limited
  const retryAfterSeconds = Math.max(...denials.map(({ resetSeconds }) => resetSeconds))
  const headers = [
    { name: 'content-type', value: 'application/json' },
    { name: 'retry-after', value: String(retryAfterSeconds) },
  ]
  if (retryAfterSeconds > longestWorthRetryingSeconds) headers.push({ name: 'x-should-retry', value: 'false' })
  return { message, body: JSON.stringify({ error: { message, type: openaiType, param: null, code: openaiCode } }), headers }
}
