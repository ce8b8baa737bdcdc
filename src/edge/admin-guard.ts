// Who may use the admin interface: whoever has a token where there are tokens, else whoever is on this machine and is no web page of somebody else's.

import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { AdminAccess, ListenAddress, SecretSource } from '../config/runtime-config.ts'
import { isLoopbackHost } from '../core/loopback-host.ts'
import { socketTarget } from '../core/socket-target.ts'
import { type AdminAnswer, problemAnswer } from './admin-page.ts'

export interface AdminGuardOptions {
  /** Where the interface listens. */
  readonly address: ListenAddress
  /** As the configuration has it now. */
  readonly access: () => AdminAccess
  /** The secret as it is now, so that a rotated token counts at once; undefined while there is none. */
  readonly readSecret: (source: SecretSource) => string | undefined
}

/** The refusal; undefined: go on. */
export type AdminGuard = (need: 'read' | 'write', headers: IncomingHttpHeaders) => AdminAnswer | undefined

const ASK_FOR_TOKEN = { 'www-authenticate': 'Bearer realm="tollgate"' }

export function createAdminGuard({ address, access, readSecret }: AdminGuardOptions): AdminGuard {
  return (need, headers) => {
    const { readToken, writeToken } = access()
    if (need === 'read') return readToken === undefined ? checkNeighbour(address, need, headers) : checkToken([readToken, writeToken], undefined, headers, readSecret)
    if (writeToken !== undefined) return checkToken([writeToken], readToken, headers, readSecret)
    if (readToken === undefined) return checkNeighbour(address, need, headers)
    // Reading is protected, so changing things is not left to anybody.
    return problemAnswer({ status: 403, code: 'writing_not_allowed', message: 'The configuration has a token for reading and none for writing, so nothing can be changed here. Set admin.write_token.' })
  }
}

type ReadSecret = AdminGuardOptions['readSecret']

/** `lesser`: a token that is good for something else, for a message that says so. */
function checkToken(good: readonly (SecretSource | undefined)[], lesser: SecretSource | undefined, { authorization = '' }: IncomingHttpHeaders, readSecret: ReadSecret): AdminAnswer | undefined {
  const tokens = good.flatMap((source) => (source === undefined ? [] : (readSecret(source) ?? [])))
  if (tokens.length === 0) {
    const message = 'The token that the configuration names is not there: its variable is not set, or its file is empty or cannot be read. Nobody is let in until it is.'
    return problemAnswer({ status: 503, code: 'token_unavailable', message })
  }
  const given = /^Bearer +(\S.*)$/i.exec(authorization)?.[1]?.trim()
  if (given === undefined) {
    return problemAnswer({ status: 401, code: 'token_required', message: 'This page needs a token: send the header "Authorization: Bearer TOKEN".', headers: ASK_FOR_TOKEN })
  }
  if (tokens.some((token) => isSame(token, given))) return undefined
  const readOnly = lesser === undefined ? undefined : readSecret(lesser)
  if (readOnly !== undefined && isSame(readOnly, given)) return problemAnswer({ status: 403, code: 'token_read_only', message: 'This token is good for reading only. Use the one of admin.write_token.' })
  return problemAnswer({ status: 403, code: 'token_wrong', message: 'This is not the token of this Tollgate, or no longer.' })
}

// The time it takes depends on neither text: their hashes are compared, to the end.
function isSame(expected: string, given: string): boolean {
  return timingSafeEqual(sha256(expected), sha256(given))
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

// Without a token, being on this machine is what lets in. A browser on it can be made to ask by any page it shows: by a name that its
// owner points here, which the Host header gives away, or by a form that posts here, which the browser itself tells us.
function checkNeighbour(address: ListenAddress, need: 'read' | 'write', { host, origin, 'sec-fetch-site': site }: IncomingHttpHeaders): AdminAnswer | undefined {
  const target = socketTarget(address)
  if ('path' in target) return undefined
  if (!isLoopbackHost(target.host)) {
    const message = `The admin interface listens on ${address}, which is more than this machine, and the configuration has no admin.${need}_token. Set one, or listen on 127.0.0.1.`
    return problemAnswer({ status: 403, code: 'token_not_configured', message })
  }
  const name = host === undefined ? undefined : hostName(host)
  if (name !== undefined && !isLoopbackHost(name)) {
    const message = `Without a token this page answers only to requests for this machine by its own name (127.0.0.1, localhost), not for ${JSON.stringify(name)}. Use such a name, or set admin.${need}_token.`
    return problemAnswer({ status: 403, code: 'host_not_allowed', message })
  }
  if (need === 'read') return undefined
  const isForeign = (site !== undefined && site !== 'same-origin' && site !== 'none') || (origin !== undefined && origin !== `http://${host ?? ''}`)
  return isForeign ? problemAnswer({ status: 403, code: 'cross_site', message: 'A page of another site sent this request. Without a token only our own page and programs may change things.' }) : undefined
}

/** Without port and brackets; `host` itself when it is no host. */
function hostName(host: string): string {
  return URL.canParse(`http://${host}/`) ? new URL(`http://${host}/`).hostname : host
}
