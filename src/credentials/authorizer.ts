// What a cloud's identity service gave, in the one form that attempts use: headers for a request, and until when they can be made.

import type { ProviderConfig } from '../config/runtime-config.ts'
import type { AttemptRequest } from './attempt-request.ts'
import type { Expiring } from './refreshing-credential.ts'

export type CredentialHeaders = Readonly<Record<string, string>>

export interface Authorizer extends Expiring {
  /** Lower-case headers for one attempt. */
  headers(provider: ProviderConfig, attempt: AttemptRequest): CredentialHeaders | Promise<CredentialHeaders>
}
