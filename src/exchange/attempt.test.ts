import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { buildConfig, buildModel, buildProvider } from '../../test/support/build-config.ts'
import { Headers } from '../core/headers.ts'
import { createProviderCredentials } from '../credentials/provider-credentials.ts'
import type { Action } from './action.ts'
import { Attempt } from './attempt.ts'

const openai = buildProvider('openai')
const groq = buildProvider('groq', { pathPrefix: '/openai', headers: new Map([['x-groq-team', 'blue']]) })
const local = buildProvider('local', { credential: { kind: 'none' } })
const config = buildConfig({ models: new Map([['m', buildModel('m', [openai, 'gpt-4o'], [groq, 'llama'], [local, 'qwen'], [openai, 'gpt-4o-mini'])]]) })
const steps = [
  { provider: 'openai', model: 'gpt-4o' },
  { provider: 'groq', model: 'llama' },
  { provider: 'local', model: 'qwen' },
  { provider: 'openai', model: 'gpt-4o-mini' },
]
const body = Buffer.from('{"model":"m","messages":[]}')
const credentials = createProviderCredentials({ read: (credential) => (credential.kind === 'env' ? `key-of-${credential.name}` : undefined) })

function attempt(provider: string, count: number, headers: Record<string, string> = {}, route: Record<string, unknown> | undefined = { steps, path: '/v1/chat/completions?a=1', content_length: 27 }) {
  const stage = new Attempt({ config: () => config, credentials })
  const attributes = new Map([
    ["xds.upstream_host_metadata.filter_metadata['tollgate.backend']['name']", provider],
    ['upstream.request_attempt_count', String(count)],
  ])
  // The values are what the request stage writes; the decoder's type for them is wider.
  const context = { attributes, metadata: () => route as never }
  const all = Headers.from({ ':path': '/v1/chat/completions?a=1', 'content-length': '27', 'content-type': 'application/json', ...headers })
  return { stage, headers: (bodyFollows: boolean) => stage.receive({ kind: 'request_headers', headers: all, endOfStream: false, bodyFollows, context }), body: () => stage.receive({ kind: 'request_body', body, endOfStream: true, context }) }
}
function pass(action: Action | Promise<Action>) {
  assert.ok(!(action instanceof Promise))
  assert.equal(action.kind, 'pass')
  return action as Extract<Action, { kind: 'pass' }>
}

describe('an attempt', () => {
  it('asks the provider for its own model name, with its own credential', () => {
    const { headers, body: sendBody, stage } = attempt('openai', 1)
    assert.deepEqual(headers(true), { kind: 'pass' })
    const action = pass(sendBody())
    assert.equal(action.body?.toString(), '{"model":"gpt-4o","messages":[]}')
    assert.deepEqual(action.headers?.set, { ':path': '/v1/chat/completions?a=1', authorization: 'Bearer key-of-OPENAI_API_KEY', 'content-length': String(action.body?.length) })
    assert.equal(stage.done, true)
  })

  it('sets or removes everything that an earlier attempt may have left behind', () => {
    const leaked = { authorization: 'Bearer key-of-OPENAI_API_KEY', 'x-groq-team': 'blue', ':path': '/openai/v1/chat/completions' }
    const { headers, body: sendBody } = attempt('local', 3, leaked)
    void headers(true)
    const action = pass(sendBody())
    assert.deepEqual(action.headers?.remove?.toSorted(), ['authorization', 'x-groq-team'])
    assert.equal(action.headers?.set?.[':path'], '/v1/chat/completions?a=1')
  })

  it('puts the provider’s own path and headers in', () => {
    const { headers, body: sendBody } = attempt('groq', 2)
    void headers(true)
    const action = pass(sendBody())
    assert.equal(action.headers?.set?.[':path'], '/openai/v1/chat/completions?a=1')
    assert.equal(action.headers?.set?.['x-groq-team'], 'blue')
  })

  it('tells two steps at the same provider apart by the attempt count', () => {
    const { headers, body: sendBody } = attempt('openai', 4)
    void headers(true)
    assert.equal(JSON.parse(pass(sendBody()).body?.toString() ?? '').model, 'gpt-4o-mini')
  })

  it('without a body of its own to send resets the length of the client’s', () => {
    const { headers, stage } = attempt('openai', 1, { 'content-length': '999' })
    const action = pass(headers(false))
    assert.equal(action.headers?.set?.['content-length'], '27')
    assert.equal(stage.done, true)
  })

  it('fails closed when Envoy forwards nothing, or a provider that is not known', () => {
    const blind = attempt('openai', 1, {}, {})
    assert.throws(() => blind.headers(true), /tollgate\.route/)
    const unknown = attempt('nobody', 1)
    let thrown: unknown
    try {
      void unknown.headers(true)
    } catch (error) {
      thrown = error
    }
    const action = unknown.stage.failed(thrown)
    assert.equal(action.kind, 'reply')
    assert.equal(action.kind === 'reply' && action.status, 503)
  })
})
