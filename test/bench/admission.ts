// How long a request waits for its budgets, without Envoy: the step from its headers and body to the reply, with budgets and without.
// Run: npm run bench:accuracy, whose last part it is, as the package is built; or npx tsx test/bench/admission.ts [--exchanges 10000], which is slower.

import { parseArgs } from 'node:util'
import type { Budget } from '../../src/budgets/budget.ts'
import type { BudgetStore } from '../../src/budgets/budget-store.ts'
import { createEstimator } from '../../src/budgets/estimator.ts'
import { createMemoryBudgetStore } from '../../src/budgets/memory-store.ts'
import { buildBudget, buildBudgets, createFakeTime } from '../support/build-budgets.ts'
import { buildConfig, buildModel, buildProvider } from '../support/build-config.ts'
import { connectedStore } from '../support/budget-store-harness.ts'
import { driveExchange } from '../support/drive-exchange.ts'
import { startRedis } from '../support/redis-server.ts'
import { median } from './support/overhead-table.ts'

interface AdmissionTimes {
  readonly store: string
  readonly budgets: number
  /** Milliseconds of the whole step, and how much more that is than without budgets. */
  readonly p50Ms: number
  readonly p99Ms: number
  readonly addedP50Ms: number
  /** CPU of this process that budgets add to an exchange, admission and settlement together, in microseconds: a busy machine changes it least. */
  readonly addedCpuUs: number
}

interface Arm {
  readonly name: string
  /** Of budgets. */
  readonly count: number
  readonly store: BudgetStore | undefined
}

interface Measured {
  readonly p50Ms: number
  readonly p99Ms: number
  readonly cpuUs: number
}

const nothing: Measured = { p50Ms: Number.NaN, p99Ms: Number.NaN, cpuUs: Number.NaN }

const budgets: readonly Budget[] = [
  buildBudget({ name: 'user-hour', per: ['user'], limit: 1e12 }),
  buildBudget({ name: 'team-month', per: ['team'], unit: { kind: 'usd' }, limit: 1e15, window: { kind: 'calendar', every: 'month', timeZone: 'Europe/Berlin', weekStart: 1, monthDay: 1 } }),
  buildBudget({ name: 'company', limit: 1e12, window: { kind: 'calendar', every: 'day', timeZone: 'UTC', weekStart: 1, monthDay: 1 } }),
]
const callers = [{ kind: 'headers' as const, attributes: new Map([['user', 'x-user-id'], ['team', 'x-team-id']]), models: undefined }]
const models = new Map([['gpt-4o', buildModel('gpt-4o', buildProvider('openai'))]])
const body = { model: 'gpt-4o', max_tokens: 500, messages: [{ role: 'user', content: 'word '.repeat(200) }] }
const answer = { choices: [{ index: 0, message: { role: 'assistant', content: 'hello' } }], usage: { prompt_tokens: 250, completion_tokens: 90, total_tokens: 340 } }
const ROUNDS = 7

/** One request after the other, the stores in turns, so that all find the machine alike. Medians over the rounds. */
async function measureAdmissions(exchanges: number): Promise<readonly AdmissionTimes[]> {
  const redis = await startRedis()
  const far = await connectedStore(redis.store)
  try {
    const arms: readonly Arm[] = [
      { name: 'none', count: 0, store: undefined },
      ...[1, 3].flatMap((count) => [{ name: 'memory', count, store: createMemoryBudgetStore() }, { name: 'Redis', count, store: far }]),
    ]
    const rounds: (readonly Measured[])[] = []
    for (let round = 0; round <= ROUNDS; round += 1) {
      const measured: Measured[] = []
      for (const arm of arms) measured.push(await measure(arm, round, Math.ceil(exchanges / ROUNDS)))
      // The first runs unoptimised code.
      if (round > 0) rounds.push(measured)
    }
    return arms.map(({ name, count }, index) => {
      const of = (read: (own: Measured, base: Measured) => number): number => median(rounds.map((measured) => read(measured[index] ?? nothing, measured[0] ?? nothing)))
      return {
        store: name,
        budgets: count,
        p50Ms: of(({ p50Ms }) => p50Ms),
        p99Ms: of(({ p99Ms }) => p99Ms),
        addedP50Ms: of((own, base) => own.p50Ms - base.p50Ms),
        addedCpuUs: of((own, base) => own.cpuUs - base.cpuUs),
      }
    })
  } finally {
    await far.close()
    await redis.stop()
  }
}

async function measure({ store, count }: Arm, round: number, exchanges: number): Promise<Measured> {
  const config = buildConfig({ models, callers, budgets: budgets.slice(0, count) })
  const estimator = createEstimator()
  const time = createFakeTime()
  const shared = store === undefined ? {} : { budgets: buildBudgets(time, { counters: store }) }
  const times: number[] = []
  const cpu = process.cpuUsage()
  for (let index = 0; index < exchanges; index += 1) {
    const driven = driveExchange({ config, estimator, time, id: `${String(round)}-${String(count)}-${String(index)}`, ...shared })
    const headers = { 'x-user-id': `user-${String(index % 100)}`, 'x-team-id': `team-${String(index % 10)}` }
    const from = performance.now()
    const action = await driven.request({ body, headers })
    times.push(performance.now() - from)
    if (action.kind !== 'pass') throw new Error('a request of the benchmark was refused')
    await driven.answer()
    await driven.body(answer)
  }
  const { user, system } = process.cpuUsage(cpu)
  times.sort((left, right) => left - right)
  return { p50Ms: times[Math.floor(times.length * 0.5)] ?? Number.NaN, p99Ms: times[Math.floor(times.length * 0.99)] ?? Number.NaN, cpuUs: (user + system) / exchanges }
}

const { values: options } = parseArgs({ options: { exchanges: { type: 'string', default: '10000' } } })
console.log(`The step from a request to its reply, in ms, one request after the other, ${options.exchanges} exchanges each:`)
for (const { store, budgets: count, p50Ms, p99Ms, addedP50Ms, addedCpuUs } of await measureAdmissions(Number(options.exchanges))) {
  const added = count === 0 ? '' : `; p50 +${addedP50Ms.toFixed(3)}, CPU of admission and settlement +${addedCpuUs.toFixed(0)} µs`
  console.log(`${store.padEnd(6)} ${String(count)} budgets: p50 ${p50Ms.toFixed(3)}, p99 ${p99Ms.toFixed(3)}${added}`)
}
