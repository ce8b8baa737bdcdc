// Counters and histograms for the hot path, read by prom-client's registry. prom-client looks a series up by hashing its labels at every
// observation, which took a sixth of an exchange; here whoever observes keeps the series.

import type { Metric, Registry } from 'prom-client'

type Labels = Readonly<Record<string, string>>

/** What one series has counted since it was last asked; plain JSON. `counts`: bucket and observations in it. */
export type Increase = { readonly labels: Labels; readonly amount: number } | { readonly labels: Labels; readonly sum: number; readonly counts: readonly (readonly [number, number])[] }

/** A metric of ours that another process can count along with. */
export interface ForwardedMetric {
  readonly name: string
  /** What has not been taken before. */
  takeIncreases(): readonly Increase[]
  /** Counts what another process has counted. */
  add(increase: Increase): void
}

export interface SeriesOptions {
  readonly registry: Registry
  readonly name: string
  readonly help: string
}

/** One line of a counter or a gauge. */
export class Sum {
  value = 0
  #taken = 0

  add(amount: number): void {
    this.value += amount
  }

  /** Undefined when there is nothing new. */
  takeIncrease(labels: Labels): Increase | undefined {
    const amount = this.value - this.#taken
    this.#taken = this.value
    return amount === 0 ? undefined : { labels, amount }
  }

  addIncrease(increase: Increase): void {
    if ('amount' in increase) this.value += increase.amount
  }
}

/** One set of buckets. */
export class Distribution {
  readonly #bounds: readonly number[]
  /** Observations in each bucket alone; those above the last bound come last. */
  readonly counts: number[]
  sum = 0
  #takenSum = 0
  #takenCounts: readonly number[] | undefined

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds
    this.counts = Array.from({ length: bounds.length + 1 }, () => 0)
  }

  observe(value: number): void {
    let bucket = 0
    while (bucket < this.#bounds.length && value > this.#bounds[bucket]!) bucket += 1
    this.counts[bucket]! += 1
    this.sum += value
  }

  /** Undefined when there is nothing new. */
  takeIncrease(labels: Labels): Increase | undefined {
    const taken = this.#takenCounts
    const counts = this.counts.flatMap((count, bucket): (readonly [number, number])[] => (count === (taken?.[bucket] ?? 0) ? [] : [[bucket, count - (taken?.[bucket] ?? 0)]]))
    if (counts.length === 0) return undefined
    const sum = this.sum - this.#takenSum
    this.#takenSum = this.sum
    this.#takenCounts = [...this.counts]
    return { labels, sum, counts }
  }

  addIncrease(increase: Increase): void {
    if (!('counts' in increase)) return
    this.sum += increase.sum
    for (const [bucket, count] of increase.counts) this.counts[bucket]! += count
  }
}

/** All series of one counter (or gauge), made as they are asked for; keep what you got. */
export function createSums({ registry, name, help }: SeriesOptions, type: 'counter' | 'gauge' = 'counter'): (labels: Labels) => Sum {
  const series = new SeriesMap(() => new Sum())
  register(registry, { name, help, type, series, values: () => series.entries().map(([labels, { value }]) => ({ labels, value })) })
  return (labels) => series.get(labels)
}

/** All series of one histogram. `bounds`: upper ends of the buckets, ascending. */
export function createDistributions({ registry, name, help }: SeriesOptions, bounds: readonly number[]): (labels: Labels) => Distribution {
  const series = new SeriesMap(() => new Distribution(bounds))
  register(registry, { name, help, type: 'histogram', series, values: () => series.entries().flatMap(([labels, distribution]) => histogramLines(name, bounds, labels, distribution)) })
  return (labels) => series.get(labels)
}

interface Line {
  readonly metricName?: string
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
}

// Buckets are cumulative in Prometheus' text format.
function histogramLines(name: string, bounds: readonly number[], labels: Labels, { counts, sum }: Distribution): Line[] {
  const lines: Line[] = []
  let count = 0
  for (const [bucket, inBucket] of counts.entries()) {
    count += inBucket
    lines.push({ metricName: `${name}_bucket`, labels: { le: bounds[bucket] ?? '+Inf', ...labels }, value: count })
  }
  return [...lines, { metricName: `${name}_sum`, labels, value: sum }, { metricName: `${name}_count`, labels, value: count }]
}

interface Series {
  takeIncrease(labels: Labels): Increase | undefined
  addIncrease(increase: Increase): void
}

class SeriesMap<Kind extends Series> {
  readonly #create: () => Kind
  readonly #byKey = new Map<string, readonly [Labels, Kind]>()

  constructor(create: () => Kind) {
    this.#create = create
  }

  get(labels: Labels): Kind {
    const key = JSON.stringify(labels)
    let entry = this.#byKey.get(key)
    if (entry === undefined) {
      entry = [labels, this.#create()]
      this.#byKey.set(key, entry)
    }
    return entry[1]
  }

  entries(): (readonly [Labels, Kind])[] {
    return [...this.#byKey.values()]
  }
}

function register(registry: Registry, { name, help, type, series, values }: { name: string; help: string; type: string; series: SeriesMap<Series>; values: () => Line[] }): void {
  const forwarded: ForwardedMetric = {
    name,
    takeIncreases: () => series.entries().flatMap(([labels, each]) => each.takeIncrease(labels) ?? []),
    add: (increase) => series.get(increase.labels).addIncrease(increase),
  }
  const metric = { name, help, get: () => Promise.resolve({ name, help, type, aggregator: 'sum', values: values() }), reset: () => undefined }
  // What a process has open now is no count: it must be gone when the process is.
  const registered = type === 'gauge' ? metric : { ...metric, ...forwarded }
  // The registry asks nothing else of a metric than its name and get(); its type wants one of prom-client's own classes.
  registry.registerMetric(registered as unknown as Metric)
}
