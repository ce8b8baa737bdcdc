// Claims of a verified token → attributes of the caller.

import { TollgateError } from '../core/errors.ts'
import { isObject } from '../core/is-object.ts'
import { identityRule, isIdentity } from './identity.ts'

export type Claims = Readonly<Record<string, unknown>>

/** `paths`: attribute → claim. Claims that are not there are left out. Throws TollgateError `caller_ambiguous` for a claim that is not one name. */
export function readClaims(claims: Claims, paths: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>()
  for (const [attribute, path] of paths) {
    const value = findClaim(claims, path)
    if (value === undefined || value === null || value === '') continue
    const identity = toText(value)?.trim()
    if (identity === undefined || !isIdentity(identity)) {
      throw new TollgateError('caller_ambiguous', `The claim ${path} of the token does not name one ${attribute}: it must be a text of ${identityRule}, a number or a boolean.`)
    }
    attributes.set(attribute, identity)
  }
  return attributes
}

/**
 * The claim with the list of models: names or patterns, as a list or separated by spaces. A token without it may use none.
 * Throws TollgateError `caller_ambiguous` when it is something else.
 */
export function readModelsClaim(claims: Claims, path: string): readonly string[] {
  const value = findClaim(claims, path) ?? []
  if (typeof value === 'string') return value.split(' ').filter((name) => name !== '')
  if (Array.isArray(value) && value.every((name) => typeof name === 'string')) return value
  throw new TollgateError('caller_ambiguous', `The claim ${path} of the token is no list of model names.`)
}

/** `a.b.c`: member by member. Names may have dots themselves (`https://example.com/team`): the whole rest as one name is tried first. */
export function findClaim(claims: Claims, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path]
  for (let dot = path.indexOf('.'); dot !== -1; dot = path.indexOf('.', dot + 1)) {
    const inner = Object.hasOwn(claims, path.slice(0, dot)) ? claims[path.slice(0, dot)] : undefined
    const found = isObject(inner) ? findClaim(inner, path.slice(dot + 1)) : undefined
    if (found !== undefined) return found
  }
  return undefined
}

// Envoy hands numbers on as doubles, and two large ids can be the same double.
function toText(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (typeof value === 'boolean' || Number.isSafeInteger(value)) return String(value)
  return undefined
}
