import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Histogram, Registry } from 'prom-client'
import { buildConfig } from '../../test/support/build-config.ts'
import type { Usage } from '../core/usage.ts'
import type { ExchangeSummary } from '../exchange/summary.ts'
import { createMetrics } from './metrics.ts'
import { createDistributions } from './series.ts'

const usage: Usage = { inputTokens: 100, outputTokens: 20, cachedInputTokens: 0, cacheCreationInputTokens: undefined, reasoningTokens: undefined, totalTokens: 120, flags: [] }
const answered: ExchangeSummary = {
  exchangeId: '1',
  config: buildConfig(),
  outcome: 'answered',
  format: 'openai-chat',
  askedModel: 'gpt-4o',
  clientModel: 'gpt-4o',
  provider: 'openai',
  upstreamModel: 'gpt-4o',
  responseModel: undefined,
  callerAttributes: new Map(),
  status: 200,
  stream: false,
  attempts: 2,
  leftOut: [],
  usage,
  costs: new Map([['llm_total_token', 120]]),
  price: { nanoDollars: 450_000, rateCard: '0.1.8' },
  startedAtMs: 0,
  decision: undefined,
  downgradedFrom: undefined,
  charges: [],
  reason: undefined,
  durationMs: 30,
  timeToFirstTokenMs: 25,
}

/** The lines of the metrics page that start with `name`. */
async function lines(metrics: ReturnType<typeof createMetrics>, name: string): Promise<string[]> {
  return (await metrics.registry.metrics()).split('\n').filter((line) => line.startsWith(name))
}

describe('the metrics of an exchange', () => {
  it('count it, its attempts and its costs by who asked whom for what', async () => {
    const metrics = createMetrics()
    metrics.exchangeFinished(answered)
    metrics.exchangeFinished(answered)
    metrics.exchangeFinished({ ...answered, outcome: 'aborted', usage: { ...usage, flags: ['estimated'] } })
    assert.deepEqual(await lines(metrics, 'tollgate_exchanges_total'), [
      'tollgate_exchanges_total{outcome="answered",model="gpt-4o",provider="openai",usage="exact"} 2',
      'tollgate_exchanges_total{outcome="aborted",model="gpt-4o",provider="openai",usage="estimated"} 1',
    ])
    assert.deepEqual(await lines(metrics, 'tollgate_attempts_total'), ['tollgate_attempts_total{model="gpt-4o"} 6'])
    assert.deepEqual(await lines(metrics, 'tollgate_cost_total'), ['tollgate_cost_total{cost="llm_total_token",model="gpt-4o",provider="openai"} 360'])
  })

  it('add up the dollars, exact and estimated apart, and count what has no price', async () => {
    const metrics = createMetrics()
    metrics.exchangeFinished(answered)
    metrics.exchangeFinished({ ...answered, price: { nanoDollars: 1, rateCard: '0.1.8' } })
    metrics.exchangeFinished({ ...answered, outcome: 'aborted', usage: { ...usage, flags: ['estimated'] } })
    metrics.exchangeFinished({ ...answered, price: undefined })
    metrics.exchangeFinished({ ...answered, outcome: 'limited', usage: undefined, price: undefined })
    assert.deepEqual(await lines(metrics, 'tollgate_cost_usd_total'), [
      'tollgate_cost_usd_total{model="gpt-4o",provider="openai",usage="exact"} 0.000450001',
      'tollgate_cost_usd_total{model="gpt-4o",provider="openai",usage="estimated"} 0.00045',
    ])
    assert.deepEqual(await lines(metrics, 'tollgate_unpriced_exchanges_total'), ['tollgate_unpriced_exchanges_total{model="gpt-4o",provider="openai"} 1'])
  })

  it('say how long it took, and what of that was an error', async () => {
    const metrics = createMetrics()
    metrics.exchangeFinished(answered)
    metrics.exchangeFinished({ ...answered, outcome: 'provider_error', usage: undefined })
    const labels = 'gen_ai_operation_name="chat",gen_ai_provider_name="openai",gen_ai_request_model="gpt-4o"'
    assert.deepEqual(await lines(metrics, 'gen_ai_server_request_duration_seconds_count'), [
      `gen_ai_server_request_duration_seconds_count{${labels},error_type=""} 1`,
      `gen_ai_server_request_duration_seconds_count{${labels},error_type="provider_error"} 1`,
    ])
  })

  it('hold the tokens that were said, and the first token of streams only', async () => {
    const metrics = createMetrics()
    metrics.exchangeFinished(answered)
    const sums = await lines(metrics, 'gen_ai_client_token_usage_sum')
    assert.deepEqual(sums.map((line) => /token_type="(\w+)"} (\d+)/.exec(line)?.slice(1).join()), ['input,100', 'output,20', 'cached_input,0'])
    assert.deepEqual(await lines(metrics, 'gen_ai_server_time_to_first_token_seconds'), [])
    metrics.exchangeFinished({ ...answered, stream: true })
    assert.equal((await lines(metrics, 'gen_ai_server_time_to_first_token_seconds_count')).length, 1)
  })

  it('count one that was refused before its model was known, and nothing else of it', async () => {
    const metrics = createMetrics()
    metrics.exchangeFinished({ ...answered, outcome: 'refused', format: undefined, clientModel: undefined, provider: undefined, usage: undefined })
    assert.deepEqual(await lines(metrics, 'tollgate_exchanges_total'), ['tollgate_exchanges_total{outcome="refused",model="none",provider="none",usage="none"} 1'])
    assert.deepEqual(await lines(metrics, 'gen_ai_server_request_duration_seconds'), [])
  })

  it('say how many calls are open and how many messages came', async () => {
    const metrics = createMetrics()
    metrics.extprocOpened('request')
    metrics.extprocOpened('request')
    metrics.extprocClosed('request')
    metrics.extprocMessage('response_body', 'request')
    assert.deepEqual(await lines(metrics, 'tollgate_extproc_'), ['tollgate_extproc_streams{stage="request"} 1', 'tollgate_extproc_messages_total{kind="response_body",stage="request"} 1'])
  })
})

describe('a histogram of ours', () => {
  it('is written as prom-client writes its own', async () => {
    const bounds = [0.1, 1, 10]
    const theirs = new Registry()
    const ours = new Registry()
    const reference = new Histogram({ name: 'size', help: 'How large.', labelNames: ['kind'], buckets: bounds, registers: [theirs] })
    const series = createDistributions({ registry: ours, name: 'size', help: 'How large.' }, bounds)
    for (const [kind, value] of [['a', 0.05], ['a', 0.1], ['b', 1.5], ['a', 11], ['b', 10]] as const) {
      reference.observe({ kind }, value)
      series({ kind }).observe(value)
    }
    assert.equal(await ours.metrics(), await theirs.metrics())
  })
})
