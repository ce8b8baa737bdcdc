// The calls that real Envoys make to the rate limit service: a check with 0 hits before, the charge after, both with the exchange's id.

import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { domainRules, model, provider } from '../support/runtime-config.ts'
import { envoysUnderTest } from './support/envoy-binaries.ts'
import { startScriptedGateway, type ScriptedGateway } from './support/scripted-gateway.ts'
import { until } from './support/until.ts'
import { startUpstream, type Upstream } from './support/upstream.ts'

const limits = [
  { path: 'tokens.yaml', costName: 'llm_total_token', rules: domainRules('tokens', [['user'], ['user', 'model'], ['team']]) },
  { path: 'credits.yaml', costName: 'credits', rules: domainRules('credits', [['model']]) },
]

for (const { version, skip } of envoysUnderTest()) {
  describe(`Envoy ${version}: rate limit calls`, { skip }, () => {
    let gateway: ScriptedGateway
    let upstream: Upstream

    before(async () => {
      upstream = await startUpstream({ status: 200 })
      gateway = await startScriptedGateway({ version, models: [model('m', [provider('one', { port: upstream.port })])], limits })
    })
    beforeEach(() => {
      const { script, rateLimitCalls } = gateway.services
      rateLimitCalls.length = 0
      upstream.seen.length = 0
      script.limitCode = 1
      script.metadata = { exchange_id: 'exchange-1', user: 'ann', model: 'm', llm_total_token: 50, credits: 7 }
      script.charged = { llm_total_token: 123, credits: 1_000_000_000 }
    })
    after(async () => {
      await gateway.close()
      await upstream.close()
    })

    test('checks every key path with 0 hits, then charges each with what the answer cost', async () => {
      assert.equal((await gateway.ask(['one'])).status, 200)
      const calls = await until('two checks and two charges', () => gateway.services.rateLimitCalls.length >= 4 && gateway.services.rateLimitCalls)
      const tokens = (hits: number): object => ({
        domain: 'tokens',
        exchangeId: 'exchange-1',
        descriptors: [
          { entries: 'user=ann', hits },
          { entries: 'user=ann,model=m', hits },
        ],
      })
      const credits = (hits: number): object => ({ domain: 'credits', exchangeId: 'exchange-1', descriptors: [{ entries: 'model=m', hits }] })
      assert.deepEqual(calls.slice(0, 2), [tokens(0), credits(0)])
      assert.deepEqual(calls.slice(2).toSorted((a, b) => b.domain.localeCompare(a.domain)), [tokens(123), credits(1_000_000_000)])
    })

    test('a refusal reaches the client as 429 and no provider is called; what was written is still charged', async () => {
      gateway.services.script.limitCode = 2
      gateway.services.script.charged = { llm_total_token: 0, credits: 0 }
      assert.equal((await gateway.ask(['one'])).status, 429)
      assert.equal(upstream.seen.length, 0)
      assert.equal(gateway.services.answers.at(-1)?.['response.code_details'], 'request_rate_limited')
      const calls = await until('the charge of the refused exchange', () => gateway.services.rateLimitCalls.length >= 2 && gateway.services.rateLimitCalls)
      assert.deepEqual(calls.flatMap((call) => call.descriptors.map(({ hits }) => hits)).filter((hits) => hits !== 0), [])
    })
  })
}
