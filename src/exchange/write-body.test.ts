import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { buildProvider } from '../../test/support/build-config.ts'
import type { ProviderConfig } from '../config/runtime-config.ts'
import { TollgateError } from '../core/errors.ts'
import { Headers } from '../core/headers.ts'
import { writeBody } from './write-body.ts'

function written(provider: ProviderConfig, path: string, body: object): unknown {
  const result = writeBody({ provider, upstreamModel: 'upstream', route: { path }, headers: Headers.from({}) }, Buffer.from(JSON.stringify(body)))
  return result.body === undefined ? undefined : JSON.parse(result.body.toString())
}

describe('a body that passes after a conversion', () => {
  const encrypted_content = Buffer.from('{"tollgate":1,"text":"hm","signature":"sig"}').toString('base64url')
  const thought = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content }

  it('loses what other providers want back, under whatever name its model goes', () => {
    for (const model of ['client', 'upstream']) {
      const request = { model, input: [{ role: 'user', content: 'a' }, thought] }
      assert.deepEqual(written(buildProvider('openai'), '/v1/responses', request), { model: 'upstream', input: [{ role: 'user', content: 'a' }] })
    }
    assert.equal(written(buildProvider('openai'), '/v1/responses', { model: 'upstream', input: 'a' }), undefined)
  })

  it('loses thoughts in chat messages at OpenAI and Azure only', () => {
    const request = { model: 'upstream', messages: [{ role: 'assistant', content: 'a', reasoning_content: 'b' }] }
    const cleaned = { model: 'upstream', messages: [{ role: 'assistant', content: 'a' }] }
    assert.deepEqual(written(buildProvider('openai', { host: 'api.openai.com' }), '/v1/chat/completions', request), cleaned)
    assert.deepEqual(written(buildProvider('openai', { host: 'eu.api.openai.com' }), '/v1/chat/completions', request), cleaned)
    assert.deepEqual(written(buildProvider('azure', { api: 'azure-openai' }), '/v1/chat/completions', request), cleaned)
    assert.equal(written(buildProvider('vllm', { host: 'my-api.openai.com.example' }), '/v1/chat/completions', request), undefined)
  })

  it('loses unsigned thoughts in the envelope of a cloud', () => {
    const content = [{ type: 'thinking', thinking: 'hm', signature: '' }, { type: 'text', text: 'hi' }]
    const request = { model: 'client', max_tokens: 9, messages: [{ role: 'assistant', content }] }
    const settings = { ...buildProvider('claude').settings, region: 'us-east-1' }
    const sent = written(buildProvider('claude', { api: 'aws-bedrock-claude', settings }), '/v1/messages', request)
    assert.deepEqual(Object(sent).messages, [{ role: 'assistant', content: [{ type: 'text', text: 'hi' }] }])
  })
})

describe('a body that is converted', () => {
  it('is refused when text of the client unfolds to JSON that is nested too deeply', () => {
    const depth = 100_000
    const call = { id: 'c', type: 'function', function: { name: 'f', arguments: `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}` } }
    const messages = [{ role: 'user', content: 'hi' }, { role: 'assistant', tool_calls: [call] }, { role: 'tool', tool_call_id: 'c', content: 'a' }]
    const refused = (error: unknown): boolean => error instanceof TollgateError && error.code === 'malformed_request'
    assert.throws(() => written(buildProvider('claude', { api: 'anthropic' }), '/v1/chat/completions', { model: 'client', messages }), refused)
  })
})
