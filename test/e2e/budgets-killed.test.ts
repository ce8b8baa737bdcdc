// kill -9 in the middle of 200 streams: of the processor, of Redis, of Envoy. Afterwards the counters say what the provider has served, as far as it was
// answered, and flagged estimates for the rest; nothing is charged twice, and nothing stays held.

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it, type TestContext } from 'node:test'
import { Redis } from 'ioredis'
import { renderBootstrap } from '../../src/envoy/render.ts'
import { type MockProvider, startMockProvider } from '../../src/mock/mock-provider.ts'
import { type RedisServer, startRedis } from '../support/redis-server.ts'
import { type Answered, checkBooks, settledBooks } from './support/budget-books.ts'
import { ask, endsOf, openStreams, STREAM_TOKENS, WHOLE_TOKENS } from './support/budget-clients.ts'
import { type Cleanup, createCleanup } from './support/cleanup.ts'
import { envoyBinary } from './support/envoy-binaries.ts'
import { buildProgram, type Gateway, startGateway, startSidecar } from './support/gateway.ts'
import { startEnvoy } from './support/start-envoy.ts'
import { until } from './support/until.ts'
import { allServe } from './support/workers.ts'

const STREAMS = 200
const ANSWERED_BEFORE = 60
/** By what becomes of their requests while the counters are away. */
const users = ['deny', 'allow', 'local'] as const
/** Of `local`, in tokens: a hundredth of the limit. */
const LOCAL_SHARE = 2_000

const budgetOf = (user: (typeof users)[number]) =>
  `  - {name: ${user}, per: [user], where: {user: ${user}}, limit: {tokens: ${String(100 * LOCAL_SHARE)}}, every: year, hold_ttl: 10s, on_store_failure: ${user}${user === 'local' ? ', local_share: 1%' : ''}}`
const yaml = (mockPort: number, store: string) => `
providers: {mock: {api: openai, url: "http://127.0.0.1:${String(mockPort)}"}}
models: {gpt: {providers: [mock]}}
callers: [{headers: {user: x-user-id}}]
store: ${store}
ledger: {path: ledger}
budgets:
${users.map(budgetOf).join('\n')}
`
const socketOf = ({ store }: RedisServer): string => `"unix:${store.kind === 'redis' ? store.url : ''}"`

describe('budgets after kill -9', () => {
  let cleanup: Cleanup
  let mock: MockProvider
  beforeEach(async () => {
    cleanup = createCleanup()
    mock = cleanup.defer(await startMockProvider({ api: 'openai', address: '127.0.0.1:0' }), (started) => started.close())
  })
  afterEach(() => cleanup.run())

  const start = async (store: string): Promise<Gateway> => cleanup.defer(await startGateway({ yaml: yaml(mock.port, store) }), (started) => started.stop())
  const startStore = async (options: Parameters<typeof startRedis>[0] = {}): Promise<RedisServer> => cleanup.defer(await startRedis(options), (started) => started.stop())

  /** Whole answers, all of which must come. */
  async function answered(gateway: Gateway): Promise<readonly Answered[]> {
    const answers = await ask(gateway.url, users, ANSWERED_BEFORE)
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
    return answers
  }

  async function killProcessor(test: TestContext, store: string): Promise<void> {
    const gateway = await start(store)
    const before = await answered(gateway)
    const streams = await openStreams(gateway.url, { users, count: STREAMS, chunks: [10, 240], everyMs: 100 })
    gateway.process.kill('SIGKILL')
    const ends = await endsOf(streams)
    const again = cleanup.defer(await startSidecar({ configPath: gateway.configPath }), (started) => started.stop())
    const books = await settledBooks(again, ANSWERED_BEFORE + STREAMS)
    const estimated = checkBooks(books, { answered: [...before, ...ends.answered], cut: ends.cut, cutTokens: STREAM_TOKENS, mock })
    test.diagnostic(`${String(ends.answered.length)} of ${String(STREAMS)} streams had been answered, ${String(estimated)} exchanges are charged by estimates: ${String(books.used)} tokens`)
    assert.ok(estimated > 0)
    // Envoy finds the new process by itself.
    await until('it serves again', async () => (await ask(gateway.url, ['deny'], 1))[0]?.status === 200)
  }

  it('of the processor, with counters in memory: the next one has them', async (test) => {
    await killProcessor(test, 'memory')
  })

  it('of the processor, with counters in Redis: holds that nobody renews are charged', async (test) => {
    await killProcessor(test, socketOf(await startStore()))
  })

  it('of one of four workers: the others go on, and what it held is charged', async (test) => {
    buildProgram()
    const gateway = cleanup.defer(await startGateway({ yaml: `${yaml(mock.port, 'memory')}\nworkers: 4`, built: true }), (started) => started.stop())
    const before = await answered(gateway)
    const streams = await openStreams(gateway.url, { users, count: STREAMS, chunks: [40, 80], everyMs: 100 })
    const [, victim] = await allServe(gateway, 4)
    assert.ok(victim !== undefined)
    process.kill(victim.pid, 'SIGKILL')
    const ends = await endsOf(streams)
    const books = await settledBooks(gateway, ANSWERED_BEFORE + STREAMS)
    const estimated = checkBooks(books, { answered: [...before, ...ends.answered], cut: ends.cut, cutTokens: STREAM_TOKENS, mock })
    assert.ok(estimated > 0 && ends.answered.length > STREAMS / 2, `${String(ends.answered.length)} answered, ${String(estimated)} estimated`)
    test.diagnostic(`${String(ends.answered.length)} of ${String(STREAMS)} streams were answered, ${String(estimated)} exchanges are charged by estimates`)
  })

  async function killRedis(test: TestContext, keepsData: boolean): Promise<void> {
    const directory = cleanup.defer(await mkdtemp(join(tmpdir(), 'tollgate-redis-')), (path) => rm(path, { recursive: true, force: true }))
    const redis = await startStore({ directory })
    const gateway = await start(socketOf(redis))
    const before = await answered(gateway)
    const streams = await openStreams(gateway.url, { users, count: STREAMS, chunks: [50, 120], everyMs: 100 })
    if (keepsData) await save(redis)
    process.kill(redis.pid, 'SIGKILL')

    const denied = await ask(gateway.url, ['deny'], 10)
    const allowed = await ask(gateway.url, ['allow'], 10)
    const local = await ask(gateway.url, ['local'], 20)
    assert.deepEqual([...new Set(denied.map(({ status }) => status))], [503])
    assert.deepEqual([...new Set(allowed.map(({ status }) => status))], [200])
    const served = local.filter(({ status }) => status === 200)
    assert.ok(served.length > 0 && served.length * WHOLE_TOKENS <= LOCAL_SHARE, `${String(served.length)} served by the local share`)
    assert.deepEqual([...new Set(local.map(({ status }) => status))].toSorted((a, b) => a - b), [200, 429])

    await startStore({ directory })
    const ends = await endsOf(streams)
    assert.deepEqual(ends.cut, [], 'no stream notices')
    const all = [...before, ...ends.answered, ...allowed, ...served]
    const tokens = all.reduce((sum, each) => sum + each.tokens, 0)
    // Some come late to the counters: what was owed, and what the ledger gives back.
    const books = await until('the counters have all that was served', async () => {
      const read = await settledBooks(gateway, all.length)
      return read.used >= tokens && read
    })
    assert.equal(checkBooks(books, { answered: all, cut: [], cutTokens: 0, mock }), 0)
    const { total } = mock.served()
    assert.equal(books.used, total.inputTokens + total.outputTokens)
    test.diagnostic(`${String(all.length)} answers, ${String(books.used)} tokens served and charged; ${String(served.length)} by the local share while Redis was away`)
    assert.equal((await ask(gateway.url, ['deny'], 1))[0]?.status, 200)
  }

  it('of Redis, which comes back with its data', async (test) => {
    await killRedis(test, true)
  })

  it('of Redis, which comes back with nothing: the ledger gives it back', async (test) => {
    await killRedis(test, false)
  })

  it('of Envoy: what was cut is charged by what had come of it', async (test) => {
    const gateway = await start('memory')
    const before = await answered(gateway)
    const streams = await openStreams(gateway.url, { users, count: STREAMS, chunks: [10, 240], everyMs: 100 })
    process.kill(gateway.envoy.pid, 'SIGKILL')
    const ends = await endsOf(streams)
    const books = await settledBooks(gateway, ANSWERED_BEFORE + STREAMS)
    const estimated = checkBooks(books, { answered: [...before, ...ends.answered], cut: ends.cut, cutTokens: STREAM_TOKENS, mock })
    assert.ok(estimated > 0)
    test.diagnostic(`${String(ends.answered.length)} of ${String(STREAMS)} streams had been answered, ${String(estimated)} exchanges are charged by estimates`)
    const envoy = cleanup.defer(await startEnvoy({ binary: envoyBinary('1.40').path, bootstrap: renderBootstrap(gateway.config, { accessLog: false }).bootstrap }), (started) => started.stop())
    assert.equal((await ask(envoy.url, ['deny'], 1))[0]?.status, 200)
    const { rows, used } = await settledBooks(gateway, ANSWERED_BEFORE + STREAMS + 1)
    assert.deepEqual([rows.length, used], [ANSWERED_BEFORE + STREAMS + 1, books.used + WHOLE_TOKENS])
  })
})

async function save({ address }: RedisServer): Promise<void> {
  const client = new Redis({ ...address })
  await client.save()
  client.disconnect()
}
