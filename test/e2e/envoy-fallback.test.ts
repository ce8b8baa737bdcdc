// Fallback along a chain on real Envoys, in the form each version has: what fails moves on, what answers stays, the last error passes.

import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { provider, model } from '../support/runtime-config.ts'
import { envoysUnderTest } from './support/envoy-binaries.ts'
import { startScriptedGateway, type ScriptedGateway } from './support/scripted-gateway.ts'
import { closedPort, startUpstream, type Upstream } from './support/upstream.ts'

const providerAttribute = "xds.upstream_host_metadata.filter_metadata['tollgate.backend']['name']"

for (const { version, skip } of envoysUnderTest()) {
  describe(`Envoy ${version}: fallback`, { skip }, () => {
    let gateway: ScriptedGateway
    let first: Upstream
    let second: Upstream

    before(async () => {
      first = await startUpstream()
      second = await startUpstream()
      const one = provider('one', { port: first.port })
      const two = provider('two', { port: second.port })
      const refused = provider('refused', { port: await closedPort() })
      const nameless = provider('nameless', { host: 'provider.invalid', port: 80 })
      gateway = await startScriptedGateway({
        version,
        models: [model('m', [one, two]), model('r', [refused, one]), model('n', [nameless, one]), model('l', [one, nameless, two]), model('k', [nameless, one, two]), model('o', [one, nameless]), model('t', [one, one])],
      })
    })
    beforeEach(() => {
      for (const upstream of [first, second]) upstream.seen.length = 0
      first.behaviour = { status: 200, body: '{"from":"one"}' }
      second.behaviour = { status: 200, body: '{"from":"two"}' }
      gateway.services.answers.length = 0
    })
    after(async () => {
      await gateway.close()
      await first.close()
      await second.close()
    })

    test('asks only the first provider when it answers, and names it', async () => {
      const answer = await gateway.ask(['one', 'two'])
      assert.equal(answer.body, '{"from":"one"}')
      assert.equal(second.seen.length, 0)
      assert.equal(gateway.services.answers[0]?.[providerAttribute], 'one')
      assert.equal(gateway.services.answers[0]?.['response.code_details'], 'via_upstream')
    })

    for (const status of [429, 500, 503, 529]) {
      test(`moves on after ${status}`, async () => {
        first.behaviour = { status }
        const answer = await gateway.ask(['one', 'two'])
        assert.equal(answer.status, 200)
        assert.equal(answer.body, '{"from":"two"}')
        assert.equal(second.seen[0]?.body, '{"model":"m"}')
        assert.equal(gateway.services.answers[0]?.[providerAttribute], 'two')
        assert.equal(Number(gateway.services.answers[0]?.['upstream.request_attempt_count']), 2)
      })
    }

    test('moves on after a 429 of a provider that sits behind an Envoy of its own', async () => {
      first.behaviour = { status: 429, headers: { 'x-envoy-ratelimited': 'true' } }
      assert.equal((await gateway.ask(['one', 'two'])).body, '{"from":"two"}')
    })

    test('moves on after a broken connection', async () => {
      first.behaviour = 'reset'
      assert.equal((await gateway.ask(['one', 'two'])).body, '{"from":"two"}')
    })

    test('moves on after a refused connection', async () => {
      assert.equal((await gateway.ask(['refused', 'one'])).body, '{"from":"one"}')
    })

    test('moves on when a name resolves to nothing', async () => {
      assert.equal((await gateway.ask(['nameless', 'one'])).body, '{"from":"one"}')
    })

    test('passes over a provider without hosts in the middle', async () => {
      first.behaviour = { status: 429 }
      assert.equal((await gateway.ask(['one', 'nameless', 'two'])).body, '{"from":"two"}')
    })

    test('asks nobody twice when there is nobody else', async () => {
      first.behaviour = { status: 429 }
      second.behaviour = { status: 500 }
      for (const chain of [['one', 'nameless'], ['one', 'nameless', 'two'], ['nameless', 'one', 'two']]) {
        const { status } = await gateway.ask(chain)
        assert.ok(status >= 500, `${chain.join('+')} ended with ${status}`)
      }
      assert.deepEqual([first.seen.length, second.seen.length], [3, 2])
    })

    test('takes the same provider twice', async () => {
      first.behaviour = { status: 500 }
      assert.equal((await gateway.ask(['one', 'one'])).status, 500)
      assert.equal(first.seen.length, 2)
    })

    test('does not move on after an answer that is the client’s fault', async () => {
      first.behaviour = { status: 400, body: '{"error":"bad"}' }
      const answer = await gateway.ask(['one', 'two'])
      assert.deepEqual([answer.status, answer.body], [400, '{"error":"bad"}'])
      assert.equal(second.seen.length, 0)
    })

    test('passes the last error when every provider fails', async () => {
      first.behaviour = { status: 429, body: '{"error":"one"}' }
      second.behaviour = { status: 500, body: '{"error":"two"}' }
      const answer = await gateway.ask(['one', 'two'])
      assert.deepEqual([answer.status, answer.body], [500, '{"error":"two"}'])
      assert.equal(first.seen.length + second.seen.length, 2)
    })

    test('asks a chain of one once, whatever other chains allow', async () => {
      first.behaviour = { status: 429 }
      assert.equal((await gateway.ask(['one'])).status, 429)
      assert.equal(first.seen.length, 1)
    })

    test('answers 503 when nobody has a host', async () => {
      assert.equal((await gateway.ask(['nameless'])).status, 503)
    })

    test('answers 404 to a request without a chain', async () => {
      assert.equal((await gateway.ask([])).status, 404)
    })
  })
}
