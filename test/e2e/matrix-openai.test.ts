// The official openai client's chat completions against every provider, through the real Envoy: whoever answers, the client cannot tell.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import OpenAI, { APIError, BadRequestError, InternalServerError, RateLimitError, UnprocessableEntityError } from 'openai'
import { zodResponseFormat } from 'openai/helpers/zod'
import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions'
import { z } from 'zod'
import { countHeaders, counts, type EveryProvider, expectCutsToThrow, failureMessage, pngBase64, type ProviderCase, providerCases, startEveryProvider } from './support/every-provider.ts'

const parameters = { type: 'object', properties: { city: { type: 'string' }, days: { type: 'integer' } }, required: ['city', 'days'], additionalProperties: false }
const tools = [
  { type: 'function' as const, function: { name: 'get_weather', description: 'Weather of a city', parameters, strict: true } },
  { type: 'function' as const, function: { name: 'get_time', parameters: { type: 'object', properties: {} } } },
]
const question: ChatCompletionMessageParam[] = [
  { role: 'developer', content: 'You are brief.' },
  { role: 'user', content: 'get weather in Paris' },
]
const forecast = z.object({ city: z.string(), days: z.number().int(), isWarm: z.boolean() })

const address = 'https://example.com/dot.png'

function showing(urls: readonly string[]): ChatCompletionMessageParam {
  return { role: 'user', content: [{ type: 'text', text: 'What is this' }, ...urls.map((url) => ({ type: 'image_url' as const, image_url: { url, detail: 'low' as const } }))] }
}

/** OpenAI refuses what its own helpers add to a message. */
function sendable<Message>(message: Message): Message {
  // The same message, but for members that its type does not need.
  return JSON.parse(JSON.stringify(message, (name, value: unknown) => (name === 'parsed' || name === 'parsed_arguments' ? undefined : value))) as Message
}

/** What each provider cannot be told of the request in the test, and does not need. */
const dropped: Readonly<Record<ProviderCase['speaks'], readonly string[] | undefined>> = {
  openai: undefined,
  anthropic: ['frequency_penalty', 'logit_bias', 'metadata', 'presence_penalty', 'seed', 'store'],
  converse: ['frequency_penalty', 'logit_bias', 'presence_penalty', 'seed', 'store', 'user'],
  gemini: ['logit_bias', 'metadata', 'store', 'user'],
}
/** What only this model does not take. */
const alsoDropped: Readonly<Record<string, readonly string[]>> = { 'claude-sonnet-5': ['temperature'], 'global.anthropic.claude-sonnet-5': ['temperature'] }
const converted = providerCases.filter(({ speaks }) => dropped[speaks] !== undefined)

describe('the official openai client, chat completions', () => {
  let every: EveryProvider
  let client: OpenAI

  before(async () => {
    every = await startEveryProvider()
    client = new OpenAI({ apiKey: 'the-clients-own', baseURL: `${every.gateway.url}/v1`, maxRetries: 0 })
  })
  after(() => every.stop())

  for (const provider of providerCases) {
    const { model, api, upstreamModel } = provider
    const usage = {
      prompt_tokens: counts.input,
      completion_tokens: counts.output,
      total_tokens: counts.input + counts.output,
      cached: counts.cached,
      reasoning: provider.countsThoughts ? counts.reasoning : undefined,
    }
    const told = (of: OpenAI.CompletionUsage | undefined | null) => ({
      prompt_tokens: of?.prompt_tokens,
      completion_tokens: of?.completion_tokens,
      total_tokens: of?.total_tokens,
      cached: of?.prompt_tokens_details?.cached_tokens,
      reasoning: of?.completion_tokens_details?.reasoning_tokens,
    })

    describe(`${model} (${api}, ${upstreamModel})`, () => {
      it('chats, and says who answered and what it cost', async () => {
        const { data, response } = await client.chat.completions.create({ model, messages: [{ role: 'user', content: 'Say Grüße 世界' }] }, { headers: countHeaders }).withResponse()
        const [choice] = data.choices
        assert.match(choice?.message.content ?? '', /Say Grüße 世界/)
        assert.deepEqual([data.object, choice?.finish_reason, choice?.message.role, choice?.message.refusal], ['chat.completion', 'stop', 'assistant', null])
        assert.deepEqual(told(data.usage), usage)
        assert.deepEqual(['x-ai-provider', 'x-tollgate-model', 'x-ai-gateway-tokens-used', 'x-tollgate-dropped-params'].map((name) => response.headers.get(name)), [api, model, '1070', null])
      })

      it('streams what it says whole, with the same usage', async () => {
        const asked = { model, messages: [{ role: 'user' as const, content: 'Say Grüße 世界' }] }
        const whole = await client.chat.completions.create(asked, { headers: countHeaders })
        const stream = client.chat.completions.stream({ ...asked, stream_options: { include_usage: true } }, { headers: { ...countHeaders, 'x-mock-split': '7' } })
        const streamed = await stream.finalChatCompletion()
        assert.deepEqual([streamed.choices[0]?.message.content, streamed.choices[0]?.finish_reason], [whole.choices[0]?.message.content, 'stop'])
        assert.deepEqual(told(streamed.usage), usage)
      })

      it('tells that the limit cut the answer', async () => {
        const short = { model, messages: [{ role: 'user' as const, content: 'Tell me a long story' }], max_completion_tokens: 3 }
        const whole = await client.chat.completions.create(short)
        assert.equal(whole.choices[0]?.finish_reason, 'length')
        const reasons: (string | null | undefined)[] = []
        for await (const chunk of await client.chat.completions.create({ ...short, stream: true })) reasons.push(chunk.choices[0]?.finish_reason)
        assert.deepEqual(reasons.filter((reason) => typeof reason === 'string'), ['length'])
      })

      it('runs a tool loop of its own, whole and streamed', async () => {
        for (const stream of [false, true]) {
          const called: unknown[] = []
          const weather = { name: 'get_weather', description: 'Weather of a city', parameters, parse: JSON.parse, function: (args: unknown) => (called.push(args), 'Sunny, 21 °C') }
          const asked = { model, messages: question, tools: [{ type: 'function' as const, function: weather }] }
          const runner = stream ? client.chat.completions.runTools({ ...asked, stream: true }) : client.chat.completions.runTools(asked)
          assert.match((await runner.finalContent()) ?? '', /^You said/)
          assert.deepEqual(called, [{ city: 'Paris', days: 1 }])
          assert.deepEqual(runner.messages.map(({ role }) => role), ['developer', 'user', 'assistant', 'tool', 'assistant'])
          assert.match(every.lastRequest(provider).body, /Sunny, 21 °C/)
        }
      })

      it('hands back thoughts and signatures in a tool loop, whole and streamed', async () => {
        const asked = { model, tools, reasoning_effort: 'low' as const, max_completion_tokens: 4_096 }
        const effort = provider.showsThoughts ? asked : { model, tools }
        const whole = await client.chat.completions.create({ ...effort, messages: question })
        const streamed = await client.chat.completions.stream({ ...effort, messages: question }).finalChatCompletion()
        for (const { choices } of [whole, streamed]) {
          const message = choices[0]?.message
          assert.equal(choices[0]?.finish_reason, 'tool_calls')
          assert.equal(typeof Reflect.get(message ?? {}, 'reasoning_content') === 'string', provider.showsThoughts)
          const [call] = message?.tool_calls ?? []
          assert.ok(message !== undefined && call?.type === 'function')
          assert.deepEqual([call.function.name, JSON.parse(call.function.arguments)], ['get_weather', { city: 'Paris', days: 1 }])
          const answered = await client.chat.completions.create({ ...effort, messages: [...question, sendable(message), { role: 'tool', tool_call_id: call.id, content: 'Sunny' }] })
          assert.equal(answered.choices[0]?.finish_reason, 'stop')
          assert.match(every.lastRequest(provider).body, provider.signed ?? /Sunny/)
        }
      })

      it('takes parallel calls and their results, in any order', async () => {
        const call = (id: string, name: string, args: string) => ({ id, type: 'function' as const, function: { name, arguments: args } })
        const messages: ChatCompletionMessageParam[] = [
          ...question,
          { role: 'assistant', content: 'Two at once.', tool_calls: [call('call_a', 'get_weather', '{"city":"Paris","days":1}'), call('call_b', 'get_time', '{}')] },
          { role: 'tool', tool_call_id: 'call_b', content: [{ type: 'text', text: 'It is noon' }] },
          { role: 'tool', tool_call_id: 'call_a', content: 'It rains' },
        ]
        const answer = await client.chat.completions.create({ model, messages, tools, tool_choice: 'auto', parallel_tool_calls: true })
        assert.equal(answer.choices[0]?.finish_reason, 'stop')
        const { body } = every.lastRequest(provider)
        for (const text of ['Two at once.', 'It is noon', 'It rains']) assert.ok(body.includes(text), body)
      })

      it('demands a tool, one by name, or none', async () => {
        const asked = { model, messages: [{ role: 'user' as const, content: 'hello' }], tools }
        const names = async (choice: OpenAI.ChatCompletionToolChoiceOption) => {
          const { choices } = await client.chat.completions.create({ ...asked, tool_choice: choice })
          return choices[0]?.message.tool_calls?.map((call) => (call.type === 'function' ? call.function.name : call.type))
        }
        assert.deepEqual(await names('required'), ['get_weather'])
        assert.deepEqual(await names({ type: 'function', function: { name: 'get_time' } }), ['get_time'])
        assert.equal(await names('none'), undefined)
      })

      it('parses structured output, whole and streamed', async () => {
        const asked = { model, messages: [{ role: 'user' as const, content: 'What about Oslo' }], response_format: zodResponseFormat(forecast, 'forecast') }
        for (const { choices } of [await client.chat.completions.parse(asked), await client.chat.completions.stream(asked).finalChatCompletion()]) {
          assert.deepEqual([choices[0]?.message.parsed, choices[0]?.finish_reason], [{ city: 'Oslo', days: 1, isWarm: true }, 'stop'])
          assert.equal(choices[0]?.message.tool_calls?.length ?? 0, 0)
        }
      })

      it('parses structured output at the end of a tool loop', async () => {
        const asked = { model, response_format: zodResponseFormat(forecast, 'forecast'), tools: tools.slice(0, 1) }
        const { choices } = await client.chat.completions.parse({ ...asked, messages: question })
        const [call] = choices[0]?.message.tool_calls ?? []
        assert.ok(choices[0] !== undefined && call !== undefined)
        assert.deepEqual(call.function.parsed_arguments, { city: 'Paris', days: 1 })
        const ended = await client.chat.completions.parse({ ...asked, messages: [...question, sendable(choices[0].message), { role: 'tool', tool_call_id: call.id, content: 'Warm' }] })
        assert.deepEqual([ended.choices[0]?.message.parsed?.isWarm, ended.choices[0]?.finish_reason], [true, 'stop'])
      })

      it('answers in JSON when only that is asked for', async () => {
        const { choices } = await client.chat.completions.create({ model, messages: [{ role: 'user', content: 'Answer in JSON' }], response_format: { type: 'json_object' } })
        assert.equal(typeof JSON.parse(choices[0]?.message.content ?? ''), 'object')
        assert.equal(choices[0]?.finish_reason, 'stop')
      })

      it('sends images, as data and by address', async () => {
        const picture = `data:image/png;base64,${pngBase64}`
        const urls = provider.fetchesImages ? [picture, address] : [picture]
        const { choices } = await client.chat.completions.create({ model, messages: [showing(urls)] })
        assert.match(choices[0]?.message.content ?? '', /What is this/)
        const { body } = every.lastRequest(provider)
        for (const text of [pngBase64, ...urls.slice(1)]) assert.ok(body.includes(text), body)
      })

      it('throws its own errors, with status and message of the provider', async () => {
        const failing = (status: number) => client.chat.completions.create({ model, messages: question }, { headers: { 'x-mock-status': String(status) } })
        for (const [status, kind] of [[400, BadRequestError], [429, RateLimitError], [500, InternalServerError], [503, InternalServerError]] as const) {
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
      for await (const chunk of await client.chat.completions.create({ model, messages: question, stream: true }, { headers })) hear(chunk.choices[0]?.delta.content ?? '')
    })
  })

  for (const { model, speaks, upstreamModel } of converted) {
    it(`${model}: names what was left out, and refuses what would change the answer`, async () => {
      const extras = { seed: 7, presence_penalty: 0.5, frequency_penalty: 0.5, logit_bias: { 50256: -100 }, user: 'u-1', store: true, metadata: { a: 'b' } }
      const { data, response } = await client.chat.completions.create({ model, messages: question, temperature: 0.3, stop: ['END'], ...extras }).withResponse()
      assert.equal(data.choices.length, 1)
      assert.deepEqual(response.headers.get('x-tollgate-dropped-params')?.split(', ').toSorted(), [...(dropped[speaks] ?? []), ...(alsoDropped[upstreamModel] ?? [])].toSorted())
      await assert.rejects(client.chat.completions.create({ model, messages: question, n: 2 }), (error) => error instanceof APIError && error.status === 422 && error.param === 'n')
    })
  }

  for (const { model } of providerCases.filter(({ fetchesImages }) => !fetchesImages)) {
    it(`${model}: says that it fetches no images`, async () => {
      await assert.rejects(client.chat.completions.create({ model, messages: [showing([address])] }), (error) => error instanceof UnprocessableEntityError && /base64/.test(error.message))
    })
  }
})
