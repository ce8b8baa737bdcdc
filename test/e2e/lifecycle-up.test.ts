// `tollgate up`: one command for the whole stack. It says what to try, follows its configuration, and leaves nothing behind, however it ends.

import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { startMockProvider } from '../../src/mock/mock-provider.ts'
import { type Cleanup, createCleanup } from './support/cleanup.ts'
import { envoyBinary } from './support/envoy-binaries.ts'
import { freePorts } from './support/free-ports.ts'
import { createClient } from './support/send.ts'
import { childrenOf, isRunning, startTollgate, type TollgateProcess } from './support/tollgate-process.ts'
import { until } from './support/until.ts'

const ask = { model: 'gpt-4o', messages: [{ role: 'user', content: 'Hello' }] }

describe('tollgate up', () => {
  let cleanup: Cleanup
  let directory: string
  let ports: { readonly listen: number; readonly envoyAdmin: number; readonly admin: number }

  beforeEach(async () => {
    cleanup = createCleanup()
    directory = cleanup.defer(await mkdtemp(join(tmpdir(), 'tollgate-up-')), (each) => rm(each, { recursive: true, force: true }))
    const [listen = 0, envoyAdmin = 0, admin = 0] = await freePorts(3)
    ports = { listen, envoyAdmin, admin }
    await configure()
  })
  afterEach(() => cleanup.run())

  function configure({ providers = '', models = '' } = {}): Promise<void> {
    const yaml = `
providers:
  openai: {api: openai, credential: {env: OPENAI_API_KEY}}
  anthropic: {api: anthropic, credential: {env: ANTHROPIC_API_KEY}}
${providers}
models:
  gpt-4o: {providers: [openai]}
  claude: {providers: [anthropic]}
${models}
callers: [{headers: {user: x-user-id}}]
listen: {extproc: "unix:extproc.sock", ratelimit: "unix:ratelimit.sock", admin: "127.0.0.1:${ports.admin}"}
envoy: {listen: "127.0.0.1:${ports.listen}", admin: "127.0.0.1:${ports.envoyAdmin}"}
`
    return writeFile(join(directory, 'tollgate.yaml'), yaml)
  }

  function up(...further: readonly string[]): TollgateProcess {
    const environment = { ENVOY_BIN: envoyBinary('1.40').path, OPENAI_API_KEY: undefined, ANTHROPIC_API_KEY: undefined }
    return cleanup.defer(startTollgate(['up', ...further], { directory, environment }), (each) => each.stop())
  }

  async function started(): Promise<{ readonly running: TollgateProcess; readonly envoyPid: number }> {
    const running = up('--mock')
    await running.saying('Ctrl-C stops everything.')
    // In a clone there may be a compiler beside it.
    const envoy = childrenOf(running.pid).find(({ name }) => name === 'envoy') ?? assert.fail('no Envoy')
    return { running, envoyPid: envoy.pid }
  }

  it('prints commands that work when they are pasted', async () => {
    const { running } = await started()
    const said = running.stderr()
    assert.match(said, /Models: gpt-4o, claude/)
    assert.match(said, /Provider openai: played by a mock \(no credential is set\)/)
    const commands = [...said.matchAll(/^ {2}curl -\w (\S+) -H '([^:]+): ([^']+)'(?: -d '([^']+)')?$/gm)]
    assert.equal(commands.length, 4)
    for (const [command, url = '', name = '', value = '', body] of commands) {
      // As curl sends it: with the type of a form.
      const headers = { [name]: value, ...(body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }) }
      const answer = await fetch(url, { headers, ...(body === undefined ? {} : { method: 'POST', body }) })
      assert.equal(answer.status, 200, `${command}: ${await answer.text()}\n${running.stdout()}`)
    }
    assert.equal((await fetch(`http://127.0.0.1:${ports.admin}/metrics`)).status, 200)
  })

  it('ends with everything it started when it is asked to, and starts again within 3 seconds', async (test) => {
    let fastestMs = Number.POSITIVE_INFINITY
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGINT'] as const) {
      const startedAt = performance.now()
      const { running, envoyPid } = await started()
      fastestMs = Math.min(fastestMs, performance.now() - startedAt)
      running.kill(signal)
      assert.equal(await running.exited, 0, running.stderr())
      assert.equal(isRunning(envoyPid), false)
      await assert.rejects(fetch(`http://127.0.0.1:${ports.listen}/`))
    }
    test.diagnostic(`a start with everything installed took ${Math.round(fastestMs)} ms`)
    // The promise is 3 s; machines that run tests are busy with other things, too.
    assert.ok(fastestMs < 6_000, `${fastestMs} ms`)
  })

  it('ends with 1 and says so when Envoy is killed', async () => {
    const { running, envoyPid } = await started()
    process.kill(envoyPid, 'SIGKILL')
    assert.equal(await running.exited, 1)
    assert.match(running.stderr(), /Envoy ended by itself \(SIGKILL\)\. Its log is in .*run\/envoy\.log/)
    await assert.rejects(fetch(`http://127.0.0.1:${ports.admin}/healthz`))
  })

  it('takes its Envoy along when it is killed itself', async () => {
    const { running, envoyPid } = await started()
    assert.equal(isRunning(envoyPid), true)
    running.kill('SIGKILL')
    assert.equal(await running.exited, 'SIGKILL')
    for (const port of [ports.listen, ports.envoyAdmin]) await until('the port is free', () => fetch(`http://127.0.0.1:${port}/ready`).then(() => false, () => true))
  })

  for (const taken of ['listen', 'envoyAdmin', 'admin'] as const) {
    it(`ends with 1 and names the address when another program has it (${taken})`, async () => {
      const other = cleanup.defer(createServer(), (each) => each.close())
      await new Promise<void>((resolve) => other.listen(ports[taken], '127.0.0.1', resolve))
      const running = up('--mock')
      assert.equal(await running.exited, 1)
      assert.match(running.stderr(), new RegExp(`(Envoy|Tollgate) could not start: .*127\\.0\\.0\\.1:${ports[taken]}.*\nAnother process has this address`))
      assert.equal(running.stderr().includes('Ctrl-C'), false)
      const free = Object.values(ports).filter((port) => port !== ports[taken])
      for (const port of free) await assert.rejects(fetch(`http://127.0.0.1:${port}/`))
    })
  }

  it('says what is wrong with ENVOY_BIN, without a stack', async () => {
    const running = cleanup.defer(startTollgate(['up', '--mock'], { directory, environment: { ENVOY_BIN: '/nowhere/envoy' } }), (each) => each.stop())
    assert.equal(await running.exited, 1)
    assert.match(running.stderr(), /^There is no Envoy to run: ENVOY_BIN is \/nowhere\/envoy, which .*ENOENT.*unset it\.\n$(?![^])/m)
  })

  it('names the variables that are missing when nobody asked for mocks', async () => {
    const running = up()
    assert.equal(await running.exited, 1)
    assert.match(running.stderr(), /openai needs OPENAI_API_KEY\n\s+anthropic needs ANTHROPIC_API_KEY\n.*--mock/)
  })

  it('lists every problem of a broken configuration and starts nothing', async () => {
    await configure({ providers: '  third: {api: opnai}', models: '  other: {providers: [nobody]}' })
    const running = up('--mock')
    assert.equal(await running.exited, 1)
    assert.match(running.stderr(), /tollgate\.yaml:5:\d+: .*allowed: openai, azure-openai/)
    assert.match(running.stderr(), /tollgate\.yaml:9:\d+: .*nobody/)
    assert.match(running.stderr(), /2 problems in the configuration; nothing was started\./)
  })

  it('takes a new provider and a new model into use without a failed request', async () => {
    const mock = cleanup.defer(await startMockProvider({ api: 'openai', address: '127.0.0.1:0' }), (each) => each.close())
    const { running } = await started()
    const client = cleanup.defer(createClient(`http://127.0.0.1:${ports.listen}`), (each) => each.close())
    const caller = { 'x-user-id': 'alice' }
    const statuses: number[] = []
    const added: number[] = []
    let isOver = false
    const traffic = (async () => {
      while (!isOver) statuses.push((await client.post('/v1/chat/completions', ask, caller)).status)
    })()
    await configure({ providers: `  added: {api: openai, url: "http://127.0.0.1:${mock.port}"}`, models: '  new: {providers: [added]}\n  both: {providers: [openai, added]}' })
    await until('the new model answers', async () => {
      const { status } = await client.post('/v1/chat/completions', { ...ask, model: 'new' }, caller)
      added.push(status)
      return status === 200
    })
    for (let count = 0; count < 20; count += 1) added.push((await client.post('/v1/chat/completions', { ...ask, model: count % 2 === 0 ? 'new' : 'both' }, caller)).status)
    isOver = true
    await traffic
    assert.deepEqual([...new Set(statuses)], [200])
    // Unknown until it is known: nothing in between, such as a 503 of an Envoy that has not heard of the provider yet.
    assert.deepEqual(added.filter((status) => status !== 404), Array.from({ length: 21 }, () => 200))
    assert.equal(mock.served().total.requests, 11)
    await running.saying('The changed configuration is in use')
  })

  it('keeps the configuration it has when an edit breaks it, and says so', async () => {
    const { running } = await started()
    const loads = async (result: string) => {
      const metrics = await (await fetch(`http://127.0.0.1:${ports.admin}/metrics`)).text()
      return Number(new RegExp(`^tollgate_config_loads_total\\{result="${result}"\\} (\\d+)$`, 'm').exec(metrics)?.[1] ?? 0)
    }
    assert.deepEqual([await loads('success'), await loads('failure')], [1, 0])
    await configure({ models: '  broken: {providers: [nobody]}' })
    await until('the failure is counted', async () => (await loads('failure')) === 1)
    await running.saying('the old one stays in use')
    const line = running.stdout().split('\n').find((each) => each.includes('the old one stays in use')) ?? assert.fail(running.stdout())
    assert.match(JSON.parse(line).problems[0], /tollgate\.yaml:\d+:\d+: .*nobody/)
    const answer = await fetch(`http://127.0.0.1:${ports.listen}/v1/chat/completions`, { method: 'POST', body: JSON.stringify(ask), headers: { 'x-user-id': 'alice' } })
    assert.equal(answer.status, 200)
    await configure({ models: '  mended: {providers: [openai]}' })
    await until('the mended one is counted', async () => (await loads('success')) === 2)
  })
})
