// Whether a credential is a cloud's, which is renewed all the time, or a secret that is read where it lies.

import type { CloudCredential, Credential } from '../config/runtime-config.ts'

export function isCloud(credential: Credential): credential is CloudCredential {
  return credential.kind === 'aws' || credential.kind === 'google' || credential.kind === 'entra'
}
