// Finds the caller. A source is trusted as configured; an ambiguous identity is refused, never guessed.

import type { CallerHeaders, CallerSource } from '../config/runtime-config.ts'
import { assertNever, TollgateError } from '../core/errors.ts'
import type { Headers } from '../core/headers.ts'
import { anonymousCaller, type Caller } from './caller.ts'

/** Longest identity value accepted, in characters: it becomes part of counter keys and of log lines. */
const MAX_ATTRIBUTE_LENGTH = 256

/**
 * The first source that yields a caller wins. Throws TollgateError: `caller_missing` when sources are configured and none
 * yields one, `caller_ambiguous` when a header that names the caller is repeated, holds a list, or cannot be an identity.
 */
export function identifyCaller(sources: readonly CallerSource[], headers: Headers): Caller {
  if (sources.length === 0) return anonymousCaller
  for (const source of sources) {
    const caller = readSource(source, headers)
    if (caller !== undefined) return caller
  }
  throw new TollgateError('caller_missing', `No caller: this gateway wants to know who is asking. ${describeSources(sources)}`)
}

function readSource(source: CallerSource, headers: Headers): Caller | undefined {
  switch (source.kind) {
    case 'headers':
      return readHeaders(source, headers)
    default:
      return assertNever(source.kind)
  }
}

// Any one of the headers is enough; limits per an attribute that is absent do not apply to the caller.
function readHeaders(source: CallerHeaders, headers: Headers): Caller | undefined {
  const attributes = new Map<string, string>()
  for (const [attribute, header] of source.attributes) {
    const value = headers.get(header)
    if (value === undefined) continue
    if (headers.count(header) > 1) throw new TollgateError('caller_ambiguous', `The header ${header} occurs ${headers.count(header)} times. Send it once.`)
    const identity = value.trim()
    if (identity === '') continue
    if (!isIdentity(identity)) {
      throw new TollgateError(
        'caller_ambiguous',
        `The header ${header} does not name one ${attribute}: it must be 1 to ${MAX_ATTRIBUTE_LENGTH} printable ASCII characters without commas.`,
      )
    }
    attributes.set(attribute, identity)
  }
  return attributes.size === 0 ? undefined : { attributes }
}

// A comma would be a list after a proxy joined two headers. Control and non-ASCII characters have look-alikes, which would be second spellings.
function isIdentity(value: string): boolean {
  return value.length <= MAX_ATTRIBUTE_LENGTH && /^[\x20-\x2b\x2d-\x7e]+$/.test(value)
}

function describeSources(sources: readonly CallerSource[]): string {
  const names = sources.flatMap((source) => [...source.attributes.values()])
  return `Send ${names.length === 1 ? 'the header' : 'one of the headers'} ${names.join(', ')}.`
}
