// Google access tokens by Google's own library: application default credentials, or the credentials file that is named. [I/O]

import { readFile } from 'node:fs/promises'
import type { Clock } from '../core/clock.ts'
import type { Authorizer } from './authorizer.ts'
import { importOptional } from './import-optional.ts'

/** Where the library does not say how long a token lives; Google's live an hour. */
const ASSUMED_LIFE_MS = 5 * 60_000
/** The one scope that Vertex AI has. */
const SCOPE = 'https://www.googleapis.com/auth/cloud-platform'

/** `path` undefined: application default credentials. The file is read anew each time. */
export async function loadGoogle(path: string | undefined, clock: Clock): Promise<Authorizer> {
  const { GoogleAuth } = await importOptional('google-auth-library', () => import('google-auth-library'))
  const credentials: unknown = path === undefined ? undefined : JSON.parse(await readFile(path, 'utf8'))
  // What kind of file it is, and whether it is one, is for the library to find out.
  const auth = new GoogleAuth({ scopes: SCOPE, ...(credentials === undefined ? {} : { credentials: credentials as object }) })
  const client = await auth.getClient()
  const sent = await client.getRequestHeaders()
  const authorization = sent.get('authorization')
  if (authorization === null) throw new Error('these Google credentials gave no token')
  const quotaProject = sent.get('x-goog-user-project')
  const withQuota = quotaProject === null ? { authorization } : { authorization, 'x-goog-user-project': quotaProject }
  return {
    expiresAtMs: client.credentials.expiry_date ?? clock.now() + ASSUMED_LIFE_MS,
    // The project that tollgate.yaml names for the quota goes before the one in the credentials.
    headers: (provider) => (provider.headers.has('x-goog-user-project') ? { authorization } : withQuota),
  }
}

export function googleFiles(path: string | undefined, env: Readonly<Record<string, string | undefined>>): readonly string[] {
  const file = path ?? env['GOOGLE_APPLICATION_CREDENTIALS']
  return file === undefined ? [] : [file]
}
