// What Tollgate costs on top of Envoy: one Envoy binary, arms that take turns, so that a noisy machine hits all of them alike.
// Run: npx tsx test/bench/overhead.ts [--seconds 6] [--rounds 3] [--connections 32] [--arms a,b] [--workloads a,b] [--json file]
// Needs ENVOY_BIN or TOLLGATE_ENVOY_1_40_0. docs/performance.md explains the numbers.

import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { parseArgs, promisify } from 'node:util'
import { envoyBinary } from '../e2e/support/envoy-binaries.ts'
import type { LoadOptions, LoadResult } from './support/load-generator.ts'
import { overheadTable } from './support/overhead-table.ts'
import { cpuSeconds, familyOf, machineSeconds, residentMb } from './support/process-usage.ts'
import { type Arm, type ArmName, type Stack, startStack } from './support/start-arms.ts'
import { workloads, type WorkloadName } from './support/workloads.ts'

/** One arm under one workload for one time. CPU in µs per exchange. */
export interface Window {
  readonly arm: ArmName
  readonly workload: WorkloadName
  readonly round: number
  readonly load: LoadResult
  readonly processorCpu: number
  readonly envoyCpu: number
  readonly providerCpu: number
  readonly processorMb: number
  readonly envoyMb: number
  /** ext_proc messages that Envoy sent per exchange: chunks that arrive together are one message. */
  readonly messages: number
  /** Cores that others used meanwhile, and that the host of this machine took away. */
  readonly foreignCores: number
}

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '6' },
    rounds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '32' },
    arms: { type: 'string', default: 'plain,noop,noop-handler,fixed-answers,tollgate,tollgate-workers,tollgate-limits' },
    workloads: { type: 'string', default: Object.keys(workloads).join(',') },
    json: { type: 'string' },
    'node-arguments': { type: 'string', default: '' },
  },
})
const seconds = Number(options.seconds)
const connections = Number(options.connections)
// Misspelt names fail at their first use.
const armNames = options.arms.split(',') as ArmName[]
const workloadNames = options.workloads.split(',') as WorkloadName[]
const WARM_SECONDS = 1

const envoy = envoyBinary('1.40')
const stack = await startStack({ envoy, arms: armNames, nodeArguments: options['node-arguments'].split(' ').filter((argument) => argument !== '') })
const windows: Window[] = []
try {
  console.log(`Node ${process.version}, Envoy ${envoy.release}, ${connections} connections, ${options.rounds} rounds of ${seconds} s`)
  for (const workload of workloadNames) {
    // The first requests of a process run unoptimised code.
    for (const arm of stack.arms) await load(stack, { port: arm.port, workload, connections, warmSeconds: 0, seconds: Math.min(2, seconds) })
    for (let round = 0; round < Number(options.rounds); round += 1) {
      for (const arm of rotate(stack.arms, round)) {
        const window = await measure(stack, arm, workload, round)
        windows.push(window)
        console.log(describe(window))
      }
    }
  }
} finally {
  await stack.stop()
}
console.log(`\n${overheadTable(windows)}`)
if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(windows, undefined, 1)}\n`)

async function measure(running: Stack, arm: Arm, workload: WorkloadName, round: number): Promise<Window> {
  const processor = (): number => (arm.processorPid === undefined ? 0 : sum(familyOf(arm.processorPid).map(cpuSeconds)))
  const before = { processor: processor(), envoy: cpuSeconds(arm.envoyPid), provider: cpuSeconds(running.providerPid), messages: await messagesSent(arm), machine: machineSeconds(), at: performance.now() }
  const result = await load(running, { port: arm.port, workload, connections, warmSeconds: WARM_SECONDS, seconds })
  const elapsed = (performance.now() - before.at) / 1000
  const machine = machineSeconds()
  const used = { processor: processor() - before.processor, envoy: cpuSeconds(arm.envoyPid) - before.envoy, provider: cpuSeconds(running.providerPid) - before.provider }
  const perExchange = (value: number): number => value / Math.max(1, result.exchanges)
  const ours = used.processor + used.envoy + used.provider + result.cpuSeconds
  return {
    arm: arm.name,
    workload,
    round,
    load: result,
    processorCpu: perExchange(used.processor) * 1e6,
    envoyCpu: perExchange(used.envoy) * 1e6,
    providerCpu: perExchange(used.provider) * 1e6,
    processorMb: arm.processorPid === undefined ? 0 : sum(familyOf(arm.processorPid).map(residentMb)),
    envoyMb: residentMb(arm.envoyPid),
    messages: perExchange((await messagesSent(arm)) - before.messages),
    foreignCores: Math.max(0, machine.busy - before.machine.busy - ours + machine.stolen - before.machine.stolen) / elapsed,
  }
}

async function load(running: Stack, parameters: LoadOptions): Promise<LoadResult> {
  const { stdout } = await promisify(execFile)(process.execPath, [running.loadGenerator, JSON.stringify(parameters)])
  // Printed by load-generator.ts.
  return JSON.parse(stdout) as LoadResult
}

async function messagesSent(arm: Arm): Promise<number> {
  const text = await (await fetch(`${arm.adminUrl}/stats?filter=ext_proc.*stream_msgs_sent`)).text()
  // Of both stages, wherever one is.
  return [...text.matchAll(/stream_msgs_sent: (\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0)
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

function rotate<T>(items: readonly T[], by: number): readonly T[] {
  const at = by % items.length
  return [...items.slice(at), ...items.slice(0, at)]
}

function describe({ arm, workload, round, load: { exchanges, perSecond, p50Ms, p99Ms, errors, firstError }, processorCpu, envoyCpu, providerCpu, processorMb, messages, foreignCores }: Window): string {
  const problem = errors === 0 ? '' : `  ${errors} ERRORS: ${firstError}`
  return `${workload.padEnd(12)} round ${round} ${arm.padEnd(15)} ${String(exchanges).padStart(6)} exchanges ${perSecond.toFixed(0).padStart(5)}/s  p50 ${p50Ms.toFixed(2)} p99 ${p99Ms.toFixed(2)} ms  CPU µs: processor ${processorCpu.toFixed(0)} Envoy ${envoyCpu.toFixed(0)} provider ${providerCpu.toFixed(0)}  ${messages.toFixed(1)} messages  ${processorMb.toFixed(0)} MB  others ${foreignCores.toFixed(2)} cores${problem}`
}
