// The official Anthropic client against every provider, through the real Envoy: whoever answers, the client cannot tell.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import Anthropic, { APIError, BadRequestError, InternalServerError, RateLimitError } from '@anthropic-ai/sdk'
import { betaZodTool } from '@anthropic-ai/sdk/helpers/beta/zod'
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod'
import type { ContentBlockParam, MessageParam, ThinkingConfigParam, ToolChoice } from '@anthropic-ai/sdk/resources/messages'
import { z } from 'zod'
import { countHeaders, counts, type EveryProvider, expectCutsToThrow, failureMessage, pdfBase64, pngBase64, type ProviderCase, providerCases, startEveryProvider } from './support/every-provider.ts'

const place = z.object({ city: z.string(), days: z.number().int() })
const tools = [
  { name: 'get_weather', description: 'Weather of a city', input_schema: { type: 'object' as const, properties: { city: { type: 'string' }, days: { type: 'integer' } }, required: ['city', 'days'] } },
  { name: 'get_time', input_schema: { type: 'object' as const } },
]
const question: MessageParam[] = [{ role: 'user', content: 'get weather in Paris' }]
const forecast = z.object({ city: z.string(), days: z.number().int(), isWarm: z.boolean() })

const byAddress = { type: 'image' as const, source: { type: 'url' as const, url: 'https://example.com/dot.png' } }

/** What each provider cannot be told of the request in the test, and does not need. */
const dropped: Readonly<Record<ProviderCase['speaks'], readonly string[] | undefined>> = {
  openai: ['cache_control', 'top_k'],
  anthropic: undefined,
  converse: ['metadata.user_id'],
  gemini: ['cache_control', 'metadata.user_id'],
}
/** What only this model does not take. */
const alsoDropped: Readonly<Record<string, readonly string[]>> = { 'us.amazon.nova-pro-v1:0': ['top_k'], 'global.anthropic.claude-sonnet-5': ['temperature', 'top_k'] }
const converted = providerCases.filter(({ speaks }) => dropped[speaks] !== undefined)

describe('the official Anthropic client', () => {
  let every: EveryProvider
  let client: Anthropic

  before(async () => {
    every = await startEveryProvider()
    client = new Anthropic({ apiKey: 'the-clients-own', baseURL: every.gateway.url, maxRetries: 0 })
  })
  after(() => every.stop())

  for (const provider of providerCases) {
    const { model, api, upstreamModel } = provider
    const writes = provider.countsCacheWrites ? counts.cacheWrites : 0
    const usage = { input_tokens: counts.input - counts.cached - writes, cache_read_input_tokens: counts.cached, cache_creation_input_tokens: writes, output_tokens: counts.output }
    const told = ({ usage: of }: Anthropic.Message) => ({
      input_tokens: of.input_tokens,
      cache_read_input_tokens: of.cache_read_input_tokens,
      cache_creation_input_tokens: of.cache_creation_input_tokens ?? 0,
      output_tokens: of.output_tokens,
    })
    // By itself the SDK lets Anthropic remember the conversation, which our mock cannot. Who cannot do it at all says so, and is sent the whole.
    const threads = api === 'anthropic' ? { thread: false as const } : {}
    const thinking: ThinkingConfigParam = upstreamModel === 'claude-sonnet-5' ? { type: 'adaptive', display: 'summarized' } : { type: 'enabled', budget_tokens: 2_048 }

    describe(`${model} (${api}, ${upstreamModel})`, () => {
      it('gets a message, and who answered and what it cost', async () => {
        const asked = { model, max_tokens: 500, system: [{ type: 'text' as const, text: 'You are brief.' }], messages: [{ role: 'user' as const, content: 'Say Grüße 世界' }] }
        const { data, response } = await client.messages.create(asked, { headers: countHeaders }).withResponse()
        assert.match(data.content[0]?.type === 'text' ? data.content[0].text : '', /Say Grüße 世界/)
        assert.deepEqual([data.type, data.role, data.stop_reason, data.stop_sequence], ['message', 'assistant', 'end_turn', null])
        assert.deepEqual(told(data), usage)
        assert.deepEqual(['x-ai-provider', 'x-tollgate-model', 'x-ai-gateway-tokens-used', 'x-tollgate-dropped-params'].map((name) => response.headers.get(name)), [api, model, '1070', null])
      })

      it('streams what it says whole, with the same usage', async () => {
        const asked = { model, max_tokens: 500, messages: [{ role: 'user' as const, content: 'Say Grüße 世界' }] }
        const whole = await client.messages.create(asked, { headers: countHeaders })
        const streamed = await client.messages.stream(asked, { headers: { ...countHeaders, 'x-mock-split': '7' } }).finalMessage()
        assert.deepEqual([streamed.content, streamed.stop_reason, streamed.model], [whole.content, 'end_turn', whole.model])
        assert.deepEqual(told(streamed), usage)
      })

      it('tells that the limit cut the answer', async () => {
        const short = { model, max_tokens: 3, messages: [{ role: 'user' as const, content: 'Tell me a long story' }] }
        assert.equal((await client.messages.create(short)).stop_reason, 'max_tokens')
        assert.equal((await client.messages.stream(short).finalMessage()).stop_reason, 'max_tokens')
      })

      it('runs a tool loop of its own, whole and streamed', async () => {
        for (const stream of [false, true]) {
          const called: unknown[] = []
          const weather = betaZodTool({ name: 'get_weather', description: 'Weather of a city', inputSchema: place, run: (input) => (called.push(input), 'Sunny, 21 °C') })
          const runner = client.beta.messages.toolRunner({ model, max_tokens: 500, messages: [{ role: 'user', content: 'get weather in Paris' }], tools: [weather], stream, ...threads })
          assert.equal((await runner.runUntilDone()).stop_reason, 'end_turn')
          assert.deepEqual(called, [{ city: 'Paris', days: 1 }])
          assert.match(every.lastRequest(provider).body, /Sunny, 21 °C/)
        }
      })

      it('hands back thoughts and signatures in a tool loop, whole and streamed', async () => {
        const asked = { model, tools, thinking, max_tokens: 4_096 }
        const whole = await client.messages.create({ ...asked, messages: question })
        const streamed = await client.messages.stream({ ...asked, messages: question }).finalMessage()
        for (const message of [whole, streamed]) {
          const call = message.content.find((block) => block.type === 'tool_use')
          assert.deepEqual([message.stop_reason, call?.name, call?.input], ['tool_use', 'get_weather', { city: 'Paris', days: 1 }])
          assert.deepEqual(message.content.map(({ type }) => type), provider.showsThoughts ? ['thinking', 'tool_use'] : ['tool_use'])
          const result = { type: 'tool_result' as const, tool_use_id: call?.id ?? '', content: 'Sunny' }
          const answered = await client.messages.create({ ...asked, messages: [...question, { role: 'assistant', content: message.content }, { role: 'user', content: [result] }] })
          assert.equal(answered.stop_reason, 'end_turn')
          assert.match(every.lastRequest(provider).body, provider.signed ?? /Sunny/)
        }
      })

      it('takes parallel calls and their results, with pictures and errors in them', async () => {
        const picture = { type: 'image' as const, source: { type: 'base64' as const, media_type: 'image/png' as const, data: pngBase64 } }
        const messages: MessageParam[] = [
          ...question,
          {
            role: 'assistant',
            content: [
              { type: 'text', text: 'Two at once.' },
              { type: 'tool_use', id: 'toolu_a', name: 'get_weather', input: { city: 'Paris', days: 1 } },
              { type: 'tool_use', id: 'toolu_b', name: 'get_time', input: {} },
            ],
          },
          {
            role: 'user',
            content: [
              { type: 'tool_result', tool_use_id: 'toolu_b', content: 'No clock here', is_error: true },
              { type: 'tool_result', tool_use_id: 'toolu_a', content: [{ type: 'text', text: 'It rains' }, picture] },
              { type: 'text', text: 'Go on' },
            ],
          },
        ]
        const answer = await client.messages.create({ model, max_tokens: 500, messages, tools, tool_choice: { type: 'auto' } })
        assert.equal(answer.stop_reason, 'end_turn')
        const { body } = every.lastRequest(provider)
        for (const text of ['Two at once.', 'No clock here', 'It rains', 'Go on', pngBase64]) assert.ok(body.includes(text), body)
      })

      it('demands a tool, one by name, or none', async () => {
        const names = async (choice: ToolChoice) => {
          const { content } = await client.messages.create({ model, max_tokens: 500, messages: [{ role: 'user', content: 'hello' }], tools, tool_choice: choice })
          return content.map((block) => (block.type === 'tool_use' ? block.name : block.type))
        }
        // Sonnet 5 thinks unless it is told not to, but gives nothing away.
        assert.deepEqual(await names({ type: 'any', disable_parallel_tool_use: true }), ['get_weather'])
        assert.deepEqual(await names({ type: 'tool', name: 'get_time' }), ['get_time'])
        assert.deepEqual(await names({ type: 'none' }), ['text'])
      })

      it('parses structured output, whole and streamed', async () => {
        const asked = { model, max_tokens: 500, messages: [{ role: 'user' as const, content: 'What about Oslo' }], output_config: { format: zodOutputFormat(forecast) } }
        for (const message of [await client.messages.parse(asked), await client.messages.stream(asked).finalMessage()]) {
          assert.deepEqual([message.parsed_output, message.stop_reason], [{ city: 'Oslo', days: 1, isWarm: true }, 'end_turn'])
        }
      })

      it('parses structured output at the end of a tool loop', async () => {
        const asked = { model, max_tokens: 500, output_config: { format: zodOutputFormat(forecast) }, tools: tools.slice(0, 1) }
        const first = await client.messages.create({ ...asked, messages: question })
        const call = first.content.find((block) => block.type === 'tool_use')
        assert.deepEqual([first.stop_reason, call?.name], ['tool_use', 'get_weather'])
        const result = { type: 'tool_result' as const, tool_use_id: call?.id ?? '', content: 'Warm' }
        const ended = await client.messages.parse({ ...asked, messages: [...question, { role: 'assistant', content: first.content }, { role: 'user', content: [result] }] })
        assert.deepEqual([ended.parsed_output?.isWarm, ended.stop_reason], [true, 'end_turn'])
      })

      it('sends images and documents, as data, by address and as text', async () => {
        const content: ContentBlockParam[] = [
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: pngBase64 } },
          ...(provider.fetchesImages ? [byAddress] : []),
          { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: pdfBase64 }, title: 'A page' },
          { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'Plain words' } },
          { type: 'text', text: 'What is this' },
        ]
        const message = await client.messages.create({ model, max_tokens: 500, messages: [{ role: 'user', content }] })
        assert.equal(message.stop_reason, 'end_turn')
        const { body } = every.lastRequest(provider)
        const plain = [Buffer.from('Plain words').toString('base64'), 'Plain words']
        for (const text of [pngBase64, ...(provider.fetchesImages ? [byAddress.source.url] : []), pdfBase64, 'What is this']) assert.ok(body.includes(text), body)
        assert.ok(plain.some((text) => body.includes(text)), body)
      })

      it('throws its own errors, with status and message of the provider', async () => {
        const failing = (status: number) => client.messages.create({ model, max_tokens: 500, messages: question }, { headers: { 'x-mock-status': String(status) } })
        const kinds = [
          [400, BadRequestError, 'invalid_request_error'],
          [429, RateLimitError, 'rate_limit_error'],
          [500, InternalServerError, 'api_error'],
        ] as const
        for (const [status, kind, type] of kinds) {
          await assert.rejects(failing(status), (error) => {
            assert.ok(error instanceof kind)
            assert.deepEqual([error.status, error.type], [status, type])
            assert.match(error.message, failureMessage(status))
            return true
          })
        }
      })
    })
  }

  it('throws when a stream is cut, whoever answers', async () => {
    await expectCutsToThrow(({ model }, headers, hear) => client.messages.stream({ model, max_tokens: 500, messages: question }, { headers }).on('text', hear).finalMessage())
  })

  for (const { model, speaks, upstreamModel } of converted) {
    it(`${model}: names what was left out, and refuses what would change the answer`, async () => {
      const system = [{ type: 'text' as const, text: 'You are brief.', cache_control: { type: 'ephemeral' as const } }]
      const asked = { model, max_tokens: 500, messages: question, system, temperature: 0.3, top_k: 40, stop_sequences: ['END'], metadata: { user_id: 'u-1' }, service_tier: 'auto' as const }
      const { response } = await client.messages.create(asked).withResponse()
      assert.deepEqual(response.headers.get('x-tollgate-dropped-params')?.split(', ').toSorted(), [...(dropped[speaks] ?? []), ...(alsoDropped[upstreamModel] ?? [])].toSorted())
      await assert.rejects(client.messages.create({ ...asked, tools: [{ type: 'web_search_20250305', name: 'web_search' }] }), (error) => error instanceof APIError && error.status === 422 && /tools\[0\]|tools\.0/.test(error.message))
    })
  }
})
