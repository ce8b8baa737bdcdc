// The admin interface of a running Tollgate: who gets in, with which token, also after it was rotated, and what `tollgate budgets` says.

import assert from 'node:assert/strict'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { type Cleanup, createCleanup } from './support/cleanup.ts'
import { freePorts } from './support/free-ports.ts'
import { type Sidecar, startSidecar } from './support/gateway.ts'
import { runTollgate } from './support/tollgate-process.ts'
import { until } from './support/until.ts'

describe('the admin interface of tollgate serve', () => {
  let cleanup: Cleanup
  let directory: string
  let adminPort: number
  let ratelimitPort: number

  beforeEach(async () => {
    cleanup = createCleanup()
    directory = cleanup.defer(await mkdtemp(join(tmpdir(), 'tollgate-admin-')), (path) => rm(path, { recursive: true, force: true }))
    ;[adminPort = 0, ratelimitPort = 0] = await freePorts(2)
  })
  afterEach(() => cleanup.run())

  const configPath = (): string => join(directory, 'tollgate.yaml')
  function writeConfig(admin: string, host = '127.0.0.1'): Promise<void> {
    return writeFile(
      configPath(),
      `
providers: {openai: {api: openai, url: "http://127.0.0.1:1", price: free}}
models: {gpt: {providers: [openai]}}
budgets:
  - {name: user-hour, per: [user], limit: {tokens: 100000}, every: hour, overrides: [{where: {user: "vip-*"}, limit: {tokens: 500000}}]}
  - {name: company, limit: {usd: 100}, every: day, timezone: Europe/Berlin}
ledger: off
callers: [{headers: {user: x-user-id}}]
listen: {extproc: "unix:${join(directory, 'extproc.sock')}", ratelimit: "127.0.0.1:${ratelimitPort}", admin: "${host}:${adminPort}"}
${admin}
`,
    )
  }
  async function start(environment: Readonly<Record<string, string>> = {}): Promise<Sidecar> {
    return cleanup.defer(await startSidecar({ configPath: configPath(), environment }), (each) => each.stop())
  }
  async function status(path: string, { token, method = 'GET' }: { readonly token?: string; readonly method?: string } = {}): Promise<number> {
    const answer = await fetch(`http://127.0.0.1:${adminPort}${path}`, { method, headers: token === undefined ? {} : { authorization: `Bearer ${token}` } })
    await answer.arrayBuffer()
    return answer.status
  }

  it('lets readers in with the token that the file has now, also where others could connect', async () => {
    await writeFile(join(directory, 'token'), 'first-token\n')
    await writeConfig('admin: {read_token: {file: token}, write_token: {env: WRITE}}', '0.0.0.0')
    const sidecar = await start({ WRITE: 'write-token' })
    assert.deepEqual(await Promise.all(['/', '/healthz', '/readyz'].map((path) => status(path))), [200, 200, 200])
    for (const path of ['/metrics', '/budgets']) {
      assert.deepEqual([await status(path), await status(path, { token: 'wrong' }), await status(path, { token: 'first-token' }), await status(path, { token: 'write-token' })], [401, 403, 200, 200], path)
    }
    await writeFile(join(directory, 'next'), 'second-token\n')
    await rename(join(directory, 'next'), join(directory, 'token'))
    await until('the new token counts', async () => (await status('/metrics', { token: 'second-token' })) === 200)
    assert.equal(await status('/metrics', { token: 'first-token' }), 403)
    assert.doesNotMatch(JSON.stringify(sidecar.lines), /(?:first|second|write)-token/)
  })

  it('takes a token into use when the configuration is read again', async () => {
    await writeConfig('')
    await start({ READ: 'see' })
    assert.equal(await status('/budgets'), 200)
    await writeConfig('admin: {read_token: {env: READ}}')
    await until('a token is asked for', async () => (await status('/budgets')) === 401)
    assert.equal(await status('/budgets', { token: 'see' }), 200)
  })

  it('says how the budgets stand, as JSON and in a terminal', async () => {
    await writeConfig('admin: {read_token: {env: READ}}')
    await start({ READ: 'see' })
    const answer = await fetch(`http://127.0.0.1:${adminPort}/budgets?user=vip-7`, { headers: { authorization: 'Bearer see' } })
    const { budgets } = (await answer.json()) as { readonly budgets: readonly Readonly<Record<string, unknown>>[] }
    assert.deepEqual(
      budgets.map(({ budget, caller, unit, limit, limit_from: from, used, window }) => [budget, caller, unit, limit, from, used, window]),
      [
        ['user-hour', { user: 'vip-7' }, 'tokens', 500_000, 'override 1', 0, 'hour (UTC)'],
        ['company', {}, 'usd', 100, 'limit', 0, 'day (Europe/Berlin)'],
      ],
    )
    const shown = await runTollgate(['budgets', '-c', configPath(), '--where', 'user=alice'], { directory, environment: { READ: 'see' } })
    assert.deepEqual([shown.code, shown.stderr], [0, ''])
    assert.match(shown.stdout, /^BUDGET .*\nuser-hour +user=alice +█{10} 100% .*\ncompany +everybody .*\n$/)
    const refused = await runTollgate(['budgets', '-c', configPath()], { directory, environment: { READ: undefined, TOLLGATE_ADMIN_TOKEN: 'wrong' } })
    assert.deepEqual([refused.code, refused.stdout], [1, ''])
    assert.match(refused.stderr, /not the token of this Tollgate.*TOLLGATE_ADMIN_TOKEN/)
  })
})
