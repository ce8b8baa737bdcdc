// LangChain against every provider, through the real Envoy, with each of its clients: OpenAI's chat and Responses, and Anthropic's.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { ChatAnthropic } from '@langchain/anthropic'
import type { BaseChatModel, BaseChatModelCallOptions } from '@langchain/core/language_models/chat_models'
import { type AIMessageChunk, HumanMessage, SystemMessage, ToolMessage, type UsageMetadata } from '@langchain/core/messages'
import { tool } from '@langchain/core/tools'
import { ChatOpenAI } from '@langchain/openai'
import { z } from 'zod'
import { countHeaders, counts, type EveryProvider, expectCutsToThrow, failureMessage, pngBase64, type ProviderCase, providerCases, startEveryProvider } from './support/every-provider.ts'

const forecast = z.object({ city: z.string(), days: z.number().int(), isWarm: z.boolean() })
const weather = tool(({ city, days }) => `Sunny in ${city} for ${days} day`, { name: 'get_weather', description: 'Weather of a city', schema: z.object({ city: z.string(), days: z.number().int() }) })

const clients = ['chat', 'responses', 'anthropic'] as const
type Client = (typeof clients)[number]

interface Asked {
  readonly headers?: Readonly<Record<string, string>>
  /** Asks for thoughts, each in its own words. */
  readonly thinks?: boolean
}

function createModel(client: Client, url: string, { model, upstreamModel, speaks }: ProviderCase, { headers = {}, thinks = false }: Asked): BaseChatModel<BaseChatModelCallOptions, AIMessageChunk> {
  const common = { model, apiKey: 'the-clients-own', maxRetries: 0, maxTokens: 4_096 }
  if (client === 'anthropic') {
    // Sonnet 5 refuses budgets when it is asked in Anthropic's own words.
    const budget = speaks === 'anthropic' && upstreamModel.includes('claude-sonnet-5') ? { type: 'adaptive' as const, display: 'summarized' as const } : { type: 'enabled' as const, budget_tokens: 2_048 }
    return new ChatAnthropic({ ...common, anthropicApiUrl: url, clientOptions: { defaultHeaders: headers }, ...(thinks ? { thinking: budget } : {}) })
  }
  const efforts = { chat: { reasoning_effort: 'low' }, responses: { reasoning: { effort: 'low', summary: 'auto' } } }
  return new ChatOpenAI({
    ...common,
    configuration: { baseURL: `${url}/v1`, defaultHeaders: headers },
    useResponsesApi: client === 'responses',
    ...(thinks && speaks !== 'openai' ? { modelKwargs: efforts[client] } : {}),
  })
}

describe('LangChain', () => {
  let every: EveryProvider

  before(async () => {
    every = await startEveryProvider()
  })
  after(() => every.stop())

  for (const client of clients) {
    describe(`its client ${client}`, () => {
      const modelOf = (provider: ProviderCase, asked: Asked = {}) => createModel(client, every.gateway.url, provider, asked)

      for (const provider of providerCases) {
        const { model, api, upstreamModel, speaks } = provider
        const usage = [counts.input, counts.output, counts.input + counts.output, counts.cached]
        // It adds what Anthropic's first and last event say, and only from the first it takes the input; no other provider knows that so early.
        const added = speaks === 'anthropic' ? [counts.input, counts.output + 1, counts.input + counts.output + 1, counts.cached] : [0, counts.output, counts.output, 0]
        const told = (of: UsageMetadata | undefined) => [of?.input_tokens, of?.output_tokens, of?.total_tokens, of?.input_token_details?.cache_read]

        describe(`${model} (${api}, ${upstreamModel})`, () => {
          it('is invoked and streamed, with the same text and usage', async () => {
            const messages = [new SystemMessage('You are brief.'), new HumanMessage('Say Grüße 世界')]
            const whole = await modelOf(provider, { headers: countHeaders }).invoke(messages)
            assert.match(whole.text, /Say Grüße 世界/)
            const streamed = await gather(await modelOf(provider, { headers: { ...countHeaders, 'x-mock-split': '7' } }).stream(messages))
            assert.equal(streamed.text, whole.text)
            assert.deepEqual([told(whole.usage_metadata), told(streamed.usage_metadata)], [usage, client === 'anthropic' ? added : usage])
          })

          it('runs a tool loop with thoughts, whole and streamed', async () => {
            const bound = modelOf(provider, { thinks: true }).bindTools?.([weather])
            assert.ok(bound !== undefined)
            const question = new HumanMessage('get weather in Paris')
            for (const answer of [await bound.invoke([question]), await gather(await bound.stream([question]))]) {
              const [call] = answer.tool_calls ?? []
              assert.deepEqual([call?.name, call?.args], ['get_weather', { city: 'Paris', days: 1 }])
              const result = await weather.invoke({ ...call, type: 'tool_call', name: 'get_weather', args: { city: 'Paris', days: 1 } })
              assert.ok(result instanceof ToolMessage)
              const ended = await bound.invoke([question, answer, result])
              assert.match(ended.text, /^You said/)
              const { body } = every.lastRequest(provider)
              assert.match(body, /Sunny in Paris for 1 day/)
              // The chat client has no place for thoughts, but it keeps the id of a call.
              assert.match(body, (client === 'chat' && speaks !== 'gemini' ? undefined : provider.signed) ?? /Sunny/)
            }
          })

          it('gives structured output', async () => {
            const structured = modelOf(provider).withStructuredOutput(forecast, { name: 'forecast' })
            assert.deepEqual(await structured.invoke('What about Oslo'), { city: 'Oslo', days: 1, isWarm: true })
          })

          it('sends images', async () => {
            const content = [
              { type: 'text', text: 'What is this' },
              { type: 'image_url', image_url: { url: `data:image/png;base64,${pngBase64}` } },
            ]
            const answer = await modelOf(provider).invoke([new HumanMessage({ content })])
            assert.match(answer.text, /What is this/)
            assert.ok(every.lastRequest(provider).body.includes(pngBase64))
          })

          it('throws, with status and message of the provider', async () => {
            for (const status of [400, 429, 503]) {
              const failing = modelOf(provider, { headers: { 'x-mock-status': String(status) } })
              await assert.rejects(failing.invoke('hello'), (error) => {
                assert.ok(error instanceof Error)
                assert.equal(Reflect.get(error, 'status'), status)
                assert.match(error.message, failureMessage(status))
                return true
              })
            }
          })
        })
      }

      it('throws when a stream is cut, whoever answers', async () => {
        await expectCutsToThrow(async (provider, headers, hear) => {
          for await (const chunk of await modelOf(provider, { headers }).stream('hello')) hear(chunk.text)
        })
      })
    })
  }
})

async function gather(stream: AsyncIterable<AIMessageChunk>): Promise<AIMessageChunk> {
  let whole: AIMessageChunk | undefined
  for await (const chunk of stream) whole = whole === undefined ? chunk : whole.concat(chunk)
  assert.ok(whole !== undefined)
  return whole
}
