// What the accuracy of budgets is measured on: each store, served by one process, by several, and by two replicas behind an Envoy each.

import { type MockProvider, startMockProvider } from '../../../src/mock/mock-provider.ts'
import { createCleanup } from '../../e2e/support/cleanup.ts'
import { type Gateway, startGateway } from '../../e2e/support/gateway.ts'
import { startRedis } from '../../support/redis-server.ts'

export const armNames = ['memory-1', 'memory-4', 'redis-1', 'redis-4', 'redis-2x1'] as const
export type ArmName = (typeof armNames)[number]

export const reserves = ['worst_case', 'estimate', 'none'] as const
/** `limits`: the rate limit service, which checks before and charges after, as gateways do that hold nothing. */
export type Mode = (typeof reserves)[number] | 'limits'
export const modes: readonly Mode[] = [...reserves, 'limits']

export const INPUT_TOKENS = 20
export const MEAN_OUTPUT_TOKENS = 400
export const SIGMA = 1
export const AVERAGE_REQUEST = INPUT_TOKENS + MEAN_OUTPUT_TOKENS
/** Of a crowd, in average requests. */
export const CROWD_LIMIT = 10
/** Of those who use half of it. */
export const HALF_LIMIT = 200
export const HOLD_TTL_MS = 10_000

export interface Arm {
  readonly name: ArmName
  readonly gateways: readonly Gateway[]
  readonly mock: MockProvider
  stop(): Promise<void>
}

/** Either has a gateway of its own: a call of the rate limit service would slow down the others. */
export async function startArm(name: ArmName, kind: 'budgets' | 'limits'): Promise<Arm> {
  const cleanup = createCleanup()
  try {
    const [storeName = '', processes = ''] = name.split('-')
    const mock = cleanup.defer(await startMockProvider({ api: 'openai', address: '127.0.0.1:0' }), (started) => started.close())
    const redis = storeName === 'redis' ? cleanup.defer(await startRedis(), (started) => started.stop()) : undefined
    const store = redis?.store.kind === 'redis' ? `"unix:${redis.store.url}"` : 'memory'
    const replicas = processes === '2x1' ? 2 : 1
    const workers = replicas === 1 ? Number(processes) : 1
    const gateways: Gateway[] = []
    for (let replica = 0; replica < replicas; replica += 1) {
      const yaml = `${base({ mockPort: mock.port, store, workers })}\n${kind === 'limits' ? limits : budgets}`
      const gateway = await startGateway({ yaml, files: { 'ratelimit.yaml': limitFile }, keepExchanges: false, built: true })
      gateways.push(cleanup.defer(gateway, (started) => started.stop()))
    }
    return { name, gateways, mock, stop: () => cleanup.run() }
  } catch (error) {
    await cleanup.run()
    throw error
  }
}

const limitOf = (averageRequests: number): number => averageRequests * AVERAGE_REQUEST

// A user's name says its mode: `estimate-3`, and `half-estimate-3` for those who have more room than they need.
const budgetOf = (reserve: (typeof reserves)[number]): string =>
  `  - {name: ${reserve.replace('_', '-')}, per: [user], where: {user: "*${reserve}-*"}, limit: {tokens: ${String(limitOf(CROWD_LIMIT))}}, every: year, reserve: ${reserve}, hold_ttl: ${String(HOLD_TTL_MS / 1000)}s,
     overrides: [{where: {user: "half-*"}, limit: {tokens: ${String(limitOf(HALF_LIMIT))}}}]}`
const budgets = `budgets:\n${reserves.map(budgetOf).join('\n')}\n`
const limits = 'costs: [{name: all, type: TotalToken}]\nlimits: [{file: ratelimit.yaml, cost: all}]\n'

const base = ({ mockPort, store, workers }: { readonly mockPort: number; readonly store: string; readonly workers: number }): string => `
providers: {openai: {api: openai, url: "http://127.0.0.1:${String(mockPort)}"}}
models: {gpt: {providers: [openai]}}
callers: [{headers: {user: x-user-id}}]
store: ${store}
workers: ${String(workers)}
ledger: off
`

// As the original counts: a check passes while no more than the limit is used.
const limitFile = `
domain: tollgate
descriptors:
  - {key: user, value: "limits-*", rate_limit: {unit: year, requests_per_unit: ${String(limitOf(CROWD_LIMIT))}}, metadata: {tollgate: {deny_at_limit: false}}}
  - {key: user, value: "half-limits-*", rate_limit: {unit: year, requests_per_unit: ${String(limitOf(HALF_LIMIT))}}, metadata: {tollgate: {deny_at_limit: false}}}
`
