// The short-lived credentials of every provider in the cloud: one cache for all providers that share an identity. [I/O]

import type { CloudCredential, ProviderConfig, RuntimeConfig } from '../config/runtime-config.ts'
import type { Clock } from '../core/clock.ts'
import type { Log } from '../core/log.ts'
import { memoize } from '../core/memoize.ts'
import type { AttemptRequest } from './attempt-request.ts'
import type { Authorizer, CredentialHeaders } from './authorizer.ts'
import { createFileWatch } from './file-watch.ts'
import { awsFiles, loadAws } from './load-aws.ts'
import { entraFiles, loadEntra } from './load-entra.ts'
import { googleFiles, loadGoogle } from './load-google.ts'
import { isCloud } from './is-cloud.ts'
import { createRefreshingCredential, type RefreshingCredential } from './refreshing-credential.ts'
import type { SecretReader } from './secret-reader.ts'

export interface CloudCredentials {
  /** As ProviderCredentials.usable and authorize, for providers with cloud credentials. */
  usable(provider: ProviderConfig): boolean
  authorize(provider: ProviderConfig, attempt: AttemptRequest): CredentialHeaders | undefined | Promise<CredentialHeaders | undefined>
  /** Starts to load what the chains of this configuration need, and forgets what it does not. At start and after each reload. */
  follow(config: Pick<RuntimeConfig, 'models'>): void
  /** Renews what is due; to be called every few seconds. */
  check(): void
  /** Why a provider's credential cannot be had; undefined when it can, or nobody knows yet. */
  failure(provider: ProviderConfig): string | undefined
}

export interface CloudCredentialsOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly secrets: SecretReader
  readonly clock: Clock
  readonly random: () => number
  readonly log: Log
  readonly onRefresh: (refresh: { readonly cloud: CloudCredential['kind']; readonly result: 'success' | 'failure' }) => void
}

/** Some of the libraries' calls have no time limit of their own. */
const LOAD_TIMEOUT_MS = 20_000

export function createCloudCredentials({ env, secrets, clock, random, log, onRefresh }: CloudCredentialsOptions): CloudCredentials {
  const held = new Map<string, RefreshingCredential<Authorizer>>()

  function credentialOf(provider: ProviderConfig): RefreshingCredential<Authorizer> {
    const key = identityKey(provider)
    let known = held.get(key)
    if (known === undefined) {
      known = create(provider)
      held.set(key, known)
    }
    return known
  }

  function create({ name, credential, settings }: ProviderConfig): RefreshingCredential<Authorizer> {
    if (!isCloud(credential)) throw new Error(`the provider ${name} has no cloud credential`)
    const files = filesOf(credential, env)
    const watch = createFileWatch(files, clock)
    return createRefreshingCredential<Authorizer>({
      load: () => {
        watch.reset()
        return withTimeout(loadAuthorizer(credential, settings.region ?? ''))
      },
      changed: () => watch.changed(),
      clock,
      random,
      onRefresh: ({ error, retryInMs }) => {
        onRefresh({ cloud: credential.kind, result: error === undefined ? 'success' : 'failure' })
        if (error === undefined) log.debug({ provider: name, cloud: credential.kind }, 'Cloud credentials were renewed.')
        else log.warn({ provider: name, cloud: credential.kind, reason: error, retry_in_ms: retryInMs }, 'Cloud credentials could not be had; once the last ones end, their providers are not called.')
      },
    })
  }

  function loadAuthorizer(credential: CloudCredential, region: string): Promise<Authorizer> {
    if (credential.kind === 'aws') return loadAws(credential, region, clock)
    return credential.kind === 'google' ? loadGoogle(credential.path, clock) : loadEntra(credential, secrets, env)
  }

  return {
    usable: (provider) => credentialOf(provider).usable(),
    authorize: (provider, attempt) => {
      const authorizer = credentialOf(provider).get()
      return authorizer instanceof Promise ? authorizer.then((loaded) => loaded?.headers(provider, attempt)) : authorizer?.headers(provider, attempt)
    },
    follow: ({ models }) => {
      const used = [...models.values()].flatMap((model) => model.chain.map((step) => step.provider)).filter(({ credential }) => isCloud(credential))
      const keys = new Set(used.map(identityKey))
      for (const key of held.keys()) if (!keys.has(key)) held.delete(key)
      for (const provider of used) credentialOf(provider).check()
    },
    check: () => {
      for (const credential of held.values()) credential.check()
    },
    failure: (provider) => credentialOf(provider).failure(),
  }
}

/** The region too: roles are assumed at the region's own endpoint. */
const identityKey = memoize(({ credential, settings }: ProviderConfig): string => JSON.stringify([credential, settings.region]))

function filesOf(credential: CloudCredential, env: CloudCredentialsOptions['env']): readonly string[] {
  if (credential.kind === 'aws') return awsFiles(env)
  return credential.kind === 'google' ? googleFiles(credential.path, env) : entraFiles(credential)
}

async function withTimeout<Value>(loading: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${LOAD_TIMEOUT_MS / 1000} s`)), LOAD_TIMEOUT_MS).unref()
  })
  try {
    return await Promise.race([loading, timeout])
  } finally {
    clearTimeout(timer)
  }
}
