// Keys in Redis: what one machine revokes, the Tollgates of all machines refuse.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startMockProvider } from '../../src/mock/mock-provider.ts'
import { type RedisServer, startRedis } from '../support/redis-server.ts'
import { createCleanup } from './support/cleanup.ts'
import { type Gateway, startGateway } from './support/gateway.ts'
import { type Answer, type Client, createClient } from './support/send.ts'
import { runTollgate, type TollgateResult } from './support/tollgate-process.ts'
import { until } from './support/until.ts'

const chat = { model: 'gpt-4o', messages: [{ role: 'user', content: 'hi' }] }

describe('keys in Redis', () => {
  const cleanup = createCleanup()
  let redis: RedisServer
  let gateway: Gateway
  let client: Client

  before(async () => {
    redis = cleanup.defer(await startRedis(), (each) => each.stop())
    const openai = cleanup.defer(await startMockProvider({ api: 'openai', address: '127.0.0.1:0' }), (each) => each.close())
    const store = 'path' in redis.address ? redis.address.path : ''
    const yaml = `
providers: {openai: {api: openai, url: "http://127.0.0.1:${openai.port}"}}
models: {gpt-4o: {providers: [openai]}}
callers: [{api_keys: store}]
store: "unix:${store}"
`
    gateway = cleanup.defer(await startGateway({ yaml }), (each) => each.stop())
    client = cleanup.defer(createClient(gateway.url), (each) => each.close())
  })
  after(() => cleanup.run())

  const keys = (...words: readonly string[]): Promise<TollgateResult> => runTollgate(['keys', ...words, '-c', gateway.configPath], { directory: gateway.directory })
  const ask = (key: string): Promise<Answer> => client.post('/v1/chat/completions', chat, { authorization: `Bearer ${key}` })

  it('are made, listed, used, and refused within a second after they were revoked', async () => {
    const key = (await keys('new', '--user', 'alice', '--expires', '90d')).stdout.trim()
    assert.equal((await ask(key)).status, 200)
    const id = key.split('-')[1] ?? ''
    assert.match((await keys('list')).stdout, new RegExp(`^${id}\\s+good\\s+user=alice\\s`, 'm'))
    const stop = new AbortController()
    // Asked all the time, so that it is remembered at every moment.
    const asking = (async () => {
      while (!stop.signal.aborted) await ask(key)
    })()
    assert.equal((await keys('revoke', id)).code, 0)
    const startedAt = performance.now()
    const answer = await until('the key is refused', async () => {
      const next = await ask(key)
      return next.status === 401 ? next : undefined
    })
    assert.ok(performance.now() - startedAt < 1_000)
    assert.match(answer.body, new RegExp(`The API key ${id} was revoked`))
    stop.abort()
    await asking
    assert.match((await keys('list', '--json')).stdout, /"state": "revoked"/)
  })

  it('let nobody in while Redis is away, and say that it is not the key', async () => {
    const key = (await keys('new', '--user', 'bob')).stdout.trim()
    await redis.stop()
    const answer = await until('it is noticed', async () => {
      const next = await ask(key)
      return next.status === 503 ? next : undefined
    })
    assert.match(answer.body, /"code":"callers_unavailable"/)
    const ready = await fetch(`${gateway.adminUrl}/readyz`)
    assert.deepEqual([ready.status, await ready.text()], [503, 'API keys cannot be looked up: requests with a key of the store are refused with 503\n'])
    const refused = await keys('list')
    assert.equal(refused.code, 1)
    assert.match(refused.stderr, /The keys in the Redis of the store cannot be used/)
  })
})
