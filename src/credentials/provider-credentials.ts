// Who may an attempt be authorized as? Keys are read where they are configured; cloud credentials come from the vendors' own libraries.

import type { ProviderConfig } from '../config/runtime-config.ts'
import { providerApis } from '../providers/index.ts'
import type { AttemptRequest } from './attempt-request.ts'
import type { CloudCredentials } from './cloud-credentials.ts'
import { isCloud } from './is-cloud.ts'
import type { SecretReader } from './secret-reader.ts'

export interface ProviderCredentials {
  /** Whether an attempt at the provider could be authorized now. Cheap: asked for every step of every request. */
  usable(provider: ProviderConfig): boolean
  /** Lower-case request headers that authorize one attempt; undefined when the credential is missing. */
  authorize(provider: ProviderConfig, attempt: AttemptRequest): Readonly<Record<string, string>> | undefined | Promise<Readonly<Record<string, string>> | undefined>
}

/** `cloud` undefined: providers with cloud credentials are not usable. */
export function createProviderCredentials(secrets: SecretReader, cloud?: CloudCredentials): ProviderCredentials {
  return {
    usable: (provider) => {
      const { credential } = provider
      if (isCloud(credential)) return cloud?.usable(provider) ?? false
      return credential.kind === 'none' || secrets.read(credential) !== undefined
    },
    authorize: (provider, attempt) => {
      const { api, credential } = provider
      if (isCloud(credential)) return cloud?.authorize(provider, attempt)
      if (credential.kind === 'none') return {}
      const secret = secrets.read(credential)
      const { credentialHeader, credentialPrefix } = providerApis[api]
      return secret === undefined ? undefined : { [credentialHeader]: credentialPrefix + secret }
    },
  }
}
