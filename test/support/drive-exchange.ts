// Plays Envoy to one exchange: sends the messages, keeps the actions, the metadata as Envoy would merge it, and the summary.

import type { KeyFinder } from '../../src/callers/key-finder.ts'
import type { RuntimeConfig } from '../../src/config/runtime-config.ts'
import { Headers } from '../../src/core/headers.ts'
import type { Action } from '../../src/exchange/action.ts'
import { createCoolDowns } from '../../src/exchange/cool-down.ts'
import type { ExchangeDependencies } from '../../src/exchange/dependencies.ts'
import { Exchange } from '../../src/exchange/exchange.ts'
import type { ExchangeSummary } from '../../src/exchange/summary.ts'
import type { MessageContext } from '../../src/exchange/messages.ts'
import { createProviderCredentials } from '../../src/credentials/provider-credentials.ts'
import { createEstimator, type Estimator } from '../../src/budgets/estimator.ts'
import { createMemoryBudgetStore } from '../../src/budgets/memory-store.ts'
import type { BudgetStore } from '../../src/budgets/budget-store.ts'
import type { Budgets } from '../../src/budgets/budgets.ts'
import { buildBudgets, createFakeTime, type FakeTime } from './build-budgets.ts'
import { buildConfig } from './build-config.ts'

export const noContext: MessageContext = { attributes: new Map(), metadata: () => undefined }

export interface RequestParts {
  readonly method?: string
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Behind those, in this order. */
  readonly repeated?: readonly (readonly [name: string, value: string])[]
  readonly body?: unknown
  /** Envoy's attributes and metadata of the request's headers. */
  readonly context?: MessageContext
}

export interface AnswerParts {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly provider?: string
  readonly attempts?: number
  readonly codeDetails?: string
  readonly endOfStream?: boolean
}

export interface DriveOptions {
  readonly config?: RuntimeConfig
  readonly credentials?: Readonly<Record<string, string>>
  /** Decides about weights; 0 unless given. */
  readonly random?: () => number
  /** Who holds which API key; nobody unless given. */
  readonly callerKeys?: KeyFinder
  /** `exchange-1` unless given. */
  readonly id?: string
  /** Counters in memory unless given: several exchanges may share theirs. */
  readonly budgetStore?: BudgetStore
  /** Over `budgetStore` unless given: several exchanges may be of one process. */
  readonly budgets?: Budgets
  readonly estimator?: Estimator
  /** A time of its own unless given. */
  readonly time?: FakeTime
}

export function driveExchange(options: DriveOptions = {}) {
  const config = options.config ?? buildConfig()
  const summaries: ExchangeSummary[] = []
  const costFailures: { cost: string; error: string }[] = []
  const metadata: Record<string, Record<string, unknown>> = {}
  const time = options.time ?? createFakeTime()
  const store = options.budgetStore ?? createMemoryBudgetStore()
  const estimator = options.estimator ?? createEstimator()
  const coolDowns = createCoolDowns({ settings: () => config.coolDown, clock: time, onStart: () => undefined })
  const dependencies: ExchangeDependencies = {
    config: () => config,
    clock: time,
    random: options.random ?? (() => 0),
    coolDowns,
    newExchangeId: () => options.id ?? 'exchange-1',
    observer: { finished: (summary) => summaries.push(summary), costFailed: (event) => costFailures.push(event) },
    credentials: createProviderCredentials({ read: (credential) => (credential.kind === 'env' ? options.credentials?.[credential.name] : undefined) }),
    callerKeys: options.callerKeys ?? { find: () => undefined },
    budgets: options.budgets ?? buildBudgets(time, { counters: store }),
    estimator,
  }
  const exchange = new Exchange(dependencies)

  // As extproc/service.ts does, without the wire.
  async function receive(message: Parameters<Exchange['receive']>[0]): Promise<Action> {
    let action: Action
    try {
      action = await exchange.receive(message)
    } catch (thrown) {
      const answered = exchange.failed(thrown)
      if (answered === undefined) throw thrown
      action = answered
    }
    if ('metadata' in action) for (const [namespace, values] of Object.entries(action.metadata ?? {})) metadata[namespace] = { ...metadata[namespace], ...values }
    return action
  }

  return {
    exchange,
    dependencies,
    coolDowns,
    summaries,
    costFailures,
    metadata,
    costs: () => metadata['io.envoy.ai_gateway'] ?? {},
    store,
    estimator,
    advance: (ms: number) => time.advance(ms),
    /** Both request messages; the action for the body, or for the headers when those ended the exchange. */
    async request({ method = 'POST', path = '/v1/chat/completions', headers = {}, repeated = [], body, context = noContext }: RequestParts): Promise<Action> {
      const bytes = Buffer.isBuffer(body) ? body : typeof body === 'string' ? Buffer.from(body) : Buffer.from(JSON.stringify(body ?? {}))
      const all = Headers.from({ ':method': method, ':path': path, 'content-type': 'application/json', ...headers })
      for (const [name, value] of repeated) all.append(name, value)
      const first = await receive({ kind: 'request_headers', headers: all, endOfStream: false, bodyFollows: true, context })
      return exchange.done ? first : receive({ kind: 'request_body', body: bytes, endOfStream: true, context: noContext })
    },
    answer({ status = 200, headers = {}, provider = 'openai', attempts = 1, codeDetails = 'via_upstream', endOfStream = false }: AnswerParts = {}): Promise<Action> {
      const attributes = new Map([
        ["xds.upstream_host_metadata.filter_metadata['tollgate.backend']['name']", provider],
        ['upstream.request_attempt_count', String(attempts)],
        ['response.code_details', codeDetails],
      ])
      const all = Headers.from({ ':status': String(status), 'content-type': 'application/json', ...headers })
      return receive({ kind: 'response_headers', headers: all, endOfStream, bodyFollows: true, context: { attributes, metadata: () => undefined } })
    },
    body(body: unknown, endOfStream = true): Promise<Action> {
      const bytes = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
      return receive({ kind: 'response_body', body: bytes, endOfStream, context: noContext })
    },
  }
}
