// Requests with more parts than a call has room for on its stack, and with more calls than may be looked at twice.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { conversionFor } from '../../src/conversions/index.ts'
import type { FormatName } from '../../src/formats/format.ts'
import { providerApis } from '../../src/providers/index.ts'
import { findCall } from '../../src/providers/provider-api.ts'

const PARTS = 150_000
const text = (type: string, count = PARTS): object[] => Array.from({ length: count }, () => ({ type, text: 'a' }))

const providers = [
  ['openai', 'gpt-4o'],
  ['anthropic', 'claude-sonnet-4-5'],
  ['google-ai-studio', 'gemini-2.5-flash'],
  ['aws-bedrock', 'amazon.nova-pro-v1:0'],
] as const

const bodies: readonly [what: string, FormatName, object][] = [
  ['instructions', 'openai-chat', { messages: [{ role: 'system', content: text('text') }, { role: 'user', content: 'hi' }] }],
  ['parts of a user', 'openai-chat', { messages: [{ role: 'user', content: text('text') }] }],
  ['parts of an assistant', 'openai-chat', { messages: [{ role: 'assistant', content: text('text') }, { role: 'user', content: 'hi' }] }],
  ['parts of a user', 'openai-responses', { input: [{ role: 'user', content: text('input_text') }] }],
  ['parts of an assistant', 'openai-responses', { input: [{ role: 'assistant', content: text('output_text') }, { role: 'user', content: 'hi' }] }],
  ['instructions', 'openai-responses', { input: [{ role: 'developer', content: text('input_text') }, { role: 'user', content: 'hi' }] }],
  ['instructions', 'anthropic-messages', { max_tokens: 9, messages: [{ role: 'user', content: 'hi' }, { role: 'system', content: text('text') }] }],
  ['parts of two messages of a user', 'anthropic-messages', { max_tokens: 9, messages: [{ role: 'user', content: 'hi' }, { role: 'user', content: text('text') }] }],
  ['parts of two messages of an assistant', 'anthropic-messages', { max_tokens: 9, messages: [{ role: 'user', content: 'hi' }, { role: 'assistant', content: 'a' }, { role: 'assistant', content: text('text') }, { role: 'user', content: 'hi' }] }],
]

describe('a request with very many', () => {
  for (const [what, format, body] of bodies) {
    it(`${what} in ${format} is converted`, () => {
      for (const [api, upstreamModel] of providers) assert.notEqual(convert(format, body, { api, upstreamModel }), 0, api)
    })
  }

  it('more than can be converted in good time is refused, whatever they are', () => {
    const [short, many] = [text('text', 100_001), text('text', 200_001)]
    const crowded: readonly (readonly [FormatName, object])[] = [
      ['openai-chat', { messages: many.map(() => ({ role: 'user', content: 'a' })) }],
      ['openai-chat', { messages: [{ role: 'user', content: short }, { role: 'user', content: short }] }],
      ['openai-responses', { input: many.map(() => ({ role: 'user', content: 'a' })) }],
      ['anthropic-messages', { max_tokens: 9, system: many, messages: [{ role: 'user', content: 'hi' }] }],
    ]
    for (const [format, body] of crowded) {
      assert.throws(() => convert(format, body, { api: 'google-ai-studio', upstreamModel: 'gemini-2.5-flash' }), { code: 'malformed_request', message: /at most 200000 are converted/ })
    }
  })

  // Looked for among all calls each, they would take minutes.
  it('results that name only their function is converted', { timeout: 60_000 }, () => {
    const ids = Array.from({ length: 40_000 }, (_, index) => index)
    const calls = ids.map((id) => ({ id: `c${id}`, type: 'function', function: { name: `f${id}`, arguments: '{}' } }))
    const results = ids.toReversed().map((id) => ({ role: 'function', name: `f${id}`, content: 'a' }))
    const body = { messages: [{ role: 'user', content: 'hi' }, { role: 'assistant', tool_calls: calls }, ...results] }
    assert.notEqual(convert('openai-chat', body, { api: 'anthropic', upstreamModel: 'claude-sonnet-4-5' }), undefined)
  })
})

/** The number of providers' bytes; undefined where the provider is not asked in another API. */
function convert(format: FormatName, body: object, { api, upstreamModel }: { api: (typeof providers)[number][0]; upstreamModel: string }): number | undefined {
  const call = findCall(providerApis[api], format, upstreamModel)
  const conversion = call === undefined ? undefined : conversionFor(format, call)
  if (conversion === undefined) return undefined
  return JSON.stringify(conversion.convertRequest(Buffer.from(JSON.stringify({ model: 'm', ...body })), { upstreamModel }).body).length
}
