// Headers that something trusted sets: believed as they are, as long as they say one thing.

import type { CallerHeaders } from '../config/runtime-config.ts'
import { TollgateError } from '../core/errors.ts'
import type { Headers } from '../core/headers.ts'
import { ownText } from '../core/own-text.ts'
import type { Caller } from './caller.ts'
import { identityRule, isIdentity } from './identity.ts'

/** Undefined when none of them is there. Any one is enough; limits per an attribute that is absent do not apply. Throws TollgateError `caller_ambiguous`. */
export function readHeaders(source: CallerHeaders, headers: Headers): Caller | undefined {
  const attributes = new Map<string, string>()
  for (const [attribute, header] of source.attributes) {
    const value = headers.get(header)
    if (value === undefined) continue
    if (headers.count(header) > 1) throw new TollgateError('caller_ambiguous', `The header ${header} occurs ${headers.count(header)} times. Send it once.`)
    const identity = value.trim()
    if (identity === '') continue
    if (!isIdentity(identity)) {
      throw new TollgateError('caller_ambiguous', `The header ${header} does not name one ${attribute}: it must be ${identityRule}.`)
    }
    attributes.set(attribute, ownText(identity))
  }
  return attributes.size === 0 ? undefined : { attributes, allowLists: source.models === undefined ? [] : [source.models] }
}
