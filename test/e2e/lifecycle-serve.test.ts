// `tollgate serve` beside an Envoy of its own: how it ends, and how it follows its configuration with and without Envoy's files.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { connect as connectHttp2, type Settings } from 'node:http2'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { type MockProvider, startMockProvider } from '../../src/mock/mock-provider.ts'
import { type Cleanup, createCleanup } from './support/cleanup.ts'
import { type Gateway, startGateway } from './support/gateway.ts'
import { createClient } from './support/send.ts'
import { runTollgate, startTollgate } from './support/tollgate-process.ts'
import { until } from './support/until.ts'

const ask = { model: 'gpt', messages: [{ role: 'user', content: 'Hello' }] }
const yaml = (port: number, further = '') => `
providers:
  mock: {api: openai, url: "http://127.0.0.1:${port}"}
models:
  gpt: {providers: [mock]}
${further}
`

describe('tollgate serve', () => {
  let cleanup: Cleanup
  let mock: MockProvider

  beforeEach(async () => {
    cleanup = createCleanup()
    mock = cleanup.defer(await startMockProvider({ api: 'openai', address: '127.0.0.1:0' }), (each) => each.close())
  })
  afterEach(() => cleanup.run())

  async function start(): Promise<Gateway> {
    return cleanup.defer(await startGateway({ yaml: yaml(mock.port) }), (each) => each.stop())
  }

  /** A stream of so many chunks, one every 50 ms; resolves at its first bytes. */
  function startStream(gateway: Gateway, chunks: number): Promise<{ readonly ended: Promise<{ text: string; complete: boolean }> }> {
    return new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'x-mock-chunks': String(chunks), 'x-mock-chunk-delay-ms': '50' }
      const call = request(`${gateway.url}/v1/chat/completions`, { method: 'POST', agent: false, headers }, (response) => {
        let text = ''
        response.setEncoding('utf8').on('error', () => undefined)
        const ended = new Promise<{ text: string; complete: boolean }>((resolveEnd) => response.once('close', () => resolveEnd({ text, complete: response.complete })))
        response.once('data', () => resolve({ ended }))
        response.on('data', (part: string) => (text += part))
      })
      call.on('error', reject)
      call.end(JSON.stringify({ ...ask, stream: true }))
    })
  }

  it('speaks gRPC by the transport of its configuration on both addresses, and says which', async () => {
    const gateway = await start()
    const { transport, listen } = gateway.config
    assert.equal(gateway.lines.find(({ msg }) => msg === 'Tollgate serves.')?.['transport'], transport)
    for (const address of [listen.extproc, listen.ratelimit]) {
      const session = cleanup.defer(connectHttp2('http://tollgate', { createConnection: () => connect(address.slice('unix:'.length)) }), (each) => each.destroy())
      const [{ initialWindowSize }] = (await once(session, 'remoteSettings')) as [Settings]
      // Only our own HTTP/2 lets a call send that much before it has read.
      assert.equal(initialWindowSize === 1024 * 1024, transport === 'direct', `${address}: ${initialWindowSize}`)
    }
  })

  it('lets a stream under way finish after SIGTERM, says that it is draining, and ends with 0', async () => {
    const gateway = await start()
    assert.equal((await fetch(`${gateway.adminUrl}/readyz`)).status, 200)
    const stream = await startStream(gateway, 40)
    gateway.process.kill('SIGTERM')
    const draining = await until('readiness says so', async () => {
      const answer = await fetch(`${gateway.adminUrl}/readyz`)
      return answer.status === 503 && answer.text()
    })
    assert.equal(draining, 'draining\n')
    const { text, complete } = await stream.ended
    assert.deepEqual([complete, text.endsWith('data: [DONE]\n\n'), text.match(/"content":"[^"]/g)?.length], [true, true, 40])
    assert.equal(await gateway.exited, 0)
    await until('the last line has come', () => gateway.lines.at(-1)?.['msg'] === 'Stopped.')
    const [line] = gateway.exchanges()
    assert.deepEqual([line?.['outcome'], line?.['estimated']], ['answered', false])
  })

  it('cuts what is under way and ends at once at the second signal', async () => {
    const gateway = await start()
    const stream = await startStream(gateway, 400)
    gateway.process.kill('SIGTERM')
    await until('it drains', () => gateway.lines.some((line) => line['msg'] === 'Draining: exchanges under way may finish.'))
    gateway.process.kill('SIGTERM')
    assert.equal(await gateway.exited, 130)
    assert.equal((await stream.ended).complete, false)
  })

  it('does not wait for connections on which nothing happens', async () => {
    const gateway = await start()
    const client = cleanup.defer(createClient(gateway.url), (each) => each.close())
    // Envoy keeps its connections to both services, and we keep ours to Envoy and to the admin pages.
    assert.equal((await client.post('/v1/chat/completions', ask)).status, 200)
    assert.equal((await fetch(`${gateway.adminUrl}/healthz`)).status, 200)
    gateway.process.kill('SIGTERM')
    let code: number | string | undefined
    gateway.process.once('exit', (exitCode, signal) => (code = exitCode ?? signal ?? 'unknown'))
    // Far below the 60 s that it would wait for an exchange.
    await until('it ends', () => code !== undefined, { timeoutMs: 5_000 })
    assert.equal(code, 0)
    assert.equal((await client.post('/v1/chat/completions', ask)).status, 503, 'Envoy lives on and fails closed')
  })

  it('takes a new model into use, keeps the old configuration when an edit breaks it, and counts both', async () => {
    const gateway = await start()
    const client = cleanup.defer(createClient(gateway.url), (each) => each.close())
    const written = await readFile(gateway.configPath, 'utf8')
    await writeFile(gateway.configPath, written.replace('models:', 'models:\n  new: {providers: [mock]}'))
    await until('the new model answers', async () => (await client.post('/v1/chat/completions', { ...ask, model: 'new' })).status === 200)
    await writeFile(gateway.configPath, written.replace('models:', 'modles:'))
    const broken = await until('the problems are logged', () => gateway.lines.find((line) => line['msg'] === 'The changed configuration has problems; the old one stays in use.'))
    assert.match(JSON.stringify(broken['problems']), /tollgate\.yaml:\d+:\d+: .*modles/)
    assert.equal((await client.post('/v1/chat/completions', { ...ask, model: 'new' })).status, 200)
    const metrics = await (await fetch(`${gateway.adminUrl}/metrics`)).text()
    assert.match(metrics, /^tollgate_config_loads_total\{result="success"\} 2$/m)
    assert.match(metrics, /^tollgate_config_loads_total\{result="failure"\} 1$/m)
    await writeFile(gateway.configPath, written.replace('models:', 'models:\n  new: {providers: [mock]}'))
    await until('the way back is logged', () => gateway.lines.find((line) => line['msg'] === 'The configuration is again the one in use; its problems are gone.'))
    assert.match(await (await fetch(`${gateway.adminUrl}/metrics`)).text(), /^tollgate_config_loads_total\{result="success"\} 3$/m)
  })

  it('says that Envoy must be told when a provider changes and nobody keeps its files', async () => {
    const gateway = await start()
    const written = await readFile(gateway.configPath, 'utf8')
    await writeFile(gateway.configPath, written.replace('providers:', 'providers:\n  other: {api: openai, url: "http://127.0.0.1:9"}'))
    const line = await until('the warning is logged', () => gateway.lines.find((each) => String(each['msg']).startsWith('Providers or chains changed')))
    assert.match(String(line['msg']), /Envoy needs its configuration again \(tollgate envoy\), or run with --xds-dir\./)
  })

  it('keeps the files of Envoy up to date with --xds-dir', async () => {
    const directory = cleanup.defer(await mkdtemp(join(tmpdir(), 'tollgate-xds-')), (each) => rm(each, { recursive: true, force: true }))
    const listen = 'listen: {extproc: "unix:e.sock", ratelimit: "unix:r.sock", admin: "127.0.0.1:0"}'
    const path = join(directory, 'tollgate.yaml')
    await writeFile(path, yaml(mock.port, listen))
    const serving = cleanup.defer(startTollgate(['serve', '--xds-dir', 'xds'], { directory }), (each) => each.stop())
    await serving.saying('Tollgate serves.')
    const clusters = () => readFile(join(directory, 'xds', 'cds.yaml'), 'utf8')
    assert.equal((await clusters()).includes('newcomer'), false)
    await writeFile(path, yaml(mock.port, listen).replace('providers:', 'providers:\n  newcomer: {api: openai, url: "http://127.0.0.1:9"}').replace('models:', 'models:\n  new: {providers: [newcomer]}'))
    await serving.saying('The changed configuration is in use.')
    assert.match(await clusters(), /name: newcomer/)
    serving.kill('SIGTERM')
    assert.equal(await serving.exited, 0)
  })

  it('names the variable when a provider has no credential', async () => {
    const directory = cleanup.defer(await mkdtemp(join(tmpdir(), 'tollgate-serve-')), (each) => rm(each, { recursive: true, force: true }))
    const listen = 'listen: {extproc: "unix:e.sock", ratelimit: "unix:r.sock", admin: "127.0.0.1:0"}'
    await writeFile(join(directory, 'tollgate.yaml'), yaml(mock.port, listen).replace('providers:', 'providers:\n  keyless: {api: openai, credential: {env: TOLLGATE_NO_SUCH_KEY}}'))
    const serving = cleanup.defer(startTollgate(['serve'], { directory }), (each) => each.stop())
    await serving.saying('"provider":"keyless","variable":"TOLLGATE_NO_SUCH_KEY","msg":"A provider has no credential')
  })

  it('ends with 1 and lists the problems of a broken configuration, or the address it cannot have', async () => {
    const directory = cleanup.defer(await mkdtemp(join(tmpdir(), 'tollgate-serve-')), (each) => rm(each, { recursive: true, force: true }))
    await writeFile(join(directory, 'tollgate.yaml'), 'providers: {a: {api: x}}\nmodels: {}\n')
    const broken = await runTollgate(['serve'], { directory })
    assert.equal(broken.code, 1)
    assert.match(broken.stderr, /tollgate\.yaml:1:\d+: [^]*tollgate\.yaml:2:\d+: [^]*2 problems in the configuration; nothing was started\./)
    await writeFile(join(directory, 'tollgate.yaml'), yaml(mock.port, `listen: {extproc: "127.0.0.1:${mock.port}", ratelimit: "unix:r.sock", admin: "127.0.0.1:0"}`))
    const taken = await runTollgate(['serve'], { directory })
    assert.equal(taken.code, 1)
    assert.match(taken.stderr, new RegExp(`Tollgate could not start: .*127\\.0\\.0\\.1:${mock.port}`))
    const missing = await runTollgate(['serve', '-c', 'nowhere.yaml'], { directory })
    assert.equal(missing.code, 1)
    assert.match(missing.stderr, /nowhere\.yaml/)
  })
})
