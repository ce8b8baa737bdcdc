// Counters and histograms for the hot path, read by prom-client's registry. prom-client looks a series up by hashing its labels at every
// observation, which took a sixth of an exchange; here whoever observes keeps the series.

import type { Metric, Registry } from 'prom-client'

type Labels = Readonly<Record<string, string>>

export interface SeriesOptions {
  readonly registry: Registry
  readonly name: string
  readonly help: string
}

/** One line of a counter or a gauge. */
export class Sum {
  value = 0

  add(amount: number): void {
    this.value += amount
  }
}

/** One set of buckets. */
export class Distribution {
  readonly #bounds: readonly number[]
  /** Observations in each bucket alone; those above the last bound come last. */
  readonly counts: number[]
  sum = 0

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
}

/** All series of one counter (or gauge), made as they are asked for; keep what you got. */
export function createSums({ registry, name, help }: SeriesOptions, type: 'counter' | 'gauge' = 'counter'): (labels: Labels) => Sum {
  const series = new SeriesMap(() => new Sum())
  register(registry, { name, help, type, values: () => series.entries().map(([labels, { value }]) => ({ labels, value })) })
  return (labels) => series.get(labels)
}

/** All series of one histogram. `bounds`: upper ends of the buckets, ascending. */
export function createDistributions({ registry, name, help }: SeriesOptions, bounds: readonly number[]): (labels: Labels) => Distribution {
  const series = new SeriesMap(() => new Distribution(bounds))
  register(registry, { name, help, type: 'histogram', values: () => series.entries().flatMap(([labels, distribution]) => histogramLines(name, bounds, labels, distribution)) })
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

class SeriesMap<Series> {
  readonly #create: () => Series
  readonly #byKey = new Map<string, readonly [Labels, Series]>()

  constructor(create: () => Series) {
    this.#create = create
  }

  get(labels: Labels): Series {
    const key = JSON.stringify(labels)
    let entry = this.#byKey.get(key)
    if (entry === undefined) {
      entry = [labels, this.#create()]
      this.#byKey.set(key, entry)
    }
    return entry[1]
  }

  entries(): (readonly [Labels, Series])[] {
    return [...this.#byKey.values()]
  }
}

function register(registry: Registry, { name, help, type, values }: { name: string; help: string; type: string; values: () => Line[] }): void {
  const metric = { name, help, get: () => Promise.resolve({ name, help, type, aggregator: 'sum', values: values() }), reset: () => undefined }
  // The registry asks nothing else of a metric than its name and get(); its type wants one of prom-client's own classes.
  registry.registerMetric(metric as unknown as Metric)
}
