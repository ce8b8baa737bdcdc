// Orders of a chain that differ from request to request, on real Envoys of both forms: drawn by weight, or chosen by the caller.

import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { createCleanup } from './support/cleanup.ts'
import { envoyBinary, envoysUnderTest } from './support/envoy-binaries.ts'
import { type Gateway, startGateway } from './support/gateway.ts'
import { type Client, createClient } from './support/send.ts'
import { startUpstream, type Upstream } from './support/upstream.ts'

const names = ['a', 'b', 'c'] as const
const yaml = (ports: Readonly<Record<string, number>>) => `
providers:
${names.map((name) => `  ${name}: {api: openai, url: "http://127.0.0.1:${ports[name] ?? 0}", credential: {env: KEY_${name.toUpperCase()}}}`).join('\n')}
models:
  weighted: {providers: [{use: a, weight: 1}, {use: b, weight: 1, model: named-by-b}, c]}
  open: {providers: [a, {use: b, model: named-by-b}, c], allow_provider_choice: {team: platform}}
  closed: {providers: [a, b, c]}
callers: [{headers: {team: x-team}}]
cool_down: off
`
const body = JSON.stringify({ object: 'chat.completion', choices: [], usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } })

for (const { version, skip } of envoysUnderTest()) {
  describe(`Envoy ${version}: orders of a chain`, { skip }, () => {
    const cleanup = createCleanup()
    const upstreams: Record<string, Upstream> = {}
    let gateway: Gateway
    let client: Client

    before(async () => {
      for (const name of names) upstreams[name] = cleanup.defer(await startUpstream(), (each) => each.close())
      const ports = Object.fromEntries(Object.entries(upstreams).map(([name, { port }]) => [name, port]))
      const environment = { KEY_A: 'key-a', KEY_B: 'key-b', KEY_C: 'key-c' }
      gateway = cleanup.defer(await startGateway({ yaml: yaml(ports), environment, envoy: envoyBinary(version) }), (each) => each.stop())
      client = cleanup.defer(createClient(gateway.url), (each) => each.close())
    })
    beforeEach(() => {
      for (const each of Object.values(upstreams)) {
        each.behaviour = { status: 200, body }
        each.seen.length = 0
      }
    })
    after(() => cleanup.run())

    const fail = (...failing: readonly string[]): void => {
      for (const [name, each] of Object.entries(upstreams)) each.behaviour = failing.includes(name) ? { status: 503 } : { status: 200, body }
    }
    const post = (model: string, headers: Readonly<Record<string, string>> = {}) => client.post('/v1/chat/completions', { model, messages: [] }, { 'x-team': 'sales', ...headers })
    const choose = async (providers: string) => {
      const { status, headers } = await post('open', { 'x-team': 'platform', 'x-tollgate-providers': providers })
      return [status, headers['x-ai-provider'], headers['x-tollgate-attempts']]
    }
    /** What was asked for the model, in which order cannot be seen here. */
    const asked = (): string[] => names.filter((name) => (upstreams[name]?.seen.length ?? 0) > 0)

    it('weights let either begin, and the others follow', async () => {
      const first = new Set<unknown>()
      for (let count = 0; count < 40; count += 1) first.add((await post('weighted')).headers['x-ai-provider'])
      // That one of two is drawn 40 times in a row happens once in 10^12 runs.
      assert.deepEqual(first, new Set(['a', 'b']))
      fail('a', 'b')
      for (let count = 0; count < 10; count += 1) {
        const { headers } = await post('weighted')
        assert.deepEqual([headers['x-ai-provider'], headers['x-tollgate-attempts']], ['c', '3'])
      }
      assert.ok(upstreams['b']?.seen.every((seen) => JSON.parse(seen.body).model === 'named-by-b' && seen.headers['authorization'] === 'Bearer key-b'))
      assert.ok(upstreams['a']?.seen.every((seen) => JSON.parse(seen.body).model === 'weighted' && seen.headers['authorization'] === 'Bearer key-a'))
    })

    it('a caller who may chooses who is asked, in which order', async () => {
      assert.deepEqual(await choose('c'), [200, 'c', '1'])
      assert.deepEqual(asked(), ['c'])
      fail('c', 'b')
      assert.deepEqual(await choose('c,b,a'), [200, 'a', '3'])
      assert.deepEqual(await choose('b, c'), [503, 'c', '2'])
      assert.deepEqual(upstreams['b']?.seen.map((seen) => JSON.parse(seen.body).model), ['named-by-b', 'named-by-b'])
      for (const each of Object.values(upstreams)) for (const { headers } of each.seen) assert.equal(headers['x-tollgate-providers'], undefined)
    })

    it('others are told that they may not, or are not heard at all', async () => {
      const denied = await post('open', { 'x-tollgate-providers': 'c' })
      assert.deepEqual([denied.status, JSON.parse(denied.body).error.code], [403, 'provider_choice_denied'])
      const wrong = await post('open', { 'x-team': 'platform', 'x-tollgate-providers': 'c,https://evil.example' })
      assert.equal(wrong.status, 400)
      assert.match(JSON.parse(wrong.body).error.message, /"https:\/\/evil\.example", which does not serve the model open\. Choose from: a, b, c\.$/)
      assert.deepEqual(asked(), [])
      assert.equal((await post('closed', { 'x-team': 'platform', 'x-tollgate-providers': 'c' })).headers['x-ai-provider'], 'a')
    })
  })
}
