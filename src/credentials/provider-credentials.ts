// Who may an attempt be authorized as? Keys are read where they are configured; cloud credentials come from the vendors' own libraries.

import type { ProviderConfig } from '../config/runtime-config.ts'
import { providerApis } from '../providers/index.ts'
import type { SecretReader } from './secret-reader.ts'

/** One attempt, as it will be sent: what a signature may have to cover. */
export interface AttemptRequest {
  readonly method: string
  /** Path and query, as the provider sees them. */
  readonly path: string
  readonly body: Buffer
}

export interface ProviderCredentials {
  /** Whether an attempt at the provider could be authorized now. Cheap: asked for every step of every request. */
  usable(provider: ProviderConfig): boolean
  /** Lower-case request headers that authorize one attempt; undefined when the credential is missing. */
  authorize(provider: ProviderConfig, attempt: AttemptRequest): Readonly<Record<string, string>> | undefined | Promise<Readonly<Record<string, string>> | undefined>
}

export function createProviderCredentials(secrets: SecretReader): ProviderCredentials {
  return {
    usable: ({ credential }) => credential.kind === 'none' || secrets.read(credential) !== undefined,
    authorize: ({ api, credential }) => {
      if (credential.kind === 'none') return {}
      const secret = secrets.read(credential)
      const { credentialHeader, credentialPrefix } = providerApis[api]
      return secret === undefined ? undefined : { [credentialHeader]: credentialPrefix + secret }
    },
  }
}
