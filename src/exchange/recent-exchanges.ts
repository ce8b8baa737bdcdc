// The exchanges that ended last, so that somebody can ask about one of them. Bounded in number, in bytes and in configurations, since a summary keeps
// its own alive.

import type { Clock } from '../core/clock.ts'
import type { ExchangeSummary } from './summary.ts'

export interface RecentExchanges {
  add(summary: ExchangeSummary): void
  find(id: string): ExchangeSummary | undefined
  /** Every exchange that ended after it is here; milliseconds since 1970. */
  readonly sinceMs: number
}

export interface RecentExchangesOptions {
  readonly clock: Pick<Clock, 'now'>
  readonly maxEntries?: number
  /** By a guess of what a summary takes. */
  readonly maxBytes?: number
  readonly maxConfigs?: number
}

/** About an hour at three in a second. */
const MAX_ENTRIES = 10_000
/** Enough for most of those with three budgets each, which take 3.7 KB. */
const MAX_BYTES = 32 * 1024 * 1024
/** A configuration with a hundred models takes some 100 KB. */
const MAX_CONFIGS = 16

/** Measured on the heap, with short texts. */
const SUMMARY_BYTES = 1_700
const CLAIM_BYTES = 650

interface Entry {
  readonly summary: ExchangeSummary
  readonly bytes: number
  readonly endedAtMs: number
}

export function createRecentExchanges({ clock, maxEntries = MAX_ENTRIES, maxBytes = MAX_BYTES, maxConfigs = MAX_CONFIGS }: RecentExchangesOptions): RecentExchanges {
  // In the order in which they came, from `oldest` on and round again. Hardly anybody asks for one, so looking through all of them is cheaper than
  // a Map by their ids, which has to be kept for every exchange.
  const ring: (Entry | undefined)[] = []
  const places = maxEntries + 1
  let oldest = 0
  let count = 0
  const configs = new Map<ExchangeSummary['config'], number>()
  let bytesHeld = 0
  let sinceMs = clock.now()

  function account({ summary: { config }, bytes }: Entry, by: 1 | -1): void {
    bytesHeld += by * bytes
    const uses = (configs.get(config) ?? 0) + by
    if (uses === 0) configs.delete(config)
    else configs.set(config, uses)
  }

  const isFull = (): boolean => count > maxEntries || bytesHeld > maxBytes || configs.size > maxConfigs

  function makeRoom(): void {
    while (isFull()) {
      const entry = ring[oldest]
      if (entry === undefined) return
      ring[oldest] = undefined
      oldest = (oldest + 1) % places
      count -= 1
      account(entry, -1)
      sinceMs = entry.endedAtMs
    }
  }

  return {
    add(summary) {
      const entry = { summary, bytes: bytesOf(summary), endedAtMs: clock.now() }
      ring[(oldest + count) % places] = entry
      count += 1
      account(entry, 1)
      makeRoom()
    },
    find: (id) => ring.find((entry) => entry?.summary.exchangeId === id)?.summary,
    get sinceMs() {
      return sinceMs
    },
  }
}

/** What clients can make long, and what there can be many of. */
function bytesOf({ callerAttributes, reason, askedModel, decision, leftOut }: ExchangeSummary): number {
  let characters = (reason?.length ?? 0) + (askedModel?.length ?? 0)
  for (const [name, value] of callerAttributes) characters += name.length + value.length
  for (const text of leftOut) characters += text.length
  if (decision === undefined) return SUMMARY_BYTES + characters * 2
  const claims = [...decision.passedOver.flatMap((refusal) => refusal.claims), ...(decision.kind === 'admitted' ? decision.request.claims : decision.claims)]
  for (const { key } of claims) characters += key.length
  return SUMMARY_BYTES + claims.length * CLAIM_BYTES + characters * 2
}
