// Plays an identity provider: keys of its own, tokens signed with them, and its JWKS as a text or on a server.

import { generateKeyPairSync, sign } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface TokenIssuer {
  readonly issuer: string
  /** JSON Web Key Set with the public key. */
  readonly jwks: string
  /** A token that is good for ten minutes, unless the claims say otherwise. */
  token(claims: Readonly<Record<string, unknown>>): string
}

export function createTokenIssuer(issuer: string, algorithm: 'RS256' | 'ES256' = 'RS256'): TokenIssuer {
  const { publicKey, privateKey } = algorithm === 'RS256' ? generateKeyPairSync('rsa', { modulusLength: 2048 }) : generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const keyId = `key of ${issuer}`
  return {
    issuer,
    jwks: JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: keyId, alg: algorithm, use: 'sig' }] }),
    token(claims) {
      const now = Math.floor(Date.now() / 1000)
      const signed = `${encode({ alg: algorithm, typ: 'JWT', kid: keyId })}.${encode({ iss: issuer, aud: 'tollgate', iat: now, exp: now + 600, ...claims })}`
      return `${signed}.${sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
    },
  }
}

/** Serves a JWKS at `url`. */
export async function serveJwks(jwks: string): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer((_request, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(jwks))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // `listen` on a TCP port gives an AddressInfo; only pipes give a string.
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/jwks.json`,
    close: async () => {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
