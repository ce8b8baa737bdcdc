// Where a provider's credential comes from, in the words that `check` and `doctor` use.

import type { Credential } from '../config/runtime-config.ts'

/** Begins in the middle of a sentence: "the variable X", "AWS's default chain". */
export function describeCredential(credential: Credential): string {
  switch (credential.kind) {
    case 'none':
      return 'no credential'
    case 'env':
      return `the variable ${credential.name}`
    case 'file':
      return `the file ${credential.path}`
    case 'aws': {
      const chain = credential.profile === undefined ? "AWS's default chain" : `AWS's profile ${credential.profile}`
      return credential.roleArn === undefined ? chain : `the role ${credential.roleArn}, assumed with ${chain}`
    }
    case 'google':
      return credential.path === undefined ? "Google's application default credentials" : `the Google credentials in ${credential.path}`
    case 'entra':
      return credential.clientSecret === undefined ? "Entra ID's default chain" : `the Entra ID application ${credential.clientId ?? ''}`
  }
}
