// The demonstration of a fallback, as a visitor has it: one command, one request, and another provider answers in the same format.

import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { type Cleanup, createCleanup } from './support/cleanup.ts'
import { envoyBinary } from './support/envoy-binaries.ts'
import { freePorts } from './support/free-ports.ts'
import { createClient } from './support/send.ts'
import { startTollgate, type TollgateProcess } from './support/tollgate-process.ts'
import { until } from './support/until.ts'

describe('tollgate up --mock-fail', () => {
  let cleanup: Cleanup
  let directory: string
  let url: string

  beforeEach(async () => {
    cleanup = createCleanup()
    directory = cleanup.defer(await mkdtemp(join(tmpdir(), 'tollgate-up-')), (each) => rm(each, { recursive: true, force: true }))
    const [listen = 0, envoyAdmin = 0, admin = 0] = await freePorts(3)
    url = `http://127.0.0.1:${listen}`
    const yaml = `
providers:
  openai: {api: openai, credential: {env: OPENAI_API_KEY}}
  anthropic: {api: anthropic, credential: {env: ANTHROPIC_API_KEY}}
  real: {api: openai, credential: {env: REAL_KEY}}
models:
  gpt-4o: {providers: [openai, {use: anthropic, model: claude-sonnet-5}]}
  other: {providers: [real]}
cool_down: off
listen: {extproc: "unix:extproc.sock", ratelimit: "unix:ratelimit.sock", admin: "127.0.0.1:${admin}"}
envoy: {listen: "127.0.0.1:${listen}", admin: "127.0.0.1:${envoyAdmin}"}
`
    await writeFile(join(directory, 'tollgate.yaml'), yaml)
  })
  afterEach(() => cleanup.run())

  function up(...further: readonly string[]): TollgateProcess {
    const environment = { ENVOY_BIN: envoyBinary('1.40').path, OPENAI_API_KEY: undefined, ANTHROPIC_API_KEY: undefined, REAL_KEY: 'key' }
    return cleanup.defer(startTollgate(['up', ...further], { directory, environment }), (each) => each.stop())
  }

  async function ask() {
    const client = cleanup.defer(createClient(url), (each) => each.close())
    const { status, headers, body } = await client.post('/v1/chat/completions', { model: 'gpt-4o', messages: [{ role: 'user', content: 'Hello' }] })
    return [status, headers['x-ai-provider'], headers['x-tollgate-attempts'], JSON.parse(body).object]
  }

  it('lets the next provider answer, and ends with the commands it prints', async () => {
    const running = up('--mock-fail', 'openai=429')
    await running.saying('Ctrl-C stops everything.')
    assert.deepEqual(await ask(), [200, 'anthropic', '2', 'chat.completion'])
    const [fail, end] = [...running.stderr().matchAll(/^ {2}curl (\S+\/mock\/failure) -d '([^']+)'$/gm)]
    const send = async (command: RegExpMatchArray | undefined) => (await fetch(String(command?.[1]), { method: 'POST', body: String(command?.[2]) })).status
    assert.equal(await send(end), 200)
    assert.deepEqual(await ask(), [200, 'openai', '1', 'chat.completion'])
    assert.equal(await send(fail), 200)
    assert.deepEqual(await ask(), [200, 'anthropic', '2', 'chat.completion'])
  })

  it('knows shares and resets, for several mocks', async () => {
    const running = up('--mock', '--mock-fail', 'openai=reset', '--mock-fail', 'anthropic=503:0.5')
    await running.saying('Ctrl-C stops everything.')
    assert.deepEqual(await ask(), [200, 'anthropic', '2', 'chat.completion'])
    assert.equal((await ask())[0], 503)
  })

  it('says what is wrong before it starts anything', async () => {
    for (const [how, expected] of [
      ['openai=200', /--mock-fail openai=200: found "200", allowed: a status from 400 to 599 or reset/],
      ['429', /--mock-fail 429: write a provider, = and how it fails, such as openai=429/],
      ['openai', /--mock-fail openai: write a provider, = and how it fails, such as openai=429/],
      ['opneai=429', /there is no provider opneai. Played by mocks: openai, anthropic/],
      ['real=429', /real is not played by a mock, because it can be called/],
    ] as const) {
      const running = up('--mock-fail', how)
      assert.equal(await running.exited, 1, how)
      await until('it says so', () => expected.test(running.stderr()))
    }
  })
})
