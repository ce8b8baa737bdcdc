// CPU time and memory of processes, as Linux counts them.

import { readFileSync } from 'node:fs'
import { childrenOf } from '../../e2e/support/tollgate-process.ts'

/** Clock ticks per second in /proc: 100 on every Linux that Node runs on (proc(5), USER_HZ). */
const TICKS_PER_SECOND = 100

/** Seconds of CPU that the process has used so far, all threads, user and system. */
export function cpuSeconds(pid: number): number {
  // The name, in parentheses, may hold anything; behind it utime and stime are fields 14 and 15 of the line, counted from 1.
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\)/s, '').trim().split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

/** Resident memory in MB. */
export function residentMb(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) / 1024
}

/** The process and those that it has started, as Tollgate's workers. */
export function familyOf(pid: number): readonly number[] {
  return [pid, ...childrenOf(pid).map((child) => child.pid)]
}

/** Seconds of CPU that the whole machine has worked so far, and those that its host took away. */
export function machineSeconds(): { readonly busy: number; readonly stolen: number } {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, stolen = 0] = readFileSync('/proc/stat', 'latin1').split('\n', 1)[0]?.split(/\s+/).slice(1).map(Number) ?? []
  return { busy: (user + nice + system + irq + softirq) / TICKS_PER_SECOND, stolen: stolen / TICKS_PER_SECOND }
}
