// From usage to the numbers that the rate limit charge will carry. Envoy makes that charge when the stream is over, with the
// last metadata we wrote, so whatever is written here must always be right for "the client leaves now".

import type { RuntimeConfig } from '../config/runtime-config.ts'
import type { Usage } from '../core/usage.ts'
import { computeCosts, zeroCosts } from '../costs/compute-costs.ts'
import type { ExchangePrice } from '../prices/price-book.ts'
import type { Metadata } from './action.ts'
import { METADATA_NAMESPACE } from './namespaces.ts'
import type { ExchangeObserver } from './summary.ts'

export interface Served {
  /** Provider name and the model it was asked for. */
  readonly provider: string
  readonly upstreamModel: string
}

export class Charge {
  /** The costs as last written: cost name → value. */
  values: ReadonlyMap<string, number>
  usage: Usage | undefined
  /** What it costs in dollars; undefined when nothing is charged, and when no price is known. */
  price: ExchangePrice | undefined
  /** Nothing is charged, although the exchange got as far as to be sent. */
  isCancelled = false
  readonly #config: RuntimeConfig
  readonly #exchangeId: string
  readonly #observer: ExchangeObserver
  /** When the exchange began, in milliseconds since 1970: what is priced by the list that was valid then. */
  readonly #atMs: number
  /** What a cost whose expression fails is charged instead. */
  #estimates: ReadonlyMap<string, number> | undefined

  constructor(config: RuntimeConfig, exchangeId: string, observer: ExchangeObserver, atMs: number) {
    this.#config = config
    this.#exchangeId = exchangeId
    this.#observer = observer
    this.#atMs = atMs
    this.values = zeroCosts(config.costs)
  }

  /** Charges `usage`, as answered by `served`. */
  set(usage: Usage, served: Served): void {
    const { provider, upstreamModel } = served
    this.isCancelled = false
    this.price = this.#config.prices.priceOf(usage, { provider, model: upstreamModel, at: this.#atMs })
    const input = { usage, model: upstreamModel, backend: provider, routeName: '', nanoDollars: this.price?.nanoDollars }
    const computed = computeCosts(this.#config.costs, input, this.#estimates)
    for (const failure of computed.failures) this.#observer.costFailed({ exchangeId: this.#exchangeId, ...failure })
    this.usage = computed.estimated && !usage.flags.includes('estimated') ? { ...usage, flags: [...usage.flags, 'estimated'] } : usage
    this.values = computed.values
    if (usage.flags.includes('estimated')) this.#estimates = computed.values
  }

  /** Nothing is charged: refused, denied or failed. */
  cancel(): void {
    this.isCancelled = true
    this.usage = undefined
    this.price = undefined
    this.values = zeroCosts(this.#config.costs)
  }

  /** The values as they are written for the filters after us. */
  toMetadata(): Metadata {
    const values: Record<string, number> = {}
    for (const [cost, value] of this.values) values[cost] = value
    return { [METADATA_NAMESPACE]: values }
  }
}
