// Tokens are verified by Envoy's jwt_authn filter, before Tollgate sees the request. It writes what it found into dynamic metadata, where
// no client can write: the claims of a good token under the issuer's name, why it refused another under the same name with a suffix.

import type { CallerJwt } from '../config/runtime-config.ts'
import { TollgateError } from '../core/errors.ts'
import { isObject } from '../core/is-object.ts'
import type { Caller } from './caller.ts'
import { type Claims, readClaims, readModelsClaim } from './read-claims.ts'

export const JWT_NAMESPACE = 'envoy.filters.http.jwt_authn'
/** Appended to the issuer: the key in the namespace of why a token of that issuer was refused. */
export const JWT_FAILURE_SUFFIX = '#failure'

export interface VerifiedToken {
  readonly source: CallerJwt
  readonly claims: Claims
}

/** Tokens that Envoy has verified; one, unless an Envoy configuration of somebody's own takes tokens from further places. */
export function verifiedTokens(sources: readonly CallerJwt[], metadata: Claims | undefined): readonly VerifiedToken[] {
  return sources.flatMap((source) => {
    const claims = metadata !== undefined && Object.hasOwn(metadata, source.issuer) ? metadata[source.issuer] : undefined
    return isObject(claims) && claims['iss'] === source.issuer ? [{ source, claims }] : []
  })
}

export function identifyByToken({ source, claims }: VerifiedToken): Caller {
  const attributes = readClaims(claims, source.attributes)
  if (attributes.size === 0) {
    const names = [...source.attributes.values()]
    throw new TollgateError('caller_unknown', `The token is valid and does not say whose it is: it has no claim ${names.join(', ')}.`)
  }
  const lists = [source.models, source.modelsClaim === undefined ? undefined : readModelsClaim(claims, source.modelsClaim)]
  return { attributes, allowLists: lists.filter((list) => list !== undefined) }
}

/** Three parts, of which the first two are JSON objects: every one of them begins with `{"`, which base64 writes as `ey`. */
export function looksLikeJwt(token: string): boolean {
  return /^ey[\w-]*\.ey[\w-]*\.[\w-]*$/.test(token)
}

/** The error for a token that Envoy has not verified, with Envoy's own reason, which repeats nothing of the token. */
export function unverifiedToken(sources: readonly CallerJwt[], metadata: Claims | undefined): TollgateError {
  const reason = sources.map((source) => failureOf(source, metadata)).find((text) => text !== undefined)
  // Envoy could not fetch the issuer's keys: that is no fault of the caller's.
  if (reason !== undefined && /jwks.*fetch/i.test(reason)) {
    return new TollgateError('callers_unavailable', 'The token could not be verified, because the keys of its issuer cannot be fetched. Try again later.')
  }
  return new TollgateError('caller_unknown', `The token was not accepted: ${reason ?? 'it is none of an issuer that this gateway trusts, or its signature is wrong'}.`)
}

function failureOf(source: CallerJwt, metadata: Claims | undefined): string | undefined {
  const failure = metadata?.[`${source.issuer}${JWT_FAILURE_SUFFIX}`]
  const message = isObject(failure) ? failure['message'] : undefined
  return typeof message === 'string' ? message : undefined
}
