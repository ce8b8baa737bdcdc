// The credential that a client has presented, if it is one: in whichever of three headers its SDK puts it.

import { TollgateError } from '../core/errors.ts'
import type { Headers } from '../core/headers.ts'

/** OpenAI's SDKs (and JWTs) · Anthropic's · Azure's. */
const CREDENTIAL_HEADERS = ['authorization', 'x-api-key', 'api-key'] as const

/** Longer ones are no credentials: Envoy itself takes 60 KiB of headers at most, and no issuer comes near this. */
const MAX_CREDENTIAL_LENGTH = 16 * 1024

export interface PresentedCredential {
  readonly token: string
  /** Where it stood, for messages. Its value is for nobody's eyes. */
  readonly header: string
}

/**
 * Undefined when none is presented. The same one may stand in several headers. Throws TollgateError: `caller_ambiguous` for a repeated
 * header, a list in one, and two different credentials; `caller_unknown` for what is no credential.
 */
export function readCredential(headers: Headers): PresentedCredential | undefined {
  let found: PresentedCredential | undefined
  for (const header of CREDENTIAL_HEADERS) {
    const token = readToken(headers, header)
    if (token === undefined) continue
    if (found !== undefined && found.token !== token) {
      throw new TollgateError('caller_ambiguous', `The headers ${found.header} and ${header} hold different credentials. Send one of them.`)
    }
    found ??= { token, header }
  }
  return found
}

function readToken(headers: Headers, header: (typeof CREDENTIAL_HEADERS)[number]): string | undefined {
  const value = headers.get(header)?.trim()
  if (value === undefined) return undefined
  if (headers.count(header) > 1) throw new TollgateError('caller_ambiguous', `The header ${header} occurs ${headers.count(header)} times. Send it once.`)
  // Envoy joins repeated headers of some names with commas; no credential has one.
  if (value.includes(',')) throw new TollgateError('caller_ambiguous', `The header ${header} holds a list. Send one credential.`)
  const token = header === 'authorization' ? readBearer(value) : value
  if (token === '') return undefined
  if (token.length > MAX_CREDENTIAL_LENGTH || !/^[!-~]+$/.test(token)) {
    throw new TollgateError('caller_unknown', `The header ${header} holds no credential of this gateway: ${header === 'authorization' ? 'it must be "Bearer", a space and the credential' : 'it must be the credential alone'}.`)
  }
  return token
}

// RFC 9110 section 11.1: the scheme's name is in any case. What has no scheme is refused by its spaces, or as an unknown key.
function readBearer(value: string): string {
  const [scheme = '', ...rest] = value.split(/ +/)
  if (scheme.toLowerCase() === 'bearer') return rest.join(' ')
  throw new TollgateError('caller_unknown', 'The header authorization holds no credential of this gateway: it must be "Bearer", a space and the credential.')
}
