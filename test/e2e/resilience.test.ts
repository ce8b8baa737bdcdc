// Many requests over few connections, and many clients that leave: Node's HTTP/2 server closes a connection after about 1,000 stream
// resets, and Envoy resets every ext_proc stream it ends. Nothing may be lost to that, on any Node and Envoy that we support.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, describe, it } from 'node:test'
import { type MockProvider, startMockProvider } from '../../src/mock/mock-provider.ts'
import { createCleanup } from './support/cleanup.ts'
import { type EnvoyBinary, envoysUnderTest } from './support/envoy-binaries.ts'
import { type Gateway, startGateway } from './support/gateway.ts'
import { type Client, createClient, inParallel } from './support/send.ts'
import { until } from './support/until.ts'

const REQUESTS = 50_000
const CONNECTIONS = 16
const DISCONNECTS = 5_000

const yaml = (mockPort: number) => `
providers: {openai: {api: openai, url: "http://127.0.0.1:${mockPort}"}}
models: {gpt: {providers: [openai]}}
`
const chat = JSON.stringify({ model: 'gpt', messages: [{ role: 'user', content: 'hello' }] })
const stream = JSON.stringify({ model: 'gpt', stream: true, messages: [{ role: 'user', content: 'hello' }] })

const nodes = [
  { name: `Node ${process.versions.node}`, path: process.execPath as string | undefined, skip: false as string | false },
  { name: 'Node 24', path: process.env['NODE24_BIN'], skip: process.env['NODE24_BIN'] === undefined ? 'no Node 24: set NODE24_BIN to its binary' : false },
]
const envoys = envoysUnderTest().filter(({ version }) => version === '1.38' || version === '1.40')

for (const { version, binary, skip: noEnvoy } of envoys) {
  for (const { name, path, skip: noNode } of nodes) {
    describe(`Envoy ${version} with ${name}`, { skip: noEnvoy === false ? noNode : noEnvoy }, () => suite(binary, path))
  }
}

function suite(binary: EnvoyBinary | undefined, node: string | undefined): void {
  const cleanup = createCleanup()
  let mock: MockProvider
  let gateway: Gateway
  let client: Client
  before(async () => {
    assert.ok(binary !== undefined && node !== undefined)
    mock = cleanup.defer(await startMockProvider({ api: 'openai', address: '127.0.0.1:0' }), (each) => each.close())
    gateway = cleanup.defer(await startGateway({ yaml: yaml(mock.port), envoy: binary, node, keepExchanges: false }), (each) => each.stop())
    client = cleanup.defer(createClient(gateway.url, { connections: CONNECTIONS }), (each) => each.close())
  })
  after(() => cleanup.run())

  it(`answers ${REQUESTS} requests over ${CONNECTIONS} connections, every one with 200`, async (test) => {
    const statuses = new Map<number, number>()
    const startedAt = performance.now()
    await inParallel(REQUESTS, CONNECTIONS, async () => {
      const { status } = await client.post('/v1/chat/completions', chat)
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
    })
    test.diagnostic(`${Math.round(REQUESTS / ((performance.now() - startedAt) / 1000))} requests a second, ${await residentMegabytes(gateway.pid)} MB resident`)
    assert.deepEqual([...statuses], [[200, REQUESTS]])
    assert.equal(mock.served().total.requests, REQUESTS)
    assert.equal(await metric(gateway, 'tollgate_exchanges_total{outcome="answered",model="gpt",provider="openai",usage="exact"}'), REQUESTS)
  })

  it(`survives ${DISCONNECTS} clients that leave in the middle, loses nothing, and keeps no memory`, async (test) => {
    const before = { answered: await exchangesOf(gateway, 'answered'), megabytes: await residentMegabytes(gateway.pid) }
    let answered = 0
    await inParallel(DISCONNECTS, 32, async (index) => {
      // One in five stays: those must not notice the others.
      if (index % 5 === 0) {
        const answer = await client.post('/v1/chat/completions', stream, { 'x-mock-chunks': '20' })
        assert.equal(answer.status, 200)
        assert.ok(answer.body.endsWith('data: [DONE]\n\n'), answer.body.slice(-200))
        answered += 1
      } else await client.leave('/v1/chat/completions', stream, { headers: { 'x-mock-chunks': '60', 'x-mock-chunk-delay-ms': '5' }, afterBytes: index % 3 === 0 ? 0 : 2_000 })
    })
    const total = await until(
      'every exchange has ended',
      async () => {
        const aborted = await exchangesOf(gateway, 'aborted')
        return (await metric(gateway, 'tollgate_extproc_streams{stage="request"}')) === 0 ? aborted : undefined
      },
      { timeoutMs: 30_000 },
    )
    const megabytes = await residentMegabytes(gateway.pid)
    test.diagnostic(`${total} aborted exchanges, ${answered} answered meanwhile; resident ${before.megabytes} MB before, ${megabytes} MB after`)
    assert.equal((await exchangesOf(gateway, 'answered')) - before.answered >= answered, true)
    assert.ok(megabytes < before.megabytes + 100, `from ${before.megabytes} to ${megabytes} MB`)
    assert.equal((await client.post('/v1/chat/completions', chat)).status, 200)
    assert.equal((await fetch(`${gateway.envoy.adminUrl}/ready`)).status, 200)
    const lost = gateway.lines.filter((line) => Number(line['level']) >= 50)
    assert.deepEqual(lost, [])
  })
}

async function metric(gateway: Gateway, name: string): Promise<number> {
  const text = await (await fetch(`${gateway.adminUrl}/metrics`)).text()
  const line = text.split('\n').find((each) => each.startsWith(`${name} `))
  return Number(line?.slice(name.length + 1) ?? 0)
}

async function exchangesOf(gateway: Gateway, outcome: string): Promise<number> {
  const text = await (await fetch(`${gateway.adminUrl}/metrics`)).text()
  return text
    .split('\n')
    .filter((line) => line.startsWith(`tollgate_exchanges_total{outcome="${outcome}"`))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
}

async function residentMegabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024)
}
