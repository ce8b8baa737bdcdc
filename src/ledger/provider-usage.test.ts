import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseProviderUsage } from './provider-usage.ts'
import { reconcile } from './reconcile.ts'
import type { RowSum } from './sum-rows.ts'

const openai = `start_time,end_time,start_time_iso,end_time_iso,project_id,num_model_requests,user_id,api_key_id,model,batch,service_tier,input_tokens,output_tokens,input_cached_tokens
1772323200,1772409600,2026-03-01T00:00:00+00:00,2026-03-02T00:00:00+00:00,proj_1,2,,,gpt-4o-mini-2024-07-18,false,default,2000,400,500
1772409600,1772496000,2026-03-02T00:00:00+00:00,2026-03-03T00:00:00+00:00,,,,,,,,,,
`
const openaiCosts = `start_time,end_time,start_time_iso,end_time_iso,amount_value,amount_currency,line_item,project_id
1772323200,1772409600,2026-03-01T00:00:00+00:00,2026-03-02T00:00:00+00:00,0.0003000000000000,usd,"gpt-4o-mini-2024-07-18, input",proj_1
1772323200,1772409600,2026-03-01T00:00:00+00:00,2026-03-02T00:00:00+00:00,0.00024,usd,"gpt-4o-mini-2024-07-18, output",proj_1
`
const anthropic = `usage_date_utc,model_version,api_key,workspace,usage_type,context_window,usage_input_tokens_no_cache,usage_input_tokens_cache_write_5m,usage_input_tokens_cache_write_1h,usage_input_tokens_cache_read,usage_output_tokens,web_search_count
2026-03-01,claude-sonnet-4-5-20250929,main,Default,standard,≤ 200k,1000,200,30,4,50,0
`

function sum(group: readonly [string, string, string], changes: Partial<RowSum> = {}): RowSum {
  return { group, rows: 2, estimatedRows: 0, rowsWithoutUsage: 0, inputTokens: 2000, cachedInputTokens: 0, cacheCreationInputTokens: 0, outputTokens: 400, nanoDollars: 540_000n, estimatedNanoDollars: 0n, ...changes }
}

describe("a provider's export", () => {
  it('of OpenAI is known by its columns: usage, and costs line by line', () => {
    assert.deepEqual(parseProviderUsage(openai), [{ day: '2026-03-01', model: 'gpt-4o-mini-2024-07-18', requests: 2, inputTokens: 2000, outputTokens: 400, nanoDollars: undefined }])
    assert.deepEqual(parseProviderUsage(openaiCosts).map(({ model, nanoDollars, inputTokens }) => [model, nanoDollars, inputTokens]), [
      ['gpt-4o-mini-2024-07-18', 300_000n, undefined],
      ['gpt-4o-mini-2024-07-18', 240_000n, undefined],
    ])
  })

  it('of Anthropic has its input in four columns', () => {
    assert.deepEqual(parseProviderUsage(anthropic), [{ day: '2026-03-01', model: 'claude-sonnet-4-5-20250929', requests: undefined, inputTokens: 1234, outputTokens: 50, nanoDollars: undefined }])
  })

  it('of anybody else is known by the names that are given', () => {
    const text = 'When,Which,In,Thought,Out,Price\n1772323200,m,"1,000",5,7,-$0.5\n'
    const named = { date: ['when'], model: ['Which'], input: ['In'], output: ['Out', 'Thought'], cost: ['Price'] }
    assert.deepEqual(parseProviderUsage(text, named), [{ day: '2026-03-01', model: 'm', requests: undefined, inputTokens: 1000, outputTokens: 12, nanoDollars: -500_000_000n }])
  })

  it('says what is missing, and on which line something is wrong', () => {
    assert.throws(() => parseProviderUsage(''), /the file is empty/)
    assert.throws(() => parseProviderUsage('a,b\n'), /known to be the date; name it with --columns date=NAME\. There are a, b/)
    assert.throws(() => parseProviderUsage('date,model\n'), /known to be tokens or costs/)
    assert.throws(() => parseProviderUsage(openai, { cost: ['price'] }), /there is no column "price"; there are start_time, /)
    assert.throws(() => parseProviderUsage('date,model,cost\n2026-03-01,m,1\n1.3.26,m,1\n'), /line 3: "1\.3\.26" is no date/)
    assert.throws(() => parseProviderUsage('date,model,cost\n2026-03-01,m,many\n'), /line 2: "many" is no number/)
  })
})

describe('the comparison with a provider', () => {
  const theirs = parseProviderUsage(openai)

  it('finds the same model under the name of its version, and chooses who serves it', () => {
    const ours = [sum(['2026-03-01', 'openai', 'gpt-4o-mini']), sum(['2026-03-01', 'anthropic', 'claude-sonnet-4-5']), sum(['2026-02-28', 'openai', 'gpt-4o-mini'])]
    const { models, providers } = reconcile({ theirs, ours, providers: undefined, tolerance: 0 })
    assert.deepEqual(providers, ['openai'])
    assert.deepEqual(models.map(({ day, model, verdict, inputTokens, cost }) => ({ day, model, verdict, inputTokens, cost })), [
      { day: '2026-03-01', model: 'gpt-4o-mini-2024-07-18', verdict: 'close', inputTokens: { theirs: 2000, ours: 2000 }, cost: { theirs: undefined, ours: 0.00054 } },
    ])
    assert.deepEqual(reconcile({ theirs: parseProviderUsage('date,model,output_tokens\n2026-03-01,Claude Sonnet 4.5,400\n'), ours, providers: undefined, tolerance: 0 }).models.map(({ verdict }) => verdict), ['close'])
  })

  it('adds up the lines of a bill, and allows a share', () => {
    const costs = parseProviderUsage(openaiCosts)
    const verdict = (nanoDollars: bigint, tolerance: number) => reconcile({ theirs: costs, ours: [sum(['2026-03-01', 'openai', 'gpt-4o-mini'], { nanoDollars })], providers: undefined, tolerance }).models[0]?.verdict
    assert.equal(verdict(540_000n, 0), 'close')
    assert.equal(verdict(545_000n, 0.01), 'close')
    assert.equal(verdict(546_000n, 0.01), 'different')
  })

  it('says what only one side knows, what is estimated, and what belongs to nobody', () => {
    const ours = [
      sum(['2026-03-01', 'openai', 'gpt-4o'], { estimatedRows: 1, estimatedNanoDollars: 5_000_000_000n }),
      sum(['2026-03-01', '', ''], { rows: 3, nanoDollars: 2_000_000_000n }),
      sum(['2026-03-01', 'openai', 'refused'], { inputTokens: 0, outputTokens: 0, nanoDollars: 0n }),
    ]
    const { models, unattributed } = reconcile({ theirs, ours, providers: new Set(['openai']), tolerance: 0 })
    assert.deepEqual(models.map(({ model, verdict, estimatedRows, estimatedCost }) => ({ model, verdict, estimatedRows, estimatedCost })), [
      { model: 'gpt-4o', verdict: 'only ours', estimatedRows: 1, estimatedCost: 5 },
      { model: 'gpt-4o-mini-2024-07-18', verdict: 'only theirs', estimatedRows: 0, estimatedCost: 0 },
    ])
    assert.deepEqual(unattributed, { rows: 3, cost: 2 })
  })
})
