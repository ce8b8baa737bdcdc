// The windows of a run as one table for each workload: medians over the rounds, differences taken within a round.

import type { Window } from '../overhead.ts'
import { workloads, type WorkloadName } from './workloads.ts'

const HEADER = ['arm', 'added p50 ms', 'added p99 ms', 'processor CPU µs', 'of do-nothing', 'per message µs', 'Envoy CPU µs', 'processor MB', 'messages', 'exchanges/s']

/** Markdown. */
export function overheadTable(windows: readonly Window[]): string {
  const names = [...new Set(windows.map((window) => window.workload))]
  return names.map((name) => workloadTable(name, windows.filter((window) => window.workload === name))).join('\n\n')
}

function workloadTable(name: WorkloadName, windows: readonly Window[]): string {
  const arms = [...new Set(windows.map((window) => window.arm))]
  const rows = arms.map((arm) => {
    const own = windows.filter((window) => window.arm === arm)
    const cpu = median(own.map((window) => window.processorCpu))
    const messages = median(own.map((window) => window.messages))
    return [
      arm,
      added(own, windows, (window) => window.load.p50Ms),
      added(own, windows, (window) => window.load.p99Ms),
      cpu === 0 ? '–' : cpu.toFixed(0),
      ratio(own, windows),
      messages === 0 ? '–' : (cpu / messages).toFixed(1),
      median(own.map((window) => window.envoyCpu)).toFixed(0),
      cpu === 0 ? '–' : Math.max(...own.map((window) => window.processorMb)).toFixed(0),
      messages.toFixed(1),
      median(own.map((window) => window.load.perSecond)).toFixed(0),
    ]
  })
  const lines = [HEADER, HEADER.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)
  return `${workloads[name].title}\n\n${lines.join('\n')}`
}

function added(own: readonly Window[], all: readonly Window[], read: (window: Window) => number): string {
  const differences = own.flatMap((window) => all.filter((other) => other.arm === 'plain' && other.round === window.round).map((plain) => read(window) - read(plain)))
  return differences.length === 0 || own[0]?.arm === 'plain' ? '–' : median(differences).toFixed(2)
}

function ratio(own: readonly Window[], all: readonly Window[]): string {
  const ratios = own.flatMap((window) => all.filter((other) => other.arm === 'noop' && other.round === window.round).map((noop) => window.processorCpu / noop.processorCpu))
  return ratios.length === 0 || own[0]?.arm === 'plain' ? '–' : median(ratios).toFixed(2)
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right)
  const middle = sorted.length / 2
  const upper = sorted[Math.floor(middle)] ?? Number.NaN
  return Number.isInteger(middle) ? ((sorted[middle - 1] ?? Number.NaN) + upper) / 2 : upper
}
