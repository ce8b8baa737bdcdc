// One Envoy, several processes: who serves, what they share, and what is left when one of them dies.

import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { startMockProvider } from '../../src/mock/mock-provider.ts'
import { type Cleanup, createCleanup } from './support/cleanup.ts'
import { type EnvoyBinary, envoyBinary, envoysUnderTest } from './support/envoy-binaries.ts'
import { buildProgram, type Gateway, startGateway } from './support/gateway.ts'
import { type OpenStream, openStream } from './support/open-stream.ts'
import { type Client, createClient, inParallel } from './support/send.ts'
import { isRunning } from './support/tollgate-process.ts'
import { until } from './support/until.ts'
import { startUpstream, type Upstream } from './support/upstream.ts'
import { allServe, exchangesByWorker, metricSum, type SeenWorker, workersOf } from './support/workers.ts'

const WORKERS = 4
const ask = { model: 'gpt', messages: [{ role: 'user', content: 'Hello' }] }

const yaml = (port: number, busyPort: number) => `
providers:
  mock: {api: openai, url: "http://127.0.0.1:${port}", price: free}
  # A key in a file is for the attempt stage to read.
  keyed: {api: openai, url: "http://127.0.0.1:${port}", price: free, credential: {file: key.txt}}
  busy: {api: openai, url: "http://127.0.0.1:${busyPort}", price: free}
models:
  gpt: {providers: [mock]}
  fallback: {providers: [busy, mock]}
  keyed: {providers: [keyed]}
  counted: {providers: [mock]}
budgets: [{name: ten, models: [counted], limit: {requests: 10}, every: day, timezone: UTC}]
ledger: off
workers: ${WORKERS}
`

let cleanup: Cleanup
let busy: Upstream
let gateway: Gateway
let client: Client
let workers: readonly SeenWorker[]

async function start(version: EnvoyBinary['version']): Promise<void> {
  cleanup = createCleanup()
  const mock = cleanup.defer(await startMockProvider({ api: 'openai', address: '127.0.0.1:0' }), (each) => each.close())
  busy = cleanup.defer(await startUpstream(), (each) => each.close())
  gateway = cleanup.defer(await startGateway({ yaml: yaml(mock.port, busy.port), files: { 'key.txt': 'sk-test' }, envoy: envoyBinary(version), built: true }), (each) => each.stop())
  client = cleanup.defer(createClient(gateway.url), (each) => each.close())
  workers = await allServe(gateway, WORKERS)
}

const post = (model = 'gpt') => client.post('/v1/chat/completions', { ...ask, model })
const answered = () => metricSum(gateway, /^tollgate_exchanges_total\{outcome="answered"/)
const openStreams = (count: number, chunks: number): Promise<readonly OpenStream[]> =>
  Promise.all(Array.from({ length: count }, () => openStream({ url: gateway.url, model: 'gpt', chunks, everyMs: 50 })))
const noneRuns = (): Promise<boolean> => until('no worker is left', () => workers.every(({ pid }) => !isRunning(pid)))

before(buildProgram)

for (const { version, skip } of envoysUnderTest().filter((each) => each.version === '1.37' || each.version === '1.40')) {
  describe(`Envoy ${version} with ${WORKERS} workers`, { skip }, () => {
    before(() => start(version))
    after(() => cleanup.run())

    it('has all of them serve, in both stages, and adds up what they counted', async () => {
      await inParallel(200, 16, async (index) => assert.equal((await post(index % 2 === 0 ? 'gpt' : 'keyed')).status, 200))
      assert.equal(await answered(), 200)
      await until('every exchange is logged', () => gateway.exchanges().length === 200)
      const shares = exchangesByWorker(gateway, WORKERS)
      assert.ok(shares.every((share) => share >= 20), `shares of the workers: ${shares.join()}`)
      // Up to 1.39 a provider that is part of a chain always has the stage, and so has the other model's.
      assert.equal(await metricSum(gateway, /^tollgate_extproc_messages_total\{kind="request_headers",stage="attempt"/), version === '1.40' ? 100 : 200)
      assert.equal(await metricSum(gateway, /^tollgate_extproc_streams\{/), 0)
      assert.equal(await metricSum(gateway, /^tollgate_worker_up\{/), WORKERS)
    })

    it('has them count one budget together', async () => {
      const statuses: number[] = []
      await inParallel(100, 32, async () => {
        statuses.push((await post('counted')).status)
      })
      assert.deepEqual([statuses.filter((status) => status === 200).length, statuses.filter((status) => status === 429).length], [10, 90])
    })

    it('loses only the streams of a worker that is killed, asks the others meanwhile, and has it back', async () => {
      const streams = await openStreams(200, 120)
      const victim = workers[1]
      assert.ok(victim)
      // Envoy knows on whose socket it is waiting.
      const onVictim = await metricOfEnvoy(gateway, `extproc-${victim.worker}.sock::rq_active`)
      const earlier = await answered()
      process.kill(victim.pid, 'SIGKILL')
      const ended = Promise.all(streams.map((stream) => stream.ended))
      // Envoy has noticed when it cuts them; until then it sends new calls after those that are lost.
      await Promise.race(streams.map((stream) => stream.ended))
      await inParallel(100, 8, async () => assert.equal((await post()).status, 200))
      const cut = (await ended).filter(({ complete }) => !complete).length
      assert.ok(onVictim > 10)
      assert.equal(cut, onVictim)
      const again = await allServe(gateway, WORKERS)
      assert.notEqual(again[1]?.pid, victim.pid)
      assert.equal(await metricSum(gateway, /^tollgate_worker_restarts_total\{worker="2"\}/), 1)
      await until('all are counted', async () => (await answered()) === earlier + 100 + streams.length - cut)
      assert.equal(await metricSum(gateway, /^tollgate_extproc_streams\{/), 0)
      const line = gateway.lines.find(({ msg }) => String(msg).startsWith('A worker has ended.'))
      assert.deepEqual([line?.['worker'], line?.['ended'], line?.['level']], [2, 'SIGKILL', 50])
      const served = exchangesByWorker(gateway, WORKERS)[1] ?? 0
      await until('it serves exchanges again', async () => {
        await post()
        return (exchangesByWorker(gateway, WORKERS)[1] ?? 0) > served
      })
    })
  })
}

describe(`tollgate serve with ${WORKERS} workers`, () => {
  beforeEach(() => start('1.40'))
  afterEach(() => cleanup.run())

  it('has no process left when the one that started them is killed', async () => {
    await openStreams(8, 1000)
    gateway.process.kill('SIGKILL')
    await noneRuns()
    assert.equal((await post()).status, 503, 'Envoy fails closed')
  })

  it('has all of them take a changed configuration', async () => {
    const written = await readFile(gateway.configPath, 'utf8')
    await writeFile(gateway.configPath, written.replace('models:', 'models:\n  new: {providers: [mock]}'))
    await until('it is in use', () => gateway.lines.find(({ msg }) => msg === 'The changed configuration is in use.'))
    await inParallel(100, 16, async () => assert.equal((await post('new')).status, 200))
    await until('every exchange is logged', () => gateway.exchanges().length === 100)
    assert.ok(exchangesByWorker(gateway, WORKERS).every((share) => share > 0))
    const victim = workers[0]
    assert.ok(victim)
    process.kill(victim.pid, 'SIGKILL')
    await until('it has ended', () => !isRunning(victim.pid))
    await allServe(gateway, WORKERS)
    await inParallel(100, 16, async () => assert.equal((await post('new')).status, 200, 'one that is started later has it too'))
  })

  it('lets what is under way finish on SIGTERM, and leaves no process', async () => {
    const streams = await openStreams(40, 40)
    gateway.process.kill('SIGTERM')
    const draining = await until('readiness says so', async () => {
      const answer = await fetch(`${gateway.adminUrl}/readyz`)
      return answer.status === 503 && answer.text()
    })
    assert.match(draining, /^draining\nworker 1: serving/)
    const ends = await Promise.all(streams.map((stream) => stream.ended))
    assert.equal(ends.filter(({ complete }) => complete).length, 40)
    assert.equal(await gateway.exited, 0)
    await until('the last line has come', () => gateway.lines.at(-1)?.['msg'] === 'Stopped.')
    assert.deepEqual(gateway.exchanges().map(({ outcome }) => outcome), Array.from({ length: 40 }, () => 'answered'))
    await noneRuns()
  })

  it('has none of them ask a provider that told one of them to come back later', async () => {
    busy.behaviour = { status: 429, headers: { 'retry-after': '60' }, body: '{}' }
    assert.equal((await post('fallback')).status, 200)
    const told = () => gateway.lines.filter(({ msg }) => msg === 'A provider is left out of chains for a while.')
    await until('a cool-down is logged', () => told().length > 0)
    const seen = busy.seen.length
    await inParallel(100, 16, async () => assert.equal((await post('fallback')).status, 200))
    await until('every exchange is logged', () => gateway.exchanges().length === 101)
    assert.ok(exchangesByWorker(gateway, WORKERS).every((share) => share > 0))
    assert.deepEqual([seen, busy.seen.length, told().length, await metricSum(gateway, /^tollgate_cool_downs_total\{/)], [1, 1, 1, 1])
    const victim = workers[3]
    assert.ok(victim)
    process.kill(victim.pid, 'SIGKILL')
    await until('it has ended', () => !isRunning(victim.pid))
    await allServe(gateway, WORKERS)
    await inParallel(50, 16, async () => assert.equal((await post('fallback')).status, 200))
    assert.equal(busy.seen.length, 1, 'one that is started later knows it too')
  })

  it('says so when none of them serves, and has them all back', async () => {
    for (const { pid } of workers) process.kill(pid, 'SIGKILL')
    const answer = await until('readiness says so', async () => {
      const page = await fetch(`${gateway.adminUrl}/readyz`)
      return page.status === 503 && page.text()
    })
    assert.match(answer, /^no worker serves\nworker 1: (down|starting)/)
    await allServe(gateway, WORKERS)
    await until('Envoy has noticed', async () => (await post()).status === 200)
  })

  it('says which worker does not answer, and goes on without it', async () => {
    const victim = workers[2]
    assert.ok(victim)
    process.kill(victim.pid, 'SIGSTOP')
    try {
      const page = await (await fetch(`${gateway.adminUrl}/metrics`)).text()
      assert.match(page, /^# Worker 3 did not answer within 1000 ms/)
      assert.match(page, /^process_resident_memory_bytes \d+$/m)
    } finally {
      process.kill(victim.pid, 'SIGCONT')
    }
    assert.ok((await workersOf(gateway)).some(({ pid }) => pid === victim.pid))
  })
})

async function metricOfEnvoy({ envoy }: Gateway, ending: string): Promise<number> {
  const text = await (await fetch(`${envoy.adminUrl}/clusters`)).text()
  const line = text.split('\n').find((each) => each.includes(ending))
  return Number(line?.slice(line.lastIndexOf(':') + 1))
}
