import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MAX_TOKENS, type RawUsage, type Usage, canonicalUsage } from './usage.ts'

const nothingKnown: Usage = {
  inputTokens: undefined,
  cachedInputTokens: undefined,
  cacheCreationInputTokens: undefined,
  outputTokens: undefined,
  reasoningTokens: undefined,
  totalTokens: undefined,
  flags: [],
}

const cases: { name: string; raw: RawUsage; expected: Partial<Usage> }[] = [
  { name: 'unknown stays undefined', raw: {}, expected: {} },
  { name: 'null is unknown', raw: { inputTokens: null, totalTokens: null }, expected: {} },
  { name: 'zero is known', raw: { inputTokens: 0, outputTokens: 0 }, expected: { inputTokens: 0, outputTokens: 0, totalTokens: 0 } },
  { name: 'a missing total is the sum', raw: { inputTokens: 3, outputTokens: 4 }, expected: { inputTokens: 3, outputTokens: 4, totalTokens: 7 } },
  { name: 'a total is not made up from one side alone', raw: { inputTokens: 3 }, expected: { inputTokens: 3 } },
  { name: 'a total without sides stays', raw: { totalTokens: 9 }, expected: { totalTokens: 9 } },
  { name: 'a total with one side stays', raw: { inputTokens: 3, totalTokens: 9 }, expected: { inputTokens: 3, totalTokens: 9 } },
  {
    name: 'a total below the known side is raised',
    raw: { outputTokens: 30, totalTokens: 9 },
    expected: { outputTokens: 30, totalTokens: 30, flags: ['total_mismatch'] },
  },
  { name: 'a larger total stays', raw: { inputTokens: 3, outputTokens: 4, totalTokens: 20 }, expected: { inputTokens: 3, outputTokens: 4, totalTokens: 20 } },
  {
    name: 'a smaller total is raised',
    raw: { inputTokens: 3, outputTokens: 4, totalTokens: 6 },
    expected: { inputTokens: 3, outputTokens: 4, totalTokens: 7, flags: ['total_mismatch'] },
  },
  { name: 'negative', raw: { inputTokens: -1, outputTokens: 4 }, expected: { inputTokens: 0, outputTokens: 4, totalTokens: 4, flags: ['negative'] } },
  {
    name: 'fractional is rounded up',
    raw: { inputTokens: 0.2, outputTokens: 4 },
    expected: { inputTokens: 1, outputTokens: 4, totalTokens: 5, flags: ['fractional'] },
  },
  { name: 'NaN is unknown', raw: { inputTokens: Number.NaN }, expected: { flags: ['not_a_number'] } },
  { name: 'text is unknown', raw: { outputTokens: '12' }, expected: { flags: ['not_a_number'] } },
  { name: 'an object is unknown', raw: { outputTokens: {} }, expected: { flags: ['not_a_number'] } },
  {
    name: '2^63',
    raw: { inputTokens: 2 ** 63, outputTokens: 1 },
    expected: { inputTokens: MAX_TOKENS, outputTokens: 1, totalTokens: MAX_TOKENS, flags: ['too_large'] },
  },
  { name: 'infinity', raw: { totalTokens: Number.POSITIVE_INFINITY }, expected: { totalTokens: MAX_TOKENS, flags: ['too_large'] } },
  { name: 'negative infinity', raw: { totalTokens: Number.NEGATIVE_INFINITY }, expected: { totalTokens: 0, flags: ['negative'] } },
  { name: 'the largest count is believed', raw: { totalTokens: MAX_TOKENS }, expected: { totalTokens: MAX_TOKENS } },
  { name: 'a fraction above the largest count', raw: { totalTokens: MAX_TOKENS + 0.5 }, expected: { totalTokens: MAX_TOKENS, flags: ['too_large'] } },
  {
    name: 'cached > input',
    raw: { inputTokens: 10, cachedInputTokens: 11 },
    expected: { inputTokens: 10, cachedInputTokens: 10, flags: ['cached_exceeds_input'] },
  },
  {
    name: 'cached + cache creation > input',
    raw: { inputTokens: 10, cachedInputTokens: 6, cacheCreationInputTokens: 6 },
    expected: { inputTokens: 10, cachedInputTokens: 6, cacheCreationInputTokens: 4, flags: ['cached_exceeds_input'] },
  },
  { name: 'cached = input', raw: { inputTokens: 10, cachedInputTokens: 10 }, expected: { inputTokens: 10, cachedInputTokens: 10 } },
  { name: 'cached without input', raw: { cachedInputTokens: 10 }, expected: { cachedInputTokens: 10 } },
  {
    name: 'reasoning > output',
    raw: { outputTokens: 5, reasoningTokens: 6 },
    expected: { outputTokens: 5, reasoningTokens: 5, flags: ['reasoning_exceeds_output'] },
  },
  {
    name: 'a flag is said once',
    raw: { inputTokens: -1, outputTokens: -2, totalTokens: -3 },
    expected: { inputTokens: 0, outputTokens: 0, totalTokens: 0, flags: ['negative'] },
  },
]

for (const { name, raw, expected } of cases) {
  test(`canonicalUsage: ${name}`, () => {
    assert.deepEqual(canonicalUsage(raw), { ...nothingKnown, ...expected })
  })
}
