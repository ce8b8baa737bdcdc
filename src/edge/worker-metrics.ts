// How the processes that serve Envoy are, one series each.

import { Counter, Gauge, type Registry } from 'prom-client'

export interface WatchedWorker {
  /** From 1. */
  readonly worker: number
  readonly state: string
  /** How often it was started again. */
  readonly restarts: number
}

/** `look` is asked at every scrape. */
export function watchWorkers(registry: Registry, look: () => readonly WatchedWorker[]): void {
  const registers = [registry]
  const up: Gauge = new Gauge({
    name: 'tollgate_worker_up',
    help: '1: this worker serves Envoy. 0: it is being started again, or does not answer.',
    labelNames: ['worker'],
    registers,
    collect: () => {
      for (const { worker, state } of look()) up.set({ worker }, state === 'serving' ? 1 : 0)
    },
  })
  const restarts: Counter = new Counter({
    name: 'tollgate_worker_restarts_total',
    help: 'Times that this worker had ended and was started again.',
    labelNames: ['worker'],
    registers,
    collect: () => {
      restarts.reset()
      for (const each of look()) restarts.inc({ worker: each.worker }, each.restarts)
    },
  })
}
