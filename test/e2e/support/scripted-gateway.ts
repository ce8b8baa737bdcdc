// A real Envoy on a rendered configuration, between scripted services and scripted providers.

import type { EnvoyVersion, LimitFile, ModelConfig } from '../../../src/config/runtime-config.ts'
import { renderBootstrap } from '../../../src/envoy/render.ts'
import { runtimeConfig } from '../../support/runtime-config.ts'
import { envoyBinary } from './envoy-binaries.ts'
import { startScriptedServices, type ScriptedServices } from './scripted-services.ts'
import { startEnvoy, type RunningEnvoy } from './start-envoy.ts'

export interface ScriptedGateway {
  readonly envoy: RunningEnvoy
  readonly services: ScriptedServices
  /** Sends a chat request along `chain` and reads the answer whole. */
  ask(chain: readonly string[], headers?: Readonly<Record<string, string>>, body?: string): Promise<{ readonly status: number; readonly headers: Headers; readonly body: string }>
  close(): Promise<void>
}

export interface GatewayParts {
  readonly version: EnvoyVersion
  readonly models: readonly ModelConfig[]
  readonly limits?: readonly LimitFile[]
  readonly environment?: Readonly<Record<string, string>>
  readonly maxBodyBytes?: number
  /** Instead of the scripted service. */
  readonly ratelimitAddress?: string
}

export async function startScriptedGateway({ version, models, limits = [], environment = {}, maxBodyBytes = 1_048_576, ratelimitAddress }: GatewayParts): Promise<ScriptedGateway> {
  const services = await startScriptedServices()
  const listen = { extproc: services.address, ratelimit: ratelimitAddress ?? services.address, admin: '127.0.0.1:0' }
  const { bootstrap } = renderBootstrap(runtimeConfig({ models, limits, listen, envoy: { version, maxBodyBytes } }))
  const envoy = await startEnvoy({ binary: envoyBinary(version).path, bootstrap, environment }).catch(async (error: unknown) => {
    await services.close()
    throw error
  })
  return {
    envoy,
    services,
    ask: async (chain, headers = {}, body = '{"model":"m"}') => {
      services.script.chain = chain
      const answer = await fetch(`${envoy.url}/v1/chat/completions`, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } })
      return { status: answer.status, headers: answer.headers, body: await answer.text() }
    },
    close: async () => {
      await envoy.stop()
      await services.close()
    },
  }
}
