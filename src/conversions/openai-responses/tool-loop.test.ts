// A tool loop as a client of the Vercel AI SDK runs it: what the provider signed in its first answer comes back with the tool's result.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createOpenAI } from '@ai-sdk/openai'
import { generateText, jsonSchema, stepCountIs, streamText, tool } from 'ai'
import type { Answer, AnswerEvent } from '../answer.ts'
import { parseRequest } from '../conversion.ts'
import type { Conversation } from '../conversation.ts'
import { openAiResponsesClient } from './index.ts'

const context = { clientModel: 'gpt-5', exchangeId: 'ex1', createdSeconds: 1_700_000_000, usageAsked: false }
const usage = { inputTokens: 5, outputTokens: 3 }
const answers: readonly Answer[] = [
  {
    id: 'a1',
    model: 'claude',
    parts: [
      { kind: 'reasoning', text: 'I need the tool.', signature: 'sig==' },
      { kind: 'tool_call', id: 'c1', name: 'weather', arguments: '{"city":"Paris"}', signature: 'of the call' },
    ],
    finish: 'tool_calls',
    stopSequence: undefined,
    usage,
  },
  { id: 'a2', model: 'claude', parts: [{ kind: 'text', text: 'It rains.' }], finish: 'stop', stopSequence: undefined, usage },
]

function createModel(seen: Conversation[]) {
  const fetch = async (_url: unknown, options?: { body?: unknown }): Promise<Response> => {
    const conversation = openAiResponsesClient.readRequest(parseRequest(Buffer.from(String(options?.body))))
    const answer = answers[seen.push(conversation) - 1]
    assert.ok(answer !== undefined)
    if (!conversation.stream) return Response.json(openAiResponsesClient.writeAnswer(answer, context))
    const writer = openAiResponsesClient.createEventWriter({ ...context, exchangeId: answer.id })
    return new Response(eventsOf(answer).map((event) => writer.write(event)).join(''), { headers: { 'content-type': 'text/event-stream' } })
  }
  return createOpenAI({ apiKey: 'k', baseURL: 'http://mock', fetch }).responses('gpt-5')
}

function eventsOf({ id, model, parts, finish }: Answer): AnswerEvent[] {
  const events = parts.flatMap((part, index): AnswerEvent[] => {
    const end: AnswerEvent = { kind: 'part_end', index }
    const signature: AnswerEvent[] = 'signature' in part && part.signature !== undefined ? [{ kind: 'signature', index, signature: part.signature }] : []
    if (part.kind !== 'tool_call') return [{ kind: 'part_start', index, part: { kind: part.kind } }, { kind: 'text', index, text: part.text }, ...signature, end]
    return [{ kind: 'part_start', index, part: { kind: 'tool_call', id: part.id, name: part.name } }, ...signature, { kind: 'arguments', index, json: part.arguments }, end]
  })
  return [{ kind: 'start', id, model }, ...events, { kind: 'finish', reason: finish, stopSequence: undefined }, { kind: 'usage', usage }, { kind: 'end' }]
}

const weather = tool({
  description: 'Weather of a city',
  inputSchema: jsonSchema<{ city: string }>({ type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false }),
  execute: async ({ city }) => `rain in ${city}`,
})
const ask = (model: ReturnType<typeof createModel>) => ({
  model,
  prompt: 'Weather in Paris?',
  tools: { weather },
  stopWhen: stepCountIs(3),
  maxRetries: 0,
  // By default this SDK refers to items that OpenAI stored, instead of sending them.
  providerOptions: { openai: { store: false, reasoningSummary: 'auto' } },
})
const expected: Conversation['messages'] = [
  { role: 'user', parts: [{ kind: 'text', text: 'Weather in Paris?' }] },
  { role: 'assistant', parts: answers[0]?.parts ?? [] },
  { role: 'user', parts: [{ kind: 'tool_result', callId: 'c1', name: 'weather', parts: [{ kind: 'text', text: 'rain in Paris' }], isError: false }] },
]

describe('a tool loop of the Vercel AI SDK', () => {
  it('keeps what was signed in whole answers', async () => {
    const seen: Conversation[] = []
    const { text } = await generateText(ask(createModel(seen)))
    assert.equal(text, 'It rains.')
    assert.deepEqual(seen[1]?.messages, expected)
  })

  it('keeps what was signed in streams', async () => {
    const seen: Conversation[] = []
    const errors: unknown[] = []
    const { text } = streamText({ ...ask(createModel(seen)), onError: ({ error }) => void errors.push(error) })
    assert.equal(await text, 'It rains.')
    assert.deepEqual(errors, [])
    assert.deepEqual(seen[1]?.messages, expected)
  })
})
