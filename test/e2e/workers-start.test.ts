// How workers come up: from a clone, under `tollgate up`, and not at all when one of them cannot serve.

import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { type Cleanup, createCleanup } from './support/cleanup.ts'
import { envoyBinary } from './support/envoy-binaries.ts'
import { freePorts } from './support/free-ports.ts'
import { createClient } from './support/send.ts'
import { isRunning, runTollgate, startTollgate, type TollgateProcess } from './support/tollgate-process.ts'
import { until } from './support/until.ts'
import { allServe } from './support/workers.ts'

describe('two workers of the command line in a clone', () => {
  let cleanup: Cleanup
  let directory: string
  let adminUrl: string
  let url: string

  beforeEach(async () => {
    cleanup = createCleanup()
    directory = cleanup.defer(await mkdtemp(join(tmpdir(), 'tollgate-workers-')), (each) => rm(each, { recursive: true, force: true }))
    const [listen = 0, envoyAdmin = 0, admin = 0] = await freePorts(3)
    adminUrl = `http://127.0.0.1:${admin}`
    url = `http://127.0.0.1:${listen}`
    const yaml = `
providers:
  openai: {api: openai, credential: {env: OPENAI_API_KEY}}
models:
  gpt-4o: {providers: [openai]}
workers: 2
listen: {extproc: "unix:extproc.sock", ratelimit: "unix:ratelimit.sock", admin: "127.0.0.1:${admin}"}
envoy: {listen: "127.0.0.1:${listen}", admin: "127.0.0.1:${envoyAdmin}"}
`
    await writeFile(join(directory, 'tollgate.yaml'), yaml)
  })
  afterEach(() => cleanup.run())

  function start(...programArguments: readonly string[]): TollgateProcess {
    const environment = { ENVOY_BIN: envoyBinary('1.40').path, OPENAI_API_KEY: undefined }
    return cleanup.defer(startTollgate(programArguments, { directory, environment }), (each) => each.stop())
  }

  it('serve under tollgate up, where a mock plays the provider for both, and end with it', async () => {
    const running = start('up', '--mock')
    await running.saying('Ctrl-C stops everything.')
    const workers = await allServe({ adminUrl }, 2)
    const client = cleanup.defer(createClient(url), (each) => each.close())
    const served = (): readonly boolean[] => [1, 2].map((worker) => running.stdout().includes(`"worker":${worker},`))
    await until('both have served', async () => {
      assert.equal((await client.post('/v1/chat/completions', { model: 'gpt-4o', messages: [{ role: 'user', content: 'Hello' }] })).status, 200)
      return served().every(Boolean)
    })
    running.kill('SIGINT')
    assert.equal(await running.exited, 0)
    assert.deepEqual(workers.map(({ pid }) => isRunning(pid)), [false, false])
  })

  it('do not serve when one of them cannot, and nothing is left of the other', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(join(directory, 'extproc-2.sock'), resolve))
    cleanup.defer(other, (each) => each.close())
    const failing = start('serve')
    assert.equal(await failing.exited, 1)
    assert.match(failing.stderr(), /Tollgate could not start: Worker 2: Cannot listen on unix:.*\/extproc-2\.sock: another process listens there\.\n/)
  })

  it('are started by nobody else', async () => {
    const { code, stderr } = await runTollgate(['worker'], { directory })
    assert.equal(code, 2)
    assert.match(stderr, /tollgate worker is started by tollgate serve/)
  })
})
