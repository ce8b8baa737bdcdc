// Counts of several processes in one registry. Each process tells what it has counted since it last did, so that nothing is lost but the
// last moment when one dies, and no counter ever falls. What a process is (memory, open calls) is asked of those that live, and joined.

import { AggregatorRegistry, Counter, type Registry } from 'prom-client'
import type { ForwardedMetric, Increase } from './series.ts'

/** Metric name → what it has counted. Plain JSON. */
export type Counted = Readonly<Record<string, readonly Increase[]>>
/** Metrics that are no counts, as they are now, in prom-client's own form. Plain JSON. */
export type State = readonly (Readonly<Record<string, unknown>> & { readonly name: string; readonly aggregator: string })[]

export interface CountForwarder {
  /** What we have counted since the last time; undefined when nothing was. Cheap enough to be asked all the time. */
  take(): Counted | undefined
  /** The same, and the CPU time of the process. */
  takeAll(): Promise<Counted | undefined>
  state(): Promise<State>
}

/** For the process that counts. */
export function createCountForwarder(registry: Registry): CountForwarder {
  /** Of prom-client's own counters, by name and labels. */
  const taken = new Map<string, number>()

  function takeOurs(): Record<string, readonly Increase[]> {
    const counted: Record<string, readonly Increase[]> = {}
    for (const metric of metricsOf(registry)) {
      const increases = isForwarded(metric) ? metric.takeIncreases() : []
      if (increases.length > 0) counted[metric.name] = increases
    }
    return counted
  }

  async function takeFrom(counter: Counter): Promise<readonly Increase[]> {
    const { name, values } = await counter.get()
    return values.flatMap(({ labels, value }) => {
      const key = `${name} ${JSON.stringify(labels)}`
      const amount = value - (taken.get(key) ?? 0)
      taken.set(key, value)
      // Those of prom-client have no labels.
      return amount === 0 ? [] : [{ labels: labels as Increase['labels'], amount }]
    })
  }

  return {
    take: () => unlessEmpty(takeOurs()),
    async takeAll() {
      const counted = takeOurs()
      for (const metric of metricsOf(registry)) {
        const increases = metric instanceof Counter ? await takeFrom(metric) : []
        if (increases.length > 0) counted[metric.name] = increases
      }
      return unlessEmpty(counted)
    },
    async state() {
      const uncounted = metricsOf(registry).filter((metric) => !isForwarded(metric) && !(metric instanceof Counter))
      return Promise.all(uncounted.map((metric) => metric.get()))
    },
  }
}

function unlessEmpty(counted: Counted): Counted | undefined {
  return Object.keys(counted).length === 0 ? undefined : counted
}

interface RegisteredMetric {
  readonly name: string
  get(): Promise<State[number]>
}

/** What a registry asks of its metrics, ours (series.ts) and prom-client's own. */
function metricsOf(registry: Registry): readonly RegisteredMetric[] {
  return registry.getMetricsAsArray() as unknown as readonly RegisteredMetric[]
}

/** For the process that is asked for metrics. Throws when it does not know one of them: the processes are no copies of one program. */
export function addCounted(registry: Registry, counted: Counted): void {
  for (const [name, increases] of Object.entries(counted)) {
    const metric: unknown = registry.getSingleMetric(name)
    if (isForwarded(metric)) for (const increase of increases) metric.add(increase)
    else if (metric instanceof Counter) for (const increase of increases) metric.inc(increase.labels, 'amount' in increase ? increase.amount : 0)
    else throw new TypeError(`nobody here counts ${name}`)
  }
}

/** The page of metrics: the registry's own, and the state of other processes joined to it. */
export async function joinMetrics(registry: Registry, others: readonly State[]): Promise<string> {
  const joined = new Set(others.flat().map(({ name }) => name))
  const own = await createCountForwarder(registry).state()
  const states = [own.filter(({ name }) => joined.has(name)), ...others].map((state) => state.map((metric) => ({ ...metric, aggregator: howToJoin(metric) })))
  const names = registry.getMetricsAsArray().map(({ name }) => name)
  const parts = await Promise.all(names.filter((name) => !joined.has(name)).map((name) => registry.getSingleMetricAsString(name)))
  // prom-client reads these fields and no others.
  const rest = await AggregatorRegistry.aggregate(states as unknown as object[]).metrics()
  return `${parts.join('\n\n')}\n\n${rest}`
}

/** Of delays the longest one counts: an average would hide a process that is stuck among others that are not. */
function howToJoin({ name, aggregator }: State[number]): string {
  if (name.startsWith('nodejs_eventloop_lag_') && name !== 'nodejs_eventloop_lag_min_seconds') return 'max'
  return name === 'process_start_time_seconds' ? 'first' : aggregator
}

function isForwarded<Metric>(metric: Metric): metric is Metric & ForwardedMetric {
  return typeof metric === 'object' && metric !== null && 'takeIncreases' in metric
}
