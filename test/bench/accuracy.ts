// Whether budgets hold. 500 clients at once on a budget for 10 average requests, half-used budgets, clients that leave in the middle: through a real Envoy,
// for each store and number of processes, and for the rate limit service beside it, which checks first and charges afterwards.
// Run: npm run bench:accuracy [-- --quick] [-- --rounds 5 --arms memory-1,redis-2x1 --seed 1]; needs ENVOY_BIN or TOLLGATE_ENVOY_1_40_0, and redis-server.
// Ends with 1 when a guarantee was broken. docs/accuracy.md explains the table.

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { build } from 'esbuild'
import { envoyBinary } from '../e2e/support/envoy-binaries.ts'
import { buildProgram } from '../e2e/support/gateway.ts'
import { createRandom } from '../support/random.ts'
import { type ArmName, armNames, AVERAGE_REQUEST, CROWD_LIMIT, type Mode, reserves, startArm } from './support/accuracy-arms.ts'
import { type ClientsOptions, CROWD, crowd, halfLoad, holdsLeft, learn, leaveInTheMiddle, LEARNING_REQUESTS, type Round } from './support/accuracy-clients.ts'
import { accuracyTable, type ArmResult, brokenGuarantees } from './support/accuracy-table.ts'

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    arms: { type: 'string', default: armNames.join(',') },
    seed: { type: 'string', default: '1' },
  },
})
const isQuick = options.quick
const rounds = Number(options.rounds ?? (isQuick ? 1 : 5))
/** Users at half load, of each mode, and how long they take. */
const half = isQuick ? { users: 1, windowMs: 10_000 } : { users: 3, windowMs: 20_000 }

console.log(`Node ${process.version}, Envoy ${envoyBinary('1.40').release}; ${String(rounds)} rounds of ${String(CROWD)} clients at once on ${String(CROWD_LIMIT)} average requests of ${String(AVERAGE_REQUEST)} tokens`)
console.log(`Output log-normal, sigma 1, after ${String(LEARNING_REQUESTS)} learning requests; seed ${options.seed}\n`)

buildProgram()
const results: ArmResult[] = []
// Misspelt names fail at their first use.
for (const name of options.arms.split(',') as ArmName[]) {
  const result = await measureArm(name)
  results.push(result)
  console.log(`${name}: ${result.crowds.map(describeRound).join('; ')}`)
}
console.log(`\n${accuracyTable(results)}\n`)

await measureAdmissions(isQuick ? 3_000 : 15_000)

const broken = brokenGuarantees(results)
for (const sentence of broken) console.log(`BROKEN: ${sentence}`)
if (broken.length === 0) console.log('\nNo guarantee was broken: worst_case stayed within the limit in every round, counters say what the answers say, nothing is held after the hold time.')
process.exitCode = broken.length === 0 ? 0 : 1

async function measureArm(name: ArmName): Promise<ArmResult> {
  const held = await withArm(name, 'budgets', async (clients) => {
    await learn(clients)
    const measured = await measureModes(clients, reserves)
    for (const reserve of reserves) await leaveInTheMiddle(clients, `half-${reserve}-leaving`)
    return { ...measured, holds: await holdsLeft(clients.arm) }
  })
  const limited = await withArm(name, 'limits', async (clients) => {
    await learn(clients)
    return measureModes(clients, ['limits'])
  })
  return { arm: name, crowds: [...held.crowds, ...limited.crowds], halves: [...held.halves, ...limited.halves], holds: held.holds }
}

async function withArm<Result>(name: ArmName, kind: 'budgets' | 'limits', work: (clients: ClientsOptions) => Promise<Result>): Promise<Result> {
  const arm = await startArm(name, kind)
  try {
    return await work({ arm, random: createRandom(Number(options.seed)) })
  } finally {
    await arm.stop()
  }
}

async function measureModes(clients: ClientsOptions, of: readonly Mode[]): Promise<Pick<ArmResult, 'crowds' | 'halves'>> {
  const crowds: Round[] = []
  for (let round = 0; round < rounds; round += 1) for (const mode of of) crowds.push(await crowd(clients, mode, `${mode}-${String(round)}`))
  const users = of.flatMap((mode) => Array.from({ length: half.users }, (_, index): readonly [Mode, string] => [mode, `half-${mode}-${String(index)}`]))
  return { crowds, halves: await Promise.all(users.map(async ([mode, user]) => halfLoad(clients, mode, user, half.windowMs))) }
}

function describeRound({ mode, admitted, spent, failed }: Round): string {
  return `${mode} ${String(admitted)} admitted, ${String(spent)} spent${failed === 0 ? '' : `, ${String(failed)} errors`}`
}

/** Bundled as the package is: from the sources, tsx names every function again whenever it is created. */
async function measureAdmissions(exchanges: number): Promise<void> {
  // Below the root, where packages are found.
  const outfile = fileURLToPath(new URL('../../node_modules/.cache/tollgate-bench/admission.mjs', import.meta.url))
  await build({ entryPoints: [fileURLToPath(new URL('admission.ts', import.meta.url))], outfile, bundle: true, packages: 'external', platform: 'node', format: 'esm', target: 'node20.15', logLevel: 'warning' })
  const { stdout } = await promisify(execFile)(process.execPath, [outfile, '--exchanges', String(exchanges)])
  console.log(stdout)
}
