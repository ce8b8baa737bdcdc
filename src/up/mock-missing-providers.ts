// `tollgate up --mock`: every provider whose credential is not set, or that would not answer without one, is played by a built-in mock, so that the stack runs without any key.

import type { ProviderConfig, RuntimeConfig } from '../config/runtime-config.ts'
import type { FailureMode } from '../mock/failure-plan.ts'
import { startMockProvider } from '../mock/mock-provider.ts'
import { isCloud } from '../credentials/is-cloud.ts'
import { probeCredential } from '../credentials/probe-credential.ts'
import { type MockApi, providerBehaviours } from '../mock/provider-behaviours.ts'
import { providerApis } from '../providers/index.ts'
import { presets } from '../providers/presets.ts'

export interface MockedProviders {
  /** Provider name → address of the mock that plays it. */
  readonly addresses: ReadonlyMap<string, string>
  /** The same, as a port on 127.0.0.1. */
  readonly ports: Readonly<Record<string, number>>
  /** Makes mocks fail until somebody tells them otherwise (POST /mock/failure). Throws a sentence for whom no mock plays. */
  fail(modes: ReadonlyMap<string, FailureMode>): void
  close(): Promise<void>
}

export async function mockMissingProviders(config: RuntimeConfig, env: Readonly<Record<string, string | undefined>>): Promise<MockedProviders> {
  const running = new Map<string, Awaited<ReturnType<typeof startMockProvider>>>()
  const providers = await Promise.all([...config.providers.values()].map(async (provider) => ({ provider, missing: await cannotBeCalled(provider, env) })))
  for (const { provider, missing } of providers) {
    if (missing && isPlayed(provider.api)) running.set(provider.name, await startMockProvider({ api: provider.api, address: '127.0.0.1:0' }))
  }
  return {
    addresses: new Map([...running].map(([name, mock]) => [name, mock.url])),
    ports: Object.fromEntries([...running].map(([name, mock]) => [name, mock.port])),
    fail: (modes) => {
      for (const [name, mode] of modes) {
        const mock = running.get(name)
        if (mock === undefined) throw new RangeError(whyNotPlayed(name, { config, played: [...running.keys()] }))
        mock.setFailure(mode)
      }
    },
    close: async () => {
      await Promise.all([...running.values()].map((mock) => mock.close()))
    },
  }
}

function whyNotPlayed(name: string, { config, played }: { readonly config: RuntimeConfig; readonly played: readonly string[] }): string {
  const why = config.providers.has(name) ? `${name} is not played by a mock, because it can be called` : `there is no provider ${name}`
  return `${why}. Played by mocks: ${played.join(', ') || 'none'}.`
}

/** Providers that cannot be called for want of a credential. */
export function missingCredentials(config: RuntimeConfig, env: Readonly<Record<string, string | undefined>>): ProviderConfig[] {
  return [...config.providers.values()].filter((provider) => isMissing(provider, env))
}

/** Asks a cloud's identity service too, once and briefly: whether there is one can only be found out. */
async function cannotBeCalled(provider: ProviderConfig, env: Readonly<Record<string, string | undefined>>): Promise<boolean> {
  if (!isCloud(provider.credential)) return isMissing(provider, env) || isVendorWithoutKey(provider)
  return (await probeCredential(provider, env)) !== undefined
}

/** One of those whose public address takes nobody without a key. At an address of the user's own there may be a server that asks for none. */
function isVendorWithoutKey({ api, credential, scheme, host, settings, headers }: ProviderConfig): boolean {
  if (credential.kind !== 'none' || scheme !== 'https' || headers.has(providerApis[api].credentialHeader)) return false
  const addresses = [providerApis[api].defaultUrl(settings), ...Object.values(presets)]
  return addresses.some((address) => address?.startsWith('https:') === true && new URL(address).hostname === host)
}

function isPlayed(api: string): api is MockApi {
  return api in providerBehaviours
}

function isMissing({ credential }: ProviderConfig, env: Readonly<Record<string, string | undefined>>): boolean {
  return credential.kind === 'env' && (env[credential.name] ?? '').trim() === ''
}
