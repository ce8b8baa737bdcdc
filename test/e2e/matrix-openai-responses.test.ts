// The official openai client's Responses API against every provider, through the real Envoy: whoever answers, the client cannot tell.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import OpenAI, { APIError, BadRequestError, InternalServerError, RateLimitError } from 'openai'
import { zodTextFormat } from 'openai/helpers/zod'
import type { ResponseInput, ResponseInputItem, ResponseUsage } from 'openai/resources/responses/responses'
import { z } from 'zod'
import { countHeaders, counts, type EveryProvider, expectCutsToThrow, failureMessage, pdfBase64, pngBase64, type ProviderCase, providerCases, startEveryProvider } from './support/every-provider.ts'

const parameters = { type: 'object', properties: { city: { type: 'string' }, days: { type: 'integer' } }, required: ['city', 'days'], additionalProperties: false }
const tools = [
  { type: 'function' as const, name: 'get_weather', description: 'Weather of a city', parameters, strict: true },
  { type: 'function' as const, name: 'get_time', parameters: { type: 'object', properties: {} }, strict: false },
]
const question = { role: 'user' as const, content: 'get weather in Paris' }
const forecast = z.object({ city: z.string(), days: z.number().int(), isWarm: z.boolean() })

/** What each provider cannot be told of the request in the test, and does not need. */
const dropped: Readonly<Record<ProviderCase['speaks'], readonly string[] | undefined>> = {
  openai: undefined,
  anthropic: ['metadata', 'prompt_cache_key', 'store', 'truncation'],
  converse: ['prompt_cache_key', 'store', 'truncation', 'user'],
  gemini: ['metadata', 'prompt_cache_key', 'store', 'truncation', 'user'],
}
/** What only these models do not take. */
const alsoDropped: Readonly<Record<string, readonly string[]>> = { 'claude-sonnet-5': ['temperature'], 'global.anthropic.claude-sonnet-5': ['temperature'] }
const converted = providerCases.filter(({ speaks }) => dropped[speaks] !== undefined)

describe('the official openai client, Responses', () => {
  let every: EveryProvider
  let client: OpenAI

  before(async () => {
    every = await startEveryProvider()
    client = new OpenAI({ apiKey: 'the-clients-own', baseURL: `${every.gateway.url}/v1`, maxRetries: 0 })
  })
  after(() => every.stop())

  for (const provider of providerCases) {
    const { model, api, upstreamModel, speaks } = provider
    const told = (usage: ResponseUsage | undefined) => [usage?.input_tokens, usage?.input_tokens_details.cached_tokens, usage?.output_tokens, usage?.output_tokens_details.reasoning_tokens, usage?.total_tokens]
    // The API knows no count that is missing.
    const usage = [counts.input, counts.cached, counts.output, provider.countsThoughts ? counts.reasoning : 0, counts.input + counts.output]

    describe(`${model} (${api}, ${upstreamModel})`, () => {
      it('responds, and says who answered and what it cost', async () => {
        const { data, response } = await client.responses.create({ model, instructions: 'You are brief.', input: 'Say Grüße 世界' }, { headers: countHeaders }).withResponse()
        assert.match(data.output_text, /Say Grüße 世界/)
        assert.deepEqual([data.object, data.status, data.error, data.output.map(({ type }) => type)], ['response', 'completed', null, ['message']])
        assert.deepEqual(told(data.usage), usage)
        assert.deepEqual(['x-ai-provider', 'x-tollgate-model', 'x-ai-gateway-tokens-used', 'x-tollgate-dropped-params'].map((name) => response.headers.get(name)), [api, model, '1070', null])
      })

      it('streams what it says whole, with the same usage', async () => {
        const asked = { model, input: 'Say Grüße 世界' }
        const whole = await client.responses.create(asked, { headers: countHeaders })
        const stream = client.responses.stream(asked, { headers: { ...countHeaders, 'x-mock-split': '7' } })
        let text = ''
        const numbers: number[] = []
        for await (const event of stream) {
          numbers.push(event.sequence_number)
          if (event.type === 'response.output_text.delta') text += event.delta
        }
        const streamed = await stream.finalResponse()
        assert.deepEqual([text, streamed.output_text, streamed.status], [whole.output_text, whole.output_text, 'completed'])
        assert.deepEqual(numbers, numbers.map((_, index) => index))
        assert.deepEqual(told(streamed.usage), usage)
      })

      it('tells that the limit cut the answer', async () => {
        const short = { model, input: 'Tell me a story that is longer than this question', max_output_tokens: 16 }
        for (const { status, incomplete_details: details } of [await client.responses.create(short), await client.responses.stream(short).finalResponse()]) {
          assert.deepEqual([status, details?.reason], ['incomplete', 'max_output_tokens'])
        }
      })

      it('hands back thoughts and signatures in a tool loop, whole and streamed', async () => {
        const thoughts = { reasoning: { effort: 'low' as const, summary: 'auto' as const }, include: ['reasoning.encrypted_content' as const] }
        const asked = { model, tools, store: false, ...(speaks === 'openai' ? {} : thoughts) }
        const whole = await client.responses.create({ ...asked, input: [question] })
        const streamed = await client.responses.stream({ ...asked, input: [question] }).finalResponse()
        for (const { output } of [whole, streamed]) {
          assert.deepEqual(output.map(({ type }) => type), provider.showsThoughts ? ['reasoning', 'function_call'] : ['function_call'])
          const call = output.at(-1)
          assert.ok(call?.type === 'function_call')
          assert.deepEqual([call.name, JSON.parse(call.arguments)], ['get_weather', { city: 'Paris', days: 1 }])
          const input: ResponseInput = [question, ...output.map(sendable), { type: 'function_call_output', call_id: call.call_id, output: 'Sunny' }]
          const ended = await client.responses.create({ ...asked, input })
          assert.match(ended.output_text, /^You said/)
          assert.match(every.lastRequest(provider).body, provider.signed ?? /Sunny/)
        }
      })

      it('takes parallel calls and their results, in any order', async () => {
        const input: ResponseInput = [
          question,
          { role: 'assistant', content: 'Two at once.' },
          { type: 'function_call', call_id: 'call_a', name: 'get_weather', arguments: '{"city":"Paris","days":1}' },
          { type: 'function_call', call_id: 'call_b', name: 'get_time', arguments: '{}' },
          { type: 'function_call_output', call_id: 'call_b', output: 'It is noon' },
          { type: 'function_call_output', call_id: 'call_a', output: [{ type: 'input_text', text: 'It rains' }] },
        ]
        const answer = await client.responses.create({ model, input, tools, tool_choice: 'auto', parallel_tool_calls: true })
        assert.match(answer.output_text, /^You said/)
        const { body } = every.lastRequest(provider)
        for (const text of ['Two at once.', 'It is noon', 'It rains']) assert.ok(body.includes(text), body)
      })

      it('demands a tool, one by name, or none', async () => {
        const names = async (choice: OpenAI.Responses.ResponseCreateParams['tool_choice']) => {
          const { output } = await client.responses.create({ model, input: 'hello', tools, ...(choice === undefined ? {} : { tool_choice: choice }) })
          return output.map((item) => (item.type === 'function_call' ? item.name : item.type))
        }
        assert.deepEqual(await names('required'), ['get_weather'])
        assert.deepEqual(await names({ type: 'function', name: 'get_time' }), ['get_time'])
        assert.deepEqual(await names('none'), ['message'])
      })

      it('parses structured output, whole and streamed', async () => {
        const asked = { model, input: 'What about Oslo', text: { format: zodTextFormat(forecast, 'forecast') } }
        for (const { output_parsed: parsed } of [await client.responses.parse(asked), await client.responses.stream(asked).finalResponse()]) {
          assert.deepEqual(parsed, { city: 'Oslo', days: 1, isWarm: true })
        }
      })

      it('sends images and files', async () => {
        const content = [
          { type: 'input_text' as const, text: 'What is this' },
          { type: 'input_image' as const, image_url: `data:image/png;base64,${pngBase64}`, detail: 'auto' as const },
          { type: 'input_file' as const, filename: 'page.pdf', file_data: `data:application/pdf;base64,${pdfBase64}` },
          ...(provider.fetchesImages ? [{ type: 'input_image' as const, image_url: 'https://example.com/dot.png', detail: 'auto' as const }] : []),
        ]
        assert.match((await client.responses.create({ model, input: [{ role: 'user', content }] })).output_text, /What is this/)
        const { body } = every.lastRequest(provider)
        for (const sent of [pngBase64, pdfBase64, ...(provider.fetchesImages ? ['https://example.com/dot.png'] : [])]) assert.ok(body.includes(sent), body)
      })

      it('throws its own errors, with status and message of the provider', async () => {
        const failing = (status: number) => client.responses.create({ model, input: 'hello' }, { headers: { 'x-mock-status': String(status) } })
        for (const [status, kind] of [[400, BadRequestError], [429, RateLimitError], [500, InternalServerError]] as const) {
          await assert.rejects(failing(status), (error) => {
            assert.ok(error instanceof kind)
            assert.equal(error.status, status)
            assert.match(error.message, failureMessage(status))
            return true
          })
        }
      })
    })
  }

  it('throws when a stream is cut, whoever answers', async () => {
    await expectCutsToThrow(async ({ model }, headers, hear) => {
      for await (const event of await client.responses.create({ model, input: 'hello', stream: true }, { headers })) hear(event.type === 'response.output_text.delta' ? event.delta : '')
    })
  })

  for (const { model, speaks, upstreamModel } of converted) {
    it(`${model}: names what was left out, and refuses what would change the answer`, async () => {
      const extras = { user: 'u-1', store: true, metadata: { a: 'b' }, truncation: 'auto' as const, prompt_cache_key: 'k' }
      const { response } = await client.responses.create({ model, input: 'hello', temperature: 0.3, ...extras }).withResponse()
      assert.deepEqual(response.headers.get('x-tollgate-dropped-params')?.split(', ').toSorted(), [...(dropped[speaks] ?? []), ...(alsoDropped[upstreamModel] ?? [])].toSorted())
      await assert.rejects(client.responses.create({ model, input: 'hello', previous_response_id: 'resp_1' }), (error) => error instanceof APIError && error.status === 422 && error.param === 'previous_response_id')
    })
  }
})

/** An item of an answer as a later request takes it: OpenAI refuses what its own helper adds. */
function sendable(item: object): ResponseInputItem {
  // The same item, but for a member that its type does not need.
  return JSON.parse(JSON.stringify(item, (name, value: unknown) => (name === 'parsed_arguments' ? undefined : value))) as ResponseInputItem
}
