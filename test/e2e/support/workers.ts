// The workers of a `tollgate serve`, as its pages and its log show them.

import type { Sidecar } from './gateway.ts'
import { until } from './until.ts'

export interface SeenWorker {
  /** From 1. */
  readonly worker: number
  readonly state: string
  readonly pid: number
}

/** What /readyz says of them; those without a process are left out. */
export async function workersOf({ adminUrl }: Pick<Sidecar, 'adminUrl'>): Promise<readonly SeenWorker[]> {
  const text = await (await fetch(`${adminUrl}/readyz`)).text()
  return [...text.matchAll(/^worker (\d+): (\w+) \(process (\d+)\)$/gm)].map(([, worker, state = '', pid]) => ({ worker: Number(worker), state, pid: Number(pid) }))
}

/** Resolves when so many workers serve. */
export async function allServe(sidecar: Pick<Sidecar, 'adminUrl'>, workers: number): Promise<readonly SeenWorker[]> {
  return until(`${workers} workers serve`, async () => {
    const seen = await workersOf(sidecar)
    return seen.length === workers && seen.every(({ state }) => state === 'serving') && seen
  })
}

/** Exchanges in the log by the worker that served them, in the order of the workers. */
export function exchangesByWorker({ exchanges }: Pick<Sidecar, 'exchanges'>, workers: number): readonly number[] {
  const counts = Array.from({ length: workers }, () => 0)
  for (const { worker } of exchanges()) counts[Number(worker) - 1] = (counts[Number(worker) - 1] ?? 0) + 1
  return counts
}

/** The sum of all series of a metric whose line matches. */
export async function metricSum({ adminUrl }: Pick<Sidecar, 'adminUrl'>, line: RegExp): Promise<number> {
  const page = await (await fetch(`${adminUrl}/metrics`)).text()
  return page
    .split('\n')
    .filter((each) => line.test(each))
    .reduce((sum, each) => sum + Number(each.slice(each.lastIndexOf(' ') + 1)), 0)
}
