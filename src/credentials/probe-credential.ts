// Whether a provider's credential can be had here and now: for commands that look once, not for requests. [I/O]

import type { ProviderConfig } from '../config/runtime-config.ts'
import { systemClock } from '../core/clock.ts'
import { silentLog } from '../core/log.ts'
import { createCloudCredentials } from './cloud-credentials.ts'
import { isCloud } from './is-cloud.ts'
import { createProviderCredentials } from './provider-credentials.ts'
import { createSecretReader } from './secret-reader.ts'

/** Undefined when it can, else why not. Asks a cloud's identity service where the provider's credential is a cloud's. */
export async function probeCredential(provider: ProviderConfig, env: Readonly<Record<string, string | undefined>>): Promise<string | undefined> {
  const secrets = createSecretReader({ env, log: silentLog, clock: systemClock })
  const cloud = createCloudCredentials({ env, secrets, clock: systemClock, random: Math.random, log: silentLog, onRefresh: () => undefined })
  const headers = await createProviderCredentials(secrets, cloud).authorize(provider, { method: 'POST', path: '/', body: Buffer.alloc(0) })
  if (headers !== undefined) return undefined
  return (isCloud(provider.credential) ? cloud.failure(provider) : undefined) ?? 'it is not set, empty, unreadable, or cannot be sent in a header'
}
