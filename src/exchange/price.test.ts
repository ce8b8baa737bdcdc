// What an exchange costs in dollars, from the request to the summary, and who is asked where a limit counts dollars.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { buildConfig, buildCost, buildModel, buildProvider } from '../../test/support/build-config.ts'
import { driveExchange } from '../../test/support/drive-exchange.ts'
import { domainRules } from '../../test/support/runtime-config.ts'
import type { RuntimeConfig } from '../config/runtime-config.ts'
import { CATALOGUE_VERSION } from '../prices/catalogue.ts'

const answer = (usage: object | undefined) => ({ id: 'c', object: 'chat.completion', model: 'gpt-4o-2024-08-06', choices: [{ index: 0, message: { role: 'assistant', content: 'hi' } }], usage })
const ask = (model: string) => ({ body: { model, messages: [{ role: 'user', content: 'hello' }] } })
const spend = buildCost('spend', 'MicroDollar')

/** `llama` has no price at its own server, and one at OpenAI under another name. */
function configOf(changes: Partial<RuntimeConfig> = {}): RuntimeConfig {
  const openai = buildProvider('openai')
  const vllm = buildProvider('vllm')
  const models = [buildModel('gpt-4o', openai), buildModel('mixed', vllm, [openai, 'gpt-4o']), buildModel('llama', vllm)]
  return buildConfig({ models: new Map(models.map((model) => [model.clientModel, model])), costs: [spend], ...changes })
}

const drive = (config: RuntimeConfig) => driveExchange({ config, credentials: { OPENAI_API_KEY: 'o', VLLM_API_KEY: 'v' } })
const limited = configOf({ limits: [{ path: '/limits.yaml', costName: 'spend', rules: domainRules('d', [['model']]) }] })

describe('an exchange', () => {
  it('costs what its usage comes to: 800 × 2.50 + 400 × 1.25 + 350 × 10 dollars per million', async () => {
    const driven = drive(configOf())
    await driven.request(ask('gpt-4o'))
    await driven.answer()
    const action = await driven.body(answer({ prompt_tokens: 1200, completion_tokens: 350, total_tokens: 1550, prompt_tokens_details: { cached_tokens: 400 } }))
    assert.ok(action.kind === 'pass')
    assert.equal(action.headers?.set?.['x-tollgate-cost-usd'], '0.006')
    assert.deepEqual(driven.summaries[0]?.price, { nanoDollars: 6_000_000, rateCard: CATALOGUE_VERSION })
    assert.equal(driven.costs()['spend'], 6000)
    assert.deepEqual(driven.summaries[0]?.usage?.flags, [])
  })

  it('has an estimate of it from the request on, and flags it when the answer does not say better', async () => {
    const driven = drive(configOf())
    await driven.request(ask('gpt-4o'))
    assert.ok(Number(driven.costs()['spend']) > 2500)
    await driven.answer()
    await driven.body(answer(undefined))
    assert.ok((driven.summaries[0]?.price?.nanoDollars ?? 0) > 0)
    assert.deepEqual(driven.summaries[0]?.usage?.flags, ['estimated'])
  })

  it('costs nothing when the provider refused it', async () => {
    const driven = drive(configOf())
    await driven.request(ask('gpt-4o'))
    await driven.answer({ status: 400 })
    assert.equal(driven.summaries[0]?.price, undefined)
    assert.equal(driven.costs()['spend'], 0)
  })

  it('of a model without a price has no cost in dollars, which is neither 0 nor its tokens', async () => {
    const driven = drive(configOf())
    await driven.request(ask('llama'))
    await driven.answer({ provider: 'vllm' })
    await driven.body(answer({ prompt_tokens: 1200, completion_tokens: 350, total_tokens: 1550 }))
    const [summary] = driven.summaries
    assert.deepEqual([summary?.outcome, summary?.price, summary?.usage?.flags], ['answered', undefined, []])
    assert.equal('spend' in driven.costs(), false)
    assert.deepEqual(summary?.costs, new Map())
  })
})

describe('where a limit counts dollars', () => {
  it('a model that nobody has a price for is refused before it is sent, in the format of the client', async () => {
    const openai = drive(limited)
    const refusal = await openai.request(ask('llama'))
    assert.ok(refusal.kind === 'reply')
    assert.equal(refusal.status, 403)
    assert.equal(JSON.parse(refusal.body.toString()).error.code, 'price_unknown')
    assert.equal(openai.summaries[0]?.outcome, 'refused')
    const anthropic = drive(limited)
    const other = await anthropic.request({ path: '/v1/messages', body: { model: 'llama', max_tokens: 5, messages: [{ role: 'user', content: 'hello' }] }, headers: { 'anthropic-version': '2023-06-01' } })
    assert.ok(other.kind === 'reply')
    assert.equal(JSON.parse(other.body.toString()).error.type, 'permission_error')
  })

  it('a provider without a price is left out of the chain, and the others are asked', async () => {
    const driven = drive(limited)
    await driven.request(ask('mixed'))
    assert.deepEqual(driven.metadata['tollgate.route']?.['steps'], [{ provider: 'openai', model: 'gpt-4o' }])
    driven.exchange.closed()
    assert.deepEqual(driven.summaries[0]?.leftOut, ['vllm (no price)'])
  })

  it('nobody is left out when the limits count something else', async () => {
    const driven = drive(configOf())
    await driven.request(ask('mixed'))
    assert.deepEqual(driven.metadata['tollgate.route']?.['priority_groups'], [{ name: 'vllm' }, { name: 'openai' }])
  })
})
