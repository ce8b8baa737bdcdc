// The rate limit service behind the real transport, asked in plain values: the .proto files encode and decode here, not our codec.

import type { Client } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { LimitFile } from '../../src/config/runtime-config.ts'
import type { Clock } from '../../src/core/clock.ts'
import type { Log } from '../../src/core/log.ts'
import { silentLog } from '../../src/core/log.ts'
import { startGrpcServer } from '../../src/edge/grpc-server.ts'
import type { CounterStore } from '../../src/ratelimit/counter-store.ts'
import { parseRateLimitFile } from '../../src/ratelimit/parse-rate-limit-file.ts'
import type { RateLimitObserver } from '../../src/ratelimit/service.ts'
import { createRateLimitService, RATE_LIMIT_METHOD } from '../../src/ratelimit/service.ts'
import { buildConfig } from './build-config.ts'
import { callUnary, connectClient, scratchFolder } from './grpc-client.ts'

const protos = fileURLToPath(new URL('../../protos', import.meta.url))
interface Method {
  readonly requestSerialize: (value: object) => Buffer
  readonly requestDeserialize: (bytes: Buffer) => object
  readonly responseSerialize: (value: object) => Buffer
  readonly responseDeserialize: (bytes: Buffer) => object
}

/** `defaults`: absent fields are there with their default value. */
export function loadShouldRateLimit(options: { defaults: boolean }): Method {
  const loaded = loadSync('envoy/service/ratelimit/v3/rls.proto', { includeDirs: [protos], keepCase: true, longs: String, enums: String, ...options })
  const service = loaded['envoy.service.ratelimit.v3.RateLimitService']
  // A service definition is a map of its methods; the loader's type does not tell it from a message's.
  const method = (service as unknown as Record<string, Method> | undefined)?.['ShouldRateLimit']
  if (method === undefined) throw new Error('protos/ has no ShouldRateLimit')
  return method
}

/** What Envoy would send as x-tollgate-exchange-id with every call. */
export const exchangeId = 'exchange-1'

/** The oracle for the codec. */
export const shouldRateLimit = loadShouldRateLimit({ defaults: false })

export interface RequestValue {
  readonly domain?: string
  readonly hits_addend?: number
  readonly descriptors?: readonly {
    readonly entries?: readonly { readonly key?: string; readonly value?: string }[]
    readonly limit?: { readonly requests_per_unit?: number; readonly unit?: string | number }
    readonly hits_addend?: { readonly value?: string | number }
    readonly is_negative_hits?: boolean
  }[]
}

export interface ResponseValue {
  readonly overall_code: string
  readonly statuses: readonly {
    readonly code: string
    readonly current_limit?: { readonly requests_per_unit?: number; readonly unit: string; readonly name?: string }
    readonly limit_remaining?: number
    readonly duration_until_reset?: { readonly seconds: string }
  }[]
  readonly response_headers_to_add?: readonly { readonly key: string; readonly value: string }[]
  readonly raw_body?: Buffer
}

export function limitFile(text: string, { denyAtLimit = false, costName = 'llm_total_token' } = {}): LimitFile {
  const parsed = parseRateLimitFile({ text, fileName: 'limits.yaml', denyAtLimitDefault: denyAtLimit })
  if (!parsed.ok) throw new Error(parsed.problems.map(({ message }) => message).join('\n'))
  return { path: '/limits.yaml', costName, rules: parsed.rules }
}

/** A clock that stands still until it is moved. Starts at a full hour, a Tuesday. */
export function movableClock(): Clock & { advance(seconds: number): void } {
  let now = Date.UTC(2026, 0, 6, 12)
  return { now: () => now, monotonic: () => now, advance: (seconds) => (now += seconds * 1000) }
}

export interface ServiceUnderTest {
  /** Rejects with the ServiceError that the service answered. */
  /** `metadata`: what Envoy sends with the call; the id of an exchange unless given. */
  ask(request: RequestValue, metadata?: Readonly<Record<string, string>>): Promise<ResponseValue>
  askBytes(bytes: Buffer): Promise<ResponseValue>
  /** Swaps the files, as a reload does. */
  reload(limits: readonly LimitFile[]): void
  readonly events: { readonly decided: Parameters<RateLimitObserver['decided']>[0][]; readonly failed: Parameters<RateLimitObserver['failed']>[0][] }
  stop(): Promise<void>
}

export interface ServiceParts {
  readonly limits: readonly LimitFile[]
  readonly store: CounterStore
  readonly clock: Clock
  readonly log?: Log
}

export async function startRateLimitService({ limits, store, clock, log = silentLog }: ServiceParts): Promise<ServiceUnderTest> {
  const folder = await scratchFolder()
  let config = buildConfig({ limits })
  const events: ServiceUnderTest['events'] = { decided: [], failed: [] }
  const observer: RateLimitObserver = { decided: (event) => events.decided.push(event), failed: (event) => events.failed.push(event) }
  const service = createRateLimitService({ config: () => config, store, clock, log, observer })
  const routes = new Map([[RATE_LIMIT_METHOD, service]])
  const server = await startGrpcServer({ address: `unix:${join(folder.path, 'rls.sock')}`, transport: 'grpc-js', routes, maxMessageBytes: 4 * 1024 * 1024, log })
  const client: Client = connectClient(server.address)
  const askBytes = async (bytes: Buffer, metadata: Readonly<Record<string, string>> = { 'x-tollgate-exchange-id': exchangeId }): Promise<ResponseValue> =>
    // What the .proto file describes is what ResponseValue describes.
    shouldRateLimit.responseDeserialize(await callUnary(client, RATE_LIMIT_METHOD, bytes, metadata)) as ResponseValue
  return {
    askBytes,
    ask: (request, metadata) => askBytes(shouldRateLimit.requestSerialize(request), metadata),
    reload(next) {
      config = buildConfig({ limits: next })
    },
    events,
    async stop() {
      client.close()
      await server.close(0)
      await folder.remove()
    },
  }
}
