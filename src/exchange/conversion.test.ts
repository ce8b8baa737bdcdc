// An exchange whose provider speaks another API than its client: what the client gets, and what is charged.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { buildConfig, buildModel, buildProvider } from '../../test/support/build-config.ts'
import { driveExchange } from '../../test/support/drive-exchange.ts'
import type { Action } from './action.ts'

const credentials = { OPENAI_API_KEY: 'k', CLAUDE_API_KEY: 'k', GEMINI_API_KEY: 'k' }
const [openai, claude] = [buildProvider('openai'), buildProvider('claude', { api: 'anthropic' })]
const models = [buildModel('both', [openai, 'gpt-4o'], [claude, 'claude-sonnet-4-5']), buildModel('reversed', [claude, 'claude-sonnet-4-5'], [openai, 'gpt-4o'])]
const config = buildConfig({ models: new Map(models.map((model) => [model.clientModel, model])) })

const ask = { model: 'both', messages: [{ role: 'user', content: 'hello' }] }
const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-sonnet-4-5', content: [{ type: 'text', text: 'hi' }], stop_reason: 'end_turn', stop_sequence: null, usage: { input_tokens: 10, output_tokens: 5 } }

function pass(action: Action): Extract<Action, { kind: 'pass' }> {
  assert.equal(action.kind, 'pass')
  return action as Extract<Action, { kind: 'pass' }>
}
const json = (action: Action) => JSON.parse(('body' in action ? action.body : undefined)?.toString() ?? 'null')
const groups = (driven: ReturnType<typeof driveExchange>): unknown => driven.metadata['tollgate.route']?.['priority_groups']

describe('a request whose chain speaks several APIs', () => {
  it('goes to the plain cluster of whoever passes it, and to the other one of whoever converts it', async () => {
    const driven = driveExchange({ config, credentials })
    const action = pass(await driven.request({ body: ask }))
    assert.deepEqual(groups(driven), [{ name: 'openai' }, { name: 'claude.convert' }])
    assert.equal(action.headers?.set?.['x-tollgate-chain'], 'openai+claude.convert')
    assert.equal(json(action).model, 'gpt-4o', 'the one name that plain steps agree on')
  })

  it('goes to the converting cluster of whoever comes after a conversion', async () => {
    const driven = driveExchange({ config, credentials })
    await driven.request({ body: { ...ask, model: 'reversed' } })
    assert.deepEqual(groups(driven), [{ name: 'claude.convert' }, { name: 'openai.convert' }])
  })

  it('leaves out who cannot do what it wants, as long as somebody comes after', async () => {
    const driven = driveExchange({ config, credentials })
    await driven.request({ body: { ...ask, model: 'reversed', n: 2 } })
    assert.deepEqual(groups(driven), [{ name: 'openai.convert' }])
  })

  it('takes thoughts without a signature out of what goes to Anthropic', async () => {
    const driven = driveExchange({ config, credentials })
    const thoughts = { role: 'assistant', content: [{ type: 'thinking', thinking: 'hm', signature: '' }, { type: 'text', text: 'hi' }] }
    const body = { model: 'reversed', max_tokens: 9, messages: [{ role: 'user', content: 'a' }, thoughts, { role: 'user', content: 'b' }] }
    const sent = json(await driven.request({ path: '/v1/messages', body }))
    assert.deepEqual(sent.messages[1].content, [{ type: 'text', text: 'hi' }])
  })

  it('takes thoughts of other providers out of what passes to OpenAI, and leaves them for a provider whose body is written by the attempt stage', async () => {
    const encrypted_content = Buffer.from('{"tollgate":1,"text":"hm","signature":"sig"}').toString('base64url')
    const input = [{ role: 'user', content: 'a' }, { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content }, { role: 'assistant', content: 'hi' }]
    const send = async (model: string) => json(await driveExchange({ config, credentials }).request({ path: '/v1/responses', body: { model, input } }))
    assert.deepEqual(await send('both'), { model: 'gpt-4o', input: [input[0], input[2]] })
    assert.equal(await send('reversed'), null, 'the client’s own body goes on')
  })
})

async function asked(body: object = ask) {
  const driven = driveExchange({ config, credentials })
  await driven.request({ body })
  return driven
}

describe('a converted answer', () => {
  it('is in the client’s words, charged by what the provider counted', async () => {
    const driven = await asked()
    pass(await driven.answer({ provider: 'claude', attempts: 2 }))
    const action = pass(await driven.body(message))
    const answer = json(action)
    assert.deepEqual([answer.object, answer.model, answer.choices[0].message.content], ['chat.completion', 'both', 'hi'])
    assert.equal(action.headers?.set?.['x-ai-gateway-tokens-used'], '15')
    assert.equal(action.headers?.set?.['content-length'], String(action.body?.length))
    assert.equal(driven.costs()['llm_total_token'], 15)
    const [summary] = driven.summaries
    assert.deepEqual([summary?.outcome, summary?.provider, summary?.responseModel, summary?.usage?.flags], ['answered', 'claude', 'claude-sonnet-4-5', []])
  })

  it('is streamed event by event, and charged exactly once the provider has said its usage', async () => {
    const driven = await asked({ ...ask, stream: true })
    const headers = pass(await driven.answer({ provider: 'claude', attempts: 2, headers: { 'content-type': 'text/event-stream' } }))
    assert.equal(headers.delivery, 'streamed')
    const events = [
      { type: 'message_start', message: { ...message, content: [], stop_reason: null, usage: { input_tokens: 10, output_tokens: 1 } } },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'hi' } },
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 5 } },
      { type: 'message_stop' },
    ].map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
    const first = pass(await driven.body(events.slice(0, 3).join(''), false)).body?.toString() ?? ''
    assert.match(first, /"content":"hi"/)
    const last = pass(await driven.body(events.slice(3).join(''), true)).body?.toString() ?? ''
    assert.match(last, /"finish_reason":"stop"[\s\S]*data: \[DONE\]\n\n$/)
    assert.ok(!last.includes('"usage"'), 'the client did not ask for it')
    assert.deepEqual([driven.costs()['llm_total_token'], driven.summaries[0]?.usage?.flags], [15, []])
  })

  it('that is an error keeps its status, type and message, and costs nothing', async () => {
    const driven = await asked()
    pass(await driven.answer({ provider: 'claude', status: 529 }))
    const action = pass(await driven.body({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }))
    assert.deepEqual(json(action).error, { message: 'Overloaded', type: 'overloaded_error', param: null, code: null })
    assert.deepEqual([driven.costs()['llm_total_token'], driven.summaries[0]?.outcome], [0, 'provider_error'])
  })

  it('that is an error without a body says so', async () => {
    const driven = await asked()
    const action = await driven.answer({ provider: 'claude', status: 503, endOfStream: true })
    assert.equal(action.kind, 'fill')
    assert.equal(typeof json(action).error.message, 'string')
  })

  it('that cannot be read is an error to the client, and costs nothing', async () => {
    for (const [headers, body] of [[{}, '<html>'], [{}, { surprise: true }], [{ 'content-type': 'text/html' }, undefined]] as const) {
      const driven = await asked()
      const atHeaders = await driven.answer({ provider: 'claude', headers })
      const action = body === undefined ? atHeaders : await driven.body(body)
      assert.equal(action.kind, 'reply')
      assert.deepEqual([json(action).error.code, driven.costs()['llm_total_token'], driven.summaries[0]?.outcome], ['provider_error', 0, 'provider_error'])
      assert.deepEqual([driven.summaries[0]?.usage, driven.summaries[0]?.price], [undefined, undefined])
    }
  })
})
