// Vercel's AI SDK against every provider, through the real Envoy, with each of its clients: OpenAI's chat and Responses, and Anthropic's.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type AnthropicProviderOptions, createAnthropic } from '@ai-sdk/anthropic'
import { createOpenAI, type OpenAILanguageModelChatOptions, type OpenAILanguageModelResponsesOptions } from '@ai-sdk/openai'
import { APICallError, generateText, type LanguageModel, Output, stepCountIs, streamText, tool } from 'ai'
import { z } from 'zod'
import { countHeaders, counts, type EveryProvider, expectCutsToThrow, failureMessage, pdfBase64, pngBase64, type ProviderCase, providerCases, startEveryProvider } from './support/every-provider.ts'

const forecast = z.object({ city: z.string(), days: z.number().int(), isWarm: z.boolean() })
const results: unknown[] = []
const weather = tool({
  description: 'Weather of a city',
  inputSchema: z.object({ city: z.string(), days: z.number().int() }),
  execute: (input) => {
    results.push(input)
    return { sky: 'Sunny, 21 °C' }
  },
})

/** Its clients, and how each asks for thoughts. */
const clients = ['chat', 'responses', 'anthropic'] as const
const thoughts = {
  chat: { openai: { reasoningEffort: 'low' } satisfies OpenAILanguageModelChatOptions },
  responses: { openai: { reasoningEffort: 'low', reasoningSummary: 'auto', forceReasoning: true, store: false } satisfies OpenAILanguageModelResponsesOptions },
  anthropic: { anthropic: { thinking: { type: 'enabled', budgetTokens: 2_048 } } satisfies AnthropicProviderOptions },
} as const
// Sonnet 5 refuses budgets when it is asked in Anthropic's own words.
const adaptive = { anthropic: { thinking: { type: 'adaptive', display: 'summarized' } } satisfies AnthropicProviderOptions }

describe('the AI SDK', () => {
  let every: EveryProvider
  let models: Readonly<Record<(typeof clients)[number], (model: string) => LanguageModel>>

  before(async () => {
    every = await startEveryProvider()
    const settings = { apiKey: 'the-clients-own', baseURL: `${every.gateway.url}/v1` }
    const openai = createOpenAI(settings)
    models = { chat: (model) => openai.chat(model), responses: (model) => openai.responses(model), anthropic: createAnthropic(settings) }
  })
  after(() => every.stop())

  for (const client of clients) {
    describe(`its client ${client}`, () => {
      const modelOf = ({ model }: ProviderCase): LanguageModel => models[client](model)

      for (const provider of providerCases) {
        const { model, api, upstreamModel, speaks } = provider
        // The chat client has no place for thoughts; OpenAI's mock has none to give.
        const showsThoughts = provider.showsThoughts && client !== 'chat'
        const providerOptions = speaks === 'openai' ? {} : client === 'anthropic' && speaks === 'anthropic' && upstreamModel.includes('claude-sonnet-5') ? adaptive : thoughts[client]

        describe(`${model} (${api}, ${upstreamModel})`, () => {
          it('generates text, and says who answered and what it cost', async () => {
            const { text, finishReason, usage, response } = await generateText({ model: modelOf(provider), system: 'You are brief.', prompt: 'Say Grüße 世界', maxOutputTokens: 500, headers: countHeaders, maxRetries: 0 })
            assert.match(text, /Say Grüße 世界/)
            assert.deepEqual([finishReason, response.headers?.['x-ai-provider'], response.headers?.['x-tollgate-model']], ['stop', api, model])
            assert.deepEqual([usage.inputTokens, usage.outputTokens, usage.inputTokenDetails.cacheReadTokens], [counts.input, counts.output, counts.cached])
          })

          it('streams what it says whole, with the same usage', async () => {
            const asked = { model: modelOf(provider), prompt: 'Say Grüße 世界', headers: { ...countHeaders, 'x-mock-split': '7' }, maxRetries: 0 }
            const whole = await generateText(asked)
            const streamed = streamText(asked)
            let text = ''
            for await (const delta of streamed.textStream) text += delta
            const usage = await streamed.usage
            assert.deepEqual([text, await streamed.finishReason], [whole.text, 'stop'])
            assert.deepEqual([usage.inputTokens, usage.outputTokens, usage.inputTokenDetails.cacheReadTokens], [counts.input, counts.output, counts.cached])
          })

          it('runs a tool loop with thoughts, whole and streamed', async () => {
            const asked = { model: modelOf(provider), prompt: 'get weather in Paris', tools: { get_weather: weather }, maxOutputTokens: 4_096, stopWhen: stepCountIs(3), providerOptions, maxRetries: 0 }
            const whole = await generateText(asked)
            const wholeBody = every.lastRequest(provider).body
            const streamed = streamText({ ...asked, onError: ({ error }) => assert.fail(String(error)) })
            await streamed.consumeStream()
            const streamedBody = every.lastRequest(provider).body
            for (const [steps, body] of [[whole.steps, wholeBody], [await streamed.steps, streamedBody]] as const) {
              assert.deepEqual(steps.map((step) => step.finishReason), ['tool-calls', 'stop'])
              assert.deepEqual(steps[0]?.toolCalls.map((call) => [call.toolName, call.input]), [['get_weather', { city: 'Paris', days: 1 }]])
              assert.equal((steps[0]?.reasoningText ?? '') !== '', showsThoughts)
              assert.match(body, /Sunny, 21 °C/)
              assert.match(body, (showsThoughts || speaks === 'gemini' ? provider.signed : undefined) ?? /Sunny/)
            }
            assert.deepEqual(results.splice(0), [{ city: 'Paris', days: 1 }, { city: 'Paris', days: 1 }])
          })

          it('generates objects, whole and streamed, and behind a tool', async () => {
            const asked = { model: modelOf(provider), prompt: 'What about Oslo', output: Output.object({ schema: forecast }), maxRetries: 0 }
            const expected = { city: 'Oslo', days: 1, isWarm: true }
            assert.deepEqual((await generateText(asked)).output, expected)
            const streamed = streamText({ ...asked, onError: ({ error }) => assert.fail(String(error)) })
            await streamed.consumeStream()
            assert.deepEqual(await streamed.output, expected)
            const behind = await generateText({ ...asked, prompt: 'get weather in Oslo', tools: { get_weather: weather }, stopWhen: stepCountIs(3) })
            assert.deepEqual([behind.steps.length, behind.output.isWarm, results.splice(0)], [2, true, [{ city: 'Oslo', days: 1 }]])
          })

          it('sends images and documents', async () => {
            const content = [
              { type: 'text' as const, text: 'What is this' },
              { type: 'image' as const, image: Buffer.from(pngBase64, 'base64') },
              { type: 'file' as const, data: Buffer.from(pdfBase64, 'base64'), mediaType: 'application/pdf', filename: 'page.pdf' },
            ]
            const { text } = await generateText({ model: modelOf(provider), messages: [{ role: 'user', content }], maxRetries: 0 })
            assert.match(text, /What is this/)
            const { body } = every.lastRequest(provider)
            for (const sent of [pngBase64, pdfBase64]) assert.ok(body.includes(sent), body)
          })

          it('throws its own errors, with status and message of the provider', async () => {
            for (const status of [400, 429, 503]) {
              await assert.rejects(generateText({ model: modelOf(provider), prompt: 'hello', headers: { 'x-mock-status': String(status) }, maxRetries: 0 }), (error) => {
                assert.ok(APICallError.isInstance(error))
                assert.equal(error.statusCode, status)
                assert.match(error.message, failureMessage(status))
                return true
              })
            }
          })
        })
      }

      it('throws when a stream is cut, whoever answers', async () => {
        await expectCutsToThrow(async (provider, headers, hear) => {
          const { fullStream } = streamText({ model: modelOf(provider), prompt: 'hello', headers, maxRetries: 0, onError: () => undefined })
          for await (const part of fullStream) {
            if (part.type === 'error') throw part.error
            if (part.type === 'text-delta') hear(part.text)
          }
        })
      })
    })
  }
})
