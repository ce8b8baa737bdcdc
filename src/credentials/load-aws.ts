// AWS credentials by AWS's own library: the default chain of every AWS tool, and a role on top of it if one is named. [I/O]

import { homedir } from 'node:os'
import { join } from 'node:path'
import type { CloudCredential } from '../config/runtime-config.ts'
import type { Clock } from '../core/clock.ts'
import type { Authorizer } from './authorizer.ts'
import { importOptional } from './import-optional.ts'
import { createAwsSigner } from './sign-aws-request.ts'

export type AwsCredential = Extract<CloudCredential, { kind: 'aws' }>

/** A new chain each time: the library's own memory would give the old credentials until five minutes before their end. */
export async function loadAws({ profile, roleArn, externalId }: AwsCredential, region: string, clock: Clock): Promise<Authorizer> {
  const { fromNodeProviderChain, fromTemporaryCredentials } = await importOptional('@aws-sdk/credential-providers', () => import('@aws-sdk/credential-providers'))
  const clientConfig = { region }
  const chain = fromNodeProviderChain({ clientConfig, ignoreCache: true, ...(profile === undefined ? {} : { profile }) })
  const params = { RoleArn: roleArn ?? '', RoleSessionName: 'tollgate', ...(externalId === undefined ? {} : { ExternalId: externalId }) }
  const provide = roleArn === undefined ? chain : fromTemporaryCredentials({ masterCredentials: chain, clientConfig, params })
  const identity = await provide()
  return { expiresAtMs: identity.expiration?.getTime(), headers: await createAwsSigner(identity, clock) }
}

/** Files whose change means new credentials. A rotated web identity token is read at the next refresh anyway. */
export function awsFiles(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  const folder = join(homedir(), '.aws')
  return [env['AWS_SHARED_CREDENTIALS_FILE'] ?? join(folder, 'credentials'), env['AWS_CONFIG_FILE'] ?? join(folder, 'config')]
}
