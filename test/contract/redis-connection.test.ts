// How a Redis is reached: with certificates, as a user with few rights, through sentinels; and that no command is ever sent twice.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import { createCallerKeys } from '../../src/app/create-caller-keys.ts'
import { createEstimator } from '../../src/budgets/estimator.ts'
import { createRedisBudgetStore } from '../../src/budgets/redis-store.ts'
import { shareLearning } from '../../src/budgets/share-learning.ts'
import { createRedisKeyBook } from '../../src/callers/redis-key-book.ts'
import type { StoreConfig } from '../../src/config/runtime-config.ts'
import { silentLog } from '../../src/core/log.ts'
import { createRedisStore } from '../../src/ratelimit/redis-store.ts'
import { followSwitches } from '../../src/redis/follow-switches.ts'
import { closeRedis, connectRedis } from '../../src/redis/redis-connection.ts'
import { buildConfig } from '../support/build-config.ts'
import { admission, charge, claim, counter, readOne, settlement, START_MS } from '../support/budget-requests.ts'
import { connectedStore } from '../support/budget-store-harness.ts'
import { startCuttingProxy } from '../support/cutting-proxy.ts'
import { scratchFolder } from '../support/grpc-client.ts'
import { logToArray } from '../support/log-to-array.ts'
import { freeNodePort, freePort, missingTls, startRedis, startRedisCluster } from '../support/redis-server.ts'
import { startThreeNodes, startWithSentinel } from '../support/redis-topologies.ts'

type Store = Exclude<StoreConfig, { kind: 'memory' }>

const skip = missingTls()
const tlsFile = (name: string): string => fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url))
const certificate = (name: string): readonly string[] => ['--tls-cert-file', tlsFile(`${name}.crt`), '--tls-key-file', tlsFile(`${name}.key`), '--tls-ca-cert-file', tlsFile(`${name}.crt`), '--tls-auth-clients', 'no']

/** The rights of the users in docs/redis.md, for redis-server's --user. */
const [rights = [], sentinelRights = []] = [...readFileSync(new URL('../../docs/redis.md', import.meta.url), 'utf8').matchAll(/ACL SETUSER tollgate on >password (.+)/g)].map((match) => match[1]?.split(' ') ?? [])
const documentedUser = ['--user', 'tollgate', 'on', '>pass@word', ...rights]
const USER = 'tollgate:pass%40word'

/** Everything that Tollgate asks a Redis for. */
async function useAll(target: Store): Promise<void> {
  const budgets = await connectedStore(target)
  await budgets.admit(admission('1', [claim('a', 5), claim('s', 5, { slide: { slices: 2, sliceMs: 1000, slice: START_MS / 1000 } })], { holdUntilMs: START_MS }))
  await budgets.admit(admission('2', [claim('a', 5)]))
  await budgets.renew(['2'], START_MS + 1_000_000)
  await budgets.expire(START_MS, 10)
  const late = { nowMs: START_MS + 3000 }
  await budgets.settle(settlement('1', [charge('a', 5), charge('s', 5, { slide: { slices: 2, sliceMs: 1000, slice: START_MS / 1000 + 3 } })], late))
  assert.deepEqual(await budgets.list('a', { ...late, limit: 1 }), [{ key: 'a', used: 5, held: 5 }])
  assert.equal(await budgets.first('name', { nowMs: START_MS, ttlMs: 1000 }), true)
  await budgets.close()

  const { log, waitFor } = logToArray()
  const limits = createRedisStore({ store: target, log })
  await waitFor('connected to Redis')
  const changes = [{ key: 'tollgate_user_alice_0', kind: 'add', hits: 5n, windowSeconds: 60 }, { key: 'tollgate_user_bob_0', kind: 'refund', hits: 2n, windowSeconds: 60 }] as const
  assert.deepEqual(await limits.apply(changes), [5n, 0n])
  assert.deepEqual(await limits.apply([{ ...changes[0], kind: 'refund', hits: 9n }]), [0n])
  await limits.close()

  const other = logToArray()
  const client = connectRedis({ target, usedFor: 'API keys', log: other.log, commandTimeoutMs: 1000 })
  await other.waitFor('connected to Redis')
  const keys = createRedisKeyBook(client)
  await keys.add({ id: 'abcdefgh23', hash: 'a'.repeat(64), createdAtMs: 0, expiresAtMs: undefined, revokedAtMs: undefined, attributes: new Map(), models: undefined })
  assert.equal((await keys.list()).length, 1)
  await client.hget('tollgate:api_keys', 'a'.repeat(64))
  await client.set('tollgate:cool-down:openai', 'x', 'PX', 1000)
  const refused: unknown[] = []
  const estimator = createEstimator({ onLearn: (answer) => shared.learned(answer) })
  const shared = shareLearning({ board: client, estimator, writer: 'one', log: { ...silentLog, warn: ({ err }) => refused.push(err), debug: ({ err }) => refused.push(err) } })
  // Once a minute they write down all they know.
  for (let round = 0; round < 12; round += 1) {
    estimator.learn({ callerKey: 'alice', model: 'm', inputGuess: 10, usage: { inputTokens: 9, outputTokens: 100, flags: [] }, choices: 1 })
    await shared.exchange()
  }
  assert.deepEqual(refused, [])
  await client.pttl('tollgate:cool-down:openai')
  closeRedis(client)
}

async function refusals(address: { readonly path: string } | { readonly port: number }): Promise<unknown> {
  const client = new Redis(address)
  const log = await client.acl('LOG')
  client.disconnect()
  return log
}

describe('the connections of one process', () => {
  it('are told apart in the log, where each says that it is there, gone and back', async (t) => {
    const folder = await scratchFolder()
    t.after(() => folder.remove())
    const server = await startRedis({ directory: folder.path })
    t.after(() => server.stop())
    const { log, lines, waitFor } = logToArray()
    const budgets = createRedisBudgetStore({ store: server.store, log })
    t.after(() => budgets.close())
    const limits = createRedisStore({ store: server.store, log })
    t.after(() => limits.close())
    const config = buildConfig({ store: server.store, callers: [{ kind: 'api_keys', place: { kind: 'store' }, attributes: new Set(), models: undefined }] })
    const keys = createCallerKeys(config, log)
    t.after(() => keys.close())
    keys.follow(config)
    const users = ['API keys', 'budgets', 'rate limits']
    const all = async (said: (user: string) => string, level: string): Promise<void> => {
      for (const user of users) await waitFor(said(user))
      assert.deepEqual(new Map(lines.map((line) => [line.fields['used_for'], [line.level, line.message]])), new Map(users.map((user) => [user, [level, said(user)]])))
      assert.equal(lines.length, users.length)
      lines.length = 0
    }
    await all((user) => `connected to Redis for ${user}`, 'info')
    await server.stop()
    await all((user) => `Redis is not reachable for ${user}; what needs it fails until it is`, 'error')
    const again = await startRedis({ directory: folder.path })
    t.after(() => again.stop())
    await all((user) => `connected to Redis for ${user}`, 'info')
  })

  it('are told apart in a cluster and behind sentinels too', async (t) => {
    const nobody = `127.0.0.1:${String(await freePort())}`
    for (const store of [{ kind: 'redis-cluster', nodes: [nobody] }, { kind: 'redis-sentinel', sentinels: [nobody], master: 'mymaster' }] as const) {
      const { log, lines, waitFor } = logToArray()
      const limits = createRedisStore({ store, log })
      t.after(() => limits.close())
      await waitFor('Redis is not reachable for rate limits')
      assert.deepEqual(new Set(lines.map(({ fields }) => fields['used_for'])), new Set(['rate limits']))
    }
  })
})

describe('a Redis with users', () => {
  it('needs no more rights than docs/redis.md says', async (t) => {
    const port = await freePort()
    const server = await startRedis({ options: ['--port', String(port), '--bind', '127.0.0.1', ...documentedUser] })
    t.after(() => server.stop())
    await useAll({ kind: 'redis', url: `redis://${USER}@127.0.0.1:${String(port)}/3` })
    assert.deepEqual(await refusals(server.address), [])
  })

  it('needs no more rights in a cluster', async (t) => {
    const cluster = await startThreeNodes(documentedUser)
    t.after(() => cluster.stop())
    await useAll({ kind: 'redis-cluster', nodes: cluster.ports.map((port) => `redis://${USER}@127.0.0.1:${String(port)}`) })
    for (const port of cluster.ports) assert.deepEqual(await refusals({ port }), [])
  })
})

describe('a Redis with TLS', () => {
  async function reasonAt(target: Store): Promise<string> {
    const { log, lines, waitFor } = logToArray()
    const store = createRedisBudgetStore({ store: target, log })
    await waitFor('Redis is not reachable')
    await store.close()
    return String(lines[0]?.fields['reason'])
  }

  it('is trusted by a file of certificates, by the name and by the address in the URL', { skip }, async (t) => {
    const port = await freePort()
    const server = await startRedis({ options: ['--tls-port', String(port), '--bind', '127.0.0.1', ...certificate('localhost')] })
    t.after(() => server.stop())
    const caFile = tlsFile('localhost.crt')
    for (const host of ['localhost', '127.0.0.1']) {
      const url = `rediss://${host}:${String(port)}`
      const store = await connectedStore({ kind: 'redis', url, caFile })
      assert.equal((await store.admit(admission(host, [claim('a', 5)]))).admitted, true)
      await store.close()
      assert.match(await reasonAt({ kind: 'redis', url }), /self-signed certificate/)
      assert.match(await reasonAt({ kind: 'redis', url, caFile: tlsFile('other.crt') }), /self-signed certificate/)
    }
  })

  it('is not trusted with the certificate of another host', { skip }, async (t) => {
    const port = await freePort()
    const server = await startRedis({ options: ['--tls-port', String(port), '--bind', '127.0.0.1', ...certificate('other')] })
    t.after(() => server.stop())
    assert.match(await reasonAt({ kind: 'redis', url: `rediss://127.0.0.1:${String(port)}`, caFile: tlsFile('other.crt') }), /does not match certificate's altnames/)
  })

  it('is a cluster too', { skip }, async (t) => {
    const cluster = await startThreeNodes(['--tls-cluster', 'yes', ...certificate('localhost')], (port) => ['--port', '0', '--tls-port', String(port)], tlsFile('localhost.crt'))
    t.after(() => cluster.stop())
    await useAll({ kind: 'redis-cluster', nodes: cluster.ports.map((port) => `rediss://localhost:${String(port)}`), caFile: tlsFile('localhost.crt') })
  })

  it('says which file of certificates cannot be read', () => {
    const target = { kind: 'redis', url: 'rediss://localhost', caFile: '/nowhere/ca.pem' } as const
    assert.throws(() => createRedisBudgetStore({ store: target, log: logToArray().log }), /the CA file of the store, \/nowhere\/ca\.pem, cannot be read/)
  })
})

describe('a Redis behind sentinels', () => {
  /** With users everywhere, and nothing that is not encrypted. */
  const serverOptions = [...certificate('localhost'), '--tls-replication', 'yes', ...documentedUser, '--user', 'admin', 'on', '>admin', '~*', '&*', '+@all', '--user', 'default', 'off', '--masteruser', 'admin', '--masterauth', 'admin']
  const sentinelLines = [
    ...[...certificate('localhost'), '--tls-replication', 'yes'].join(' ').split(/ ?--/).filter(Boolean),
    'sentinel auth-user mymaster admin',
    'sentinel auth-pass mymaster admin',
    `user tollgate on >pass@word ${sentinelRights.join(' ')}`,
    'user default off',
  ]
  const portOptions = (port: number): readonly string[] => ['--port', '0', '--tls-port', String(port)]
  const store = (port: number): Store => ({ kind: 'redis-sentinel', sentinels: [`rediss://${USER}@127.0.0.1:${String(port)}`], master: `rediss://${USER}@mymaster/2`, caFile: tlsFile('localhost.crt') })

  it('is followed to the new master when the old one dies, with users and TLS', { skip, timeout: 60_000 }, async (t) => {
    const servers = await startWithSentinel({ serverOptions, sentinelLines, portOptions, store })
    t.after(() => servers.stop())
    await useAll(servers.store)
    const { log, lines, waitFor } = logToArray()
    const budgets = createRedisBudgetStore({ store: servers.store, log })
    t.after(() => budgets.close())
    await waitFor('connected to Redis')
    await budgets.admit(admission('before', [claim('moved', 5)]))
    await budgets.settle(settlement('done', [charge('moved', 7)]))
    const admin = new Redis({ port: servers.master.port, username: 'admin', password: 'admin', tls: { ca: readFileSync(tlsFile('localhost.crt')) } })
    assert.equal(await admin.wait(1, 10_000), 1, 'the replica has it')
    admin.disconnect()

    process.kill(servers.master.process.pid, 'SIGKILL')
    await waitFor('Redis is not reachable')
    await assert.rejects(async () => budgets.admit(admission('meanwhile', [claim('moved', 5)])), /Redis did not answer/)
    lines.length = 0
    await waitFor('connected to Redis')
    assert.deepEqual(lines.map(({ level }) => level), ['info'])
    assert.deepEqual(await readOne(budgets, counter('moved')), { used: 7, held: 5 })
    assert.equal((await budgets.settle(settlement('done', [charge('moved', 7)]))).applied, false)
    assert.deepEqual((await budgets.settle(settlement('before', [charge('moved', 6)]))).counters, [{ used: 13, held: 0 }])
  })

  it('is left for the new master when the old one hangs', { timeout: 60_000 }, async (t) => {
    const servers = await startWithSentinel()
    t.after(() => servers.stop())
    const budgets = createRedisBudgetStore({ store: servers.store, log: logToArray().log, commandTimeoutMs: 100 })
    t.after(() => budgets.close())
    while (!(await budgets.ready())) await pause(5)
    process.kill(servers.master.process.pid, 'SIGSTOP')
    await assert.rejects(async () => budgets.admit(admission('meanwhile', [claim('moved', 5)])), /Redis did not answer/)
    while (!(await budgets.ready())) await pause(5)
    const replica = new Redis({ port: servers.replica.port })
    t.after(() => replica.disconnect())
    await budgets.admit(admission('after', [claim('moved', 5)]))
    assert.equal(await replica.exists('{tollgate-budgets}:exchange:after'), 1)
  })

  it('is left only for a master at another address: who asks a sentinel hears of the new one before it is announced', async (t) => {
    const port = await freePort()
    const server = await startRedis({ options: ['--port', String(port), '--bind', '127.0.0.1'] })
    t.after(() => server.stop())
    const [client, announcer] = [new Redis({ port }), new Redis({ port })]
    t.after(() => [client, announcer].forEach((each) => closeRedis(each)))
    followSwitches(client, { sentinels: [{ port, connectTimeout: 1000, retryStrategy: () => 100 }], name: 'mymaster', usedFor: 'budgets', log: logToArray().log })
    await once(client, 'ready')
    let closed = 0
    client.on('close', () => (closed += 1))
    const announce = (text: string): Promise<number> => announcer.publish('+switch-master', text)
    while ((await announce(`mymaster 127.0.0.1 1 127.0.0.1 ${String(port)}`)) === 0) await pause(5)
    await announce(`mymaster 127.0.0.1 1 localhost ${String(port)}`)
    await announce(`othermaster 127.0.0.1 1 127.0.0.2 ${String(port)}`)
    await pause(100)
    assert.equal(closed, 0)
    await announce(`mymaster 127.0.0.1 ${String(port)} 127.0.0.2 ${String(port)}`)
    await once(client, 'ready')
    await announce(`mymaster 127.0.0.1 ${String(port)} 127.0.0.1 1`)
    await once(client, 'ready')
    assert.equal(closed, 2)
  })

  it('is named with what the sentinels say when they do not know it', async (t) => {
    const servers = await startWithSentinel({ store: (port) => ({ kind: 'redis-sentinel', sentinels: [`127.0.0.1:${String(port)}`], master: 'othermaster' }) })
    t.after(() => servers.stop())
    const { log, lines, waitFor } = logToArray()
    const budgets = createRedisBudgetStore({ store: servers.store, log })
    t.after(() => budgets.close())
    await waitFor('Redis is not reachable')
    assert.match(String(lines[0]?.fields['redis']), /^othermaster of 127\.0\.0\.1:\d+$/)
    assert.match(String(lines[0]?.fields['reason']), /No such master with that name/)
  })
})

describe('a command whose connection breaks', () => {
  interface Reached {
    readonly store: Store
    readonly proxy: Awaited<ReturnType<typeof startCuttingProxy>>
  }

  async function single(t: TestContext): Promise<Reached> {
    const port = await freePort()
    const server = await startRedis({ options: ['--port', String(port), '--bind', '127.0.0.1'] })
    t.after(() => server.stop())
    const proxy = await startCuttingProxy(port)
    return { store: { kind: 'redis', url: `redis://127.0.0.1:${String(proxy.port)}` }, proxy }
  }

  async function cluster(t: TestContext): Promise<Reached> {
    const port = await freeNodePort()
    const proxy = await startCuttingProxy(port)
    const server = await startRedisCluster({ port, options: ['--cluster-announce-port', String(proxy.port)] })
    t.after(() => server.stop())
    return { store: { kind: 'redis-cluster', nodes: [`127.0.0.1:${String(proxy.port)}`] }, proxy }
  }

  async function sentinel(t: TestContext): Promise<Reached> {
    let proxy: Reached['proxy'] | undefined
    const servers = await startWithSentinel({ announced: async (port) => (proxy = await startCuttingProxy(port)).port })
    t.after(() => servers.stop())
    if (proxy === undefined) throw new Error('no proxy')
    return { store: servers.store, proxy }
  }

  for (const [name, start] of Object.entries({ single, cluster, sentinel })) {
    it(`is not sent again: ${name}`, async (t) => {
      const { store: target, proxy } = await start(t)
      t.after(() => proxy.stop())
      const { log, waitFor } = logToArray()
      const limits = createRedisStore({ store: target, log })
      t.after(() => limits.close())
      await waitFor('connected to Redis')
      const add = { key: 'hits', kind: 'add', hits: 1n, windowSeconds: 60 } as const
      while (!(await limits.apply([add]).then(() => true, () => false))) await pause(5)
      const budgets = await connectedStore(target)
      t.after(() => budgets.close())
      await budgets.admit(admission('1', [claim('a', 1)]))

      const before = proxy.scripts()
      const cuts: Promise<void>[] = [proxy.cutNextScript()]
      await assert.rejects(limits.apply([add]), /Redis did not answer/)
      cuts.push(proxy.cutNextScript())
      await assert.rejects(async () => budgets.admit(admission('2', [claim('a', 1)])), /Redis did not answer/)
      await Promise.all(cuts)
      while (!(await budgets.ready()) || !(await limits.ready())) await pause(5)
      assert.equal(proxy.scripts(), before + 2)
      while (!(await limits.apply([{ ...add, hits: 0n }]).then((counted) => counted[0] === 2n, () => false))) await pause(5)
      assert.deepEqual(await readOne(budgets, counter('a')), { used: 0, held: 2 })
    })
  }

  it('leads to the new master when the answer is that this one is a replica now', async (t) => {
    const { store: target, proxy } = await single(t)
    t.after(() => proxy.stop())
    const port = await freePort()
    const master = await startRedis({ options: ['--port', String(port), '--bind', '127.0.0.1'] })
    t.after(() => master.stop())
    const budgets = await connectedStore(target)
    t.after(() => budgets.close())
    const old = new Redis({ port: proxy.port })
    t.after(() => old.disconnect())
    await old.replicaof('127.0.0.1', port)
    proxy.leadTo(port)
    await assert.rejects(async () => budgets.admit(admission('1', [claim('a', 1)])), /Redis refused it/)
    while (!(await budgets.ready())) await pause(5)
    assert.equal((await budgets.admit(admission('1', [claim('a', 1)]))).admitted, true)
  })
})
