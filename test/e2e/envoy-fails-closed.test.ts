// What real Envoys answer when Tollgate cannot be asked, or when a body is too large: never a request that goes through unprocessed.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { domainRules, model, provider } from '../support/runtime-config.ts'
import { envoysUnderTest } from './support/envoy-binaries.ts'
import { startScriptedGateway, type ScriptedGateway } from './support/scripted-gateway.ts'
import { startUpstream, type Upstream } from './support/upstream.ts'

const limits = [{ path: 'tokens.yaml', costName: 'llm_total_token', rules: domainRules('tokens', [['user']]) }]

for (const { version, skip } of envoysUnderTest()) {
  describe(`Envoy ${version}: fails closed`, { skip }, () => {
    let gateway: ScriptedGateway
    let upstream: Upstream

    before(async () => {
      upstream = await startUpstream()
      gateway = await startScriptedGateway({ version, models: [model('m', [provider('one', { port: upstream.port })])], limits, maxBodyBytes: 65_536 })
      gateway.services.script.metadata = { exchange_id: 'e', user: 'ann' }
    })
    after(async () => {
      await gateway.close()
      await upstream.close()
    })

    test('takes a body up to the limit and refuses a larger one with 413', async () => {
      assert.equal((await gateway.ask(['one'], {}, 'x'.repeat(65_536))).status, 200)
      assert.equal((await gateway.ask(['one'], {}, 'x'.repeat(200_000))).status, 413)
    })

    test('answers 503 in the client’s format and calls no provider while Tollgate is away', async () => {
      await gateway.services.close()
      upstream.seen.length = 0
      const answer = await gateway.ask(['one'])
      assert.deepEqual([answer.status, answer.headers.get('content-type'), JSON.parse(answer.body).error.code], [503, 'application/json', 'provider_error'])
      const message = await fetch(`${gateway.envoy.url}/v1/messages`, { method: 'POST', body: '{}' })
      assert.deepEqual([message.status, JSON.parse(await message.text()).error.type], [503, 'api_error'])
      assert.equal(upstream.seen.length, 0)
    })
  })

  describe(`Envoy ${version}: rate limit service away`, { skip }, () => {
    let gateway: ScriptedGateway
    let upstream: Upstream

    before(async () => {
      upstream = await startUpstream()
      gateway = await startScriptedGateway({ version, models: [model('m', [provider('one', { port: upstream.port })])], limits, ratelimitAddress: '127.0.0.1:9' })
      gateway.services.script.metadata = { exchange_id: 'e', user: 'ann' }
    })
    after(async () => {
      await gateway.close()
      await upstream.close()
    })

    test('answers 503 and calls no provider', async () => {
      assert.equal((await gateway.ask(['one'])).status, 503)
      assert.equal(upstream.seen.length, 0)
    })
  })
}
