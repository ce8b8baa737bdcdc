import assert from 'node:assert/strict'
import { describe, it, test } from 'node:test'
import { convertAnthropicUsage, convertOpenaiUsage, convertRerankUsage } from './usage-fields.ts'
import { canonicalUsage } from './usage.ts'

/** Only what is known, so that a case reads like the provider's documentation. */
function known(counts: object | undefined): object | undefined {
  return counts === undefined ? undefined : Object.fromEntries(Object.entries(counts).filter(([, value]) => value !== undefined))
}

test('OpenAI chat: details are parts of the counts', () => {
  const usage = {
    prompt_tokens: 100,
    completion_tokens: 50,
    total_tokens: 150,
    prompt_tokens_details: { cached_tokens: 60, cache_write_tokens: 20 },
    completion_tokens_details: { reasoning_tokens: 30 },
  }
  assert.deepEqual(known(convertOpenaiUsage(usage)), {
    inputTokens: 100,
    cachedInputTokens: 60,
    cacheCreationInputTokens: 20,
    outputTokens: 50,
    reasoningTokens: 30,
    totalTokens: 150,
  })
})

test('OpenAI responses, images and transcriptions use other names', () => {
  const details = { input_tokens_details: { cached_tokens: 12 }, output_tokens_details: { reasoning_tokens: 5 } }
  const usage = { input_tokens: 36, output_tokens: 87, total_tokens: 123, ...details }
  assert.deepEqual(known(convertOpenaiUsage(usage)), { inputTokens: 36, cachedInputTokens: 12, outputTokens: 87, reasoningTokens: 5, totalTokens: 123 })
})

test('DeepSeek and Moonshot put cache hits beside the counts', () => {
  const deepseek = convertOpenaiUsage({ prompt_tokens: 10, completion_tokens: 1, total_tokens: 11, prompt_cache_hit_tokens: 8, prompt_cache_miss_tokens: 2 })
  const moonshot = convertOpenaiUsage({ prompt_tokens: 10, completion_tokens: 1, total_tokens: 11, cached_tokens: 8 })
  assert.deepEqual([deepseek?.cachedInputTokens, moonshot?.cachedInputTokens], [8, 8])
})

test('embeddings have no output, not an unknown one', () => {
  assert.deepEqual(known(convertOpenaiUsage({ prompt_tokens: 8, total_tokens: 8 })), { inputTokens: 8, outputTokens: 0, totalTokens: 8 })
})

test('an unknown output stays unknown without a total that tells it', () => {
  const usages = [{ prompt_tokens: 8 }, { prompt_tokens: 8, total_tokens: 7 }, { prompt_tokens: '8', total_tokens: 8 }]
  assert.deepEqual(usages.map((usage) => convertOpenaiUsage(usage)?.outputTokens), [undefined, undefined, undefined])
})

test('reasoning that xAI keeps out of completion_tokens is output all the same', () => {
  const usage = { prompt_tokens: 10, completion_tokens: 9, total_tokens: 219, completion_tokens_details: { reasoning_tokens: 200 } }
  const { outputTokens, reasoningTokens, totalTokens, flags } = canonicalUsage(convertOpenaiUsage(usage) ?? {})
  assert.deepEqual({ outputTokens, reasoningTokens, totalTokens, flags }, { outputTokens: 209, reasoningTokens: 200, totalTokens: 219, flags: [] })
})

test('usage without any count is no usage', () => {
  const usages = [{}, { type: 'duration', seconds: 9 }, { prompt_tokens: null, total_tokens: null }]
  assert.deepEqual(usages.map(convertOpenaiUsage), [undefined, undefined, undefined])
})

test('values are passed on as they were written', () => {
  assert.deepEqual(known(convertOpenaiUsage({ prompt_tokens: -7, completion_tokens: '5', total_tokens: 2 ** 63 })), {
    inputTokens: -7,
    outputTokens: '5',
    totalTokens: 2 ** 63,
  })
})

test('Anthropic: input is the sum of its three parts', () => {
  const cache = { cache_creation_input_tokens: 188, cache_read_input_tokens: 4096 }
  const usage = { input_tokens: 21, ...cache, output_tokens: 393, output_tokens_details: { thinking_tokens: 40 } }
  assert.deepEqual(known(convertAnthropicUsage(usage)), {
    inputTokens: 4305,
    cachedInputTokens: 4096,
    cacheCreationInputTokens: 188,
    outputTokens: 393,
    reasoningTokens: 40,
  })
})

test('Anthropic: parts that are null or missing do not count, all missing is unknown', () => {
  const some = convertAnthropicUsage({ input_tokens: 21, cache_creation_input_tokens: null, output_tokens: 3 })
  assert.deepEqual([known(some), convertAnthropicUsage({ output_tokens: 3 })?.inputTokens, convertAnthropicUsage({})], [
    { inputTokens: 21, outputTokens: 3 },
    undefined,
    undefined,
  ])
})

const lies = [
  ['12', 'not_a_number'],
  [Number.POSITIVE_INFINITY, 'too_large'],
  [-5, 'negative'],
  [{}, 'not_a_number'],
  [true, 'not_a_number'],
] as const

for (const [lie, flag] of lies) {
  test(`Anthropic: a part that is ${JSON.stringify(lie)} is seen behind the sum`, () => {
    const raw = convertAnthropicUsage({ input_tokens: 100, cache_read_input_tokens: lie, output_tokens: 1 })
    assert.equal(raw?.inputTokens, lie)
    assert.ok(canonicalUsage(raw ?? {}).flags.includes(flag))
  })
}

test('rerank: usage, else meta.tokens, else meta.billed_units, else nothing', () => {
  const answers = [
    { usage: { total_tokens: 815 }, meta: undefined },
    { usage: undefined, meta: { tokens: { input_tokens: 112.5, output_tokens: 3 }, billed_units: { input_tokens: 1 } } },
    { usage: null, meta: { billed_units: { input_tokens: 7, search_units: 1 } } },
    { usage: undefined, meta: { billed_units: { search_units: 1 } } },
    { usage: 'no', meta: [] },
  ]
  assert.deepEqual(answers.map((answer) => known(convertRerankUsage(answer))), [
    { inputTokens: 815, outputTokens: 0, totalTokens: 815 },
    { inputTokens: 112.5, outputTokens: 3 },
    { inputTokens: 7, outputTokens: 0 },
    undefined,
    undefined,
  ])
})

describe('what has a price of its own', () => {
  const details = (usage: ReturnType<typeof convertOpenaiUsage>) => canonicalUsage(usage ?? {}).details

  it('is read from OpenAI: audio and pictures of both sides', () => {
    const usage = {
      prompt_tokens: 100,
      completion_tokens: 50,
      prompt_tokens_details: { cached_tokens: 20, audio_tokens: 30, cached_tokens_details: { audio_tokens: 10 } },
      completion_tokens_details: { audio_tokens: 40, reasoning_tokens: 0 },
    }
    assert.deepEqual(details(convertOpenaiUsage(usage)), { inputAudioTokens: 30, cachedInputAudioTokens: 10, outputAudioTokens: 40 })
    assert.deepEqual(details(convertOpenaiUsage({ input_tokens: 9, output_tokens: 2, input_tokens_details: { image_tokens: 5, text_tokens: 4 }, output_tokens_details: { image_tokens: 2 } })), { inputImageTokens: 5, outputImageTokens: 2 })
  })

  it('is read from Anthropic: caches that are kept for an hour, searches', () => {
    const usage = { input_tokens: 1, output_tokens: 2, cache_creation_input_tokens: 30, cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 20 }, server_tool_use: { web_search_requests: 3 } }
    assert.deepEqual(details(convertAnthropicUsage(usage)), { cacheCreation1hInputTokens: 20, webSearches: 3 })
  })

  it('is not there when nothing of it was used, and judged like every count', () => {
    assert.equal(details(convertOpenaiUsage({ prompt_tokens: 1, completion_tokens: 1, prompt_tokens_details: { audio_tokens: 0 } })), undefined)
    const lied = canonicalUsage(convertOpenaiUsage({ prompt_tokens: 1, completion_tokens: 1, prompt_tokens_details: { audio_tokens: -4 }, completion_tokens_details: { audio_tokens: 1.5 } }) ?? {})
    assert.deepEqual([lied.details, lied.flags], [{ outputAudioTokens: 2 }, ['negative', 'fractional']])
  })
})
