// From usage to the numbers that the rate limit charge will carry. Envoy makes that charge when the stream is over, with the
// last metadata we wrote, so whatever is written here must always be right for "the client leaves now".

import type { RuntimeConfig } from '../config/runtime-config.ts'
import type { Usage } from '../core/usage.ts'
import { computeCosts, zeroCosts } from '../costs/compute-costs.ts'
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
  readonly #config: RuntimeConfig
  readonly #exchangeId: string
  readonly #observer: ExchangeObserver
  /** What a cost whose expression fails is charged instead. */
  #estimates: ReadonlyMap<string, number> | undefined

  constructor(config: RuntimeConfig, exchangeId: string, observer: ExchangeObserver) {
    this.#config = config
    this.#exchangeId = exchangeId
    this.#observer = observer
    this.values = zeroCosts(config.costs)
  }

  /** Charges `usage`, as answered by `served`. */
  set(usage: Usage, served: Served): void {
    const computed = computeCosts(this.#config.costs, { usage, model: served.upstreamModel, backend: served.provider, routeName: '' }, this.#estimates)
    for (const failure of computed.failures) this.#observer.costFailed({ exchangeId: this.#exchangeId, ...failure })
    this.usage = computed.estimated && !usage.flags.includes('estimated') ? { ...usage, flags: [...usage.flags, 'estimated'] } : usage
    this.values = computed.values
    if (usage.flags.includes('estimated')) this.#estimates = computed.values
  }

  /** Nothing is charged: refused, denied or failed. */
  cancel(): void {
    this.usage = undefined
    this.values = zeroCosts(this.#config.costs)
  }

  /** The values as a metadata namespace. */
  toMetadata(): Readonly<Record<string, number>> {
    const metadata: Record<string, number> = {}
    for (const [cost, value] of this.values) metadata[cost] = value
    return metadata
  }
}
