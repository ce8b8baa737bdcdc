// Finds the caller. A source is trusted as configured; an ambiguous identity is refused, never guessed.

import type { CallerJwt, CallerKeys, CallerSource } from '../config/runtime-config.ts'
import { assertNever, TollgateError } from '../core/errors.ts'
import type { Headers } from '../core/headers.ts'
import { hashApiKey, isApiKey } from './api-key.ts'
import { anonymousCaller, type Caller } from './caller.ts'
import { checkKey } from './check-key.ts'
import { identifyByToken, JWT_NAMESPACE, looksLikeJwt, unverifiedToken, verifiedTokens } from './jwt.ts'
import type { KeyFinder } from './key-finder.ts'
import type { Claims } from './read-claims.ts'
import { readCertificate } from './read-certificate.ts'
import { type PresentedCredential, readCredential } from './read-credential.ts'
import { readHeaders } from './read-headers.ts'

export interface CallerEvidence {
  readonly headers: Headers
  /** Envoy's attributes of the connection. */
  readonly attributes: ReadonlyMap<string, string>
  /** Envoy's dynamic metadata, one namespace. */
  metadata(namespace: string): Claims | undefined
}

export interface CallerDependencies {
  readonly keys: KeyFinder
  /** Milliseconds since the Unix epoch. */
  readonly nowMs: number
}

/** Who a presented credential belongs to, and the source that knows it. */
interface Credited {
  readonly source: CallerKeys | CallerJwt
  readonly caller: Caller
}

/**
 * The first source that yields a caller wins; but a credential that was presented must be good, whatever other sources say. Throws (or
 * rejects with) TollgateError: `caller_missing` when sources are configured and none yields a caller, `caller_unknown` for a credential
 * that is not good, `caller_ambiguous` when there are two of them, or one that does not name one caller, `callers_unavailable`.
 */
export function identifyCaller(sources: readonly CallerSource[], evidence: CallerEvidence, dependencies: CallerDependencies): Caller | Promise<Caller> {
  if (sources.length === 0) return anonymousCaller
  const credited = identifyByCredential(sources, evidence, dependencies)
  if (credited instanceof Promise) return credited.then((found) => selectCaller(sources, evidence, found))
  return selectCaller(sources, evidence, credited)
}

function identifyByCredential(sources: readonly CallerSource[], evidence: CallerEvidence, dependencies: CallerDependencies): Credited | undefined | Promise<Credited> {
  const keySource = sources.find((source) => source.kind === 'api_keys')
  const jwtSources = sources.filter((source) => source.kind === 'jwt')
  // What nobody here can judge is not looked at: SDKs send some key always.
  if (keySource === undefined && jwtSources.length === 0) return undefined
  const presented = readCredential(evidence.headers)
  const claims = jwtSources.length === 0 ? undefined : evidence.metadata(JWT_NAMESPACE)
  const [verified, another] = verifiedTokens(jwtSources, claims)
  if (another !== undefined || (verified !== undefined && presented !== undefined && !looksLikeJwt(presented.token))) {
    throw new TollgateError('caller_ambiguous', 'The request has two different credentials. Send one of them.')
  }
  if (verified !== undefined) return { source: verified.source, caller: identifyByToken(verified) }
  if (presented === undefined) return undefined
  if (jwtSources.length > 0 && looksLikeJwt(presented.token)) throw unverifiedToken(jwtSources, claims)
  if (keySource === undefined || !isApiKey(presented.token)) throw unknownCredential(presented, { keySource, jwtSources })
  return identifyByKey(keySource, presented.token, dependencies)
}

function identifyByKey(source: CallerKeys, key: string, { keys, nowMs }: CallerDependencies): Credited | Promise<Credited> {
  const found = keys.find(source.place, hashApiKey(key))
  if (found instanceof Promise) return found.then((record) => ({ source, caller: checkKey(source, record, nowMs) }))
  return { source, caller: checkKey(source, found, nowMs) }
}

function unknownCredential({ header }: PresentedCredential, { keySource, jwtSources }: { keySource: CallerKeys | undefined; jwtSources: readonly CallerJwt[] }): TollgateError {
  const accepted = keySource === undefined ? 'a token (JWT)' : jwtSources.length === 0 ? 'an API key of this gateway (tg-…)' : 'an API key of this gateway (tg-…) or a token (JWT)'
  return new TollgateError('caller_unknown', `The credential in the header ${header} is unknown here: it must be ${accepted}.`)
}

function selectCaller(sources: readonly CallerSource[], evidence: CallerEvidence, credited: Credited | undefined): Caller {
  for (const source of sources) {
    const caller = readSource(source, evidence, credited)
    if (caller !== undefined) return caller
  }
  throw new TollgateError('caller_missing', `No caller: this gateway wants to know who is asking. Send ${sources.map(describeSource).join(', or ')}.`)
}

function readSource(source: CallerSource, evidence: CallerEvidence, credited: Credited | undefined): Caller | undefined {
  switch (source.kind) {
    case 'api_keys':
    case 'jwt':
      return credited?.source === source ? credited.caller : undefined
    case 'certificate':
      return readCertificate(source, evidence.attributes)
    case 'headers':
      return readHeaders(source, evidence.headers)
    default:
      return assertNever(source)
  }
}

function describeSource(source: CallerSource): string {
  switch (source.kind) {
    case 'api_keys':
      return 'an API key (authorization: Bearer tg-…, x-api-key or api-key)'
    case 'jwt':
      return 'a token of its issuer (authorization: Bearer …)'
    case 'certificate':
      return 'a client certificate'
    case 'headers': {
      const names = [...source.attributes.values()]
      return `${names.length === 1 ? 'the header' : 'one of the headers'} ${names.join(', ')}`
    }
    default:
      return assertNever(source)
  }
}
