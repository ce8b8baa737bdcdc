// What is asked where: the paths of every provider, and that no model's name can lead a call elsewhere.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ProviderApiName, ProviderSettings } from '../config/runtime-config.ts'
import type { FormatName } from '../formats/format.ts'
import { providerApis } from './index.ts'
import { findCall, noSettings, type CallTarget } from './provider-api.ts'

const settings: ProviderSettings = { ...noSettings, region: 'us-east-1', project: 'my-project', location: 'europe-west1' }

/** `dialect envelope path`, or 'not served'. */
function asked(api: ProviderApiName, format: FormatName, target: Partial<CallTarget> = {}): string {
  const call = findCall(providerApis[api], format, target.upstreamModel ?? 'm')
  if (call === undefined) return 'not served'
  return `${call.dialect ?? 'pass'} ${call.envelope} ${call.path({ clientPath: '/client?q=1', upstreamModel: 'm', stream: false, settings, ...target })}`
}

describe('openai', () => {
  it('is asked at the path of the client', () => {
    assert.equal(asked('openai', 'openai-chat'), 'pass none /client?q=1')
    assert.equal(asked('openai', 'anthropic-messages'), 'openai-chat none /v1/chat/completions')
  })

  it('has its own path instead of the version', () => {
    const at = (apiPath: string, clientPath: string): string => asked('openai', 'openai-chat', { clientPath, settings: { ...noSettings, apiPath } })
    assert.equal(at('/openai/v1', '/v1/chat/completions'), 'pass none /openai/v1/chat/completions')
    assert.equal(at('', '/v1/embeddings?a=/v1/b'), 'pass none /embeddings?a=/v1/b')
    assert.equal(at('/inference/v1', '/v2/rerank'), 'pass none /inference/v1/rerank')
    assert.equal(at('/a$&b', '/v1/x'), 'pass none /a$&b/x')
    assert.equal(asked('openai', 'anthropic-messages', { settings: { ...noSettings, apiPath: '' } }), 'openai-chat none /chat/completions')
  })
})

describe('azure-openai', () => {
  it('is asked at its v1 API without a dated version, and never for the version of a client', () => {
    assert.equal(asked('azure-openai', 'openai-chat'), 'pass none /openai/v1/chat/completions')
    assert.equal(asked('azure-openai', 'openai-responses'), 'pass none /openai/v1/responses')
    assert.equal(asked('azure-openai', 'openai-responses', { settings: { ...noSettings, apiVersion: 'preview' } }), 'pass none /openai/v1/responses?api-version=preview')
    assert.equal(asked('azure-openai', 'anthropic-messages'), 'azure-openai-chat none /openai/v1/chat/completions')
  })

  it('is asked by deployment with a dated version', () => {
    const dated = { settings: { ...noSettings, apiVersion: '2024-10-21' }, upstreamModel: 'my gpt/4?' }
    assert.equal(asked('azure-openai', 'openai-chat', dated), 'pass none /openai/deployments/my%20gpt%2F4%3F/chat/completions?api-version=2024-10-21')
    assert.equal(asked('azure-openai', 'openai-transcriptions', dated), 'pass none /openai/deployments/my%20gpt%2F4%3F/audio/transcriptions?api-version=2024-10-21')
    assert.equal(asked('azure-openai', 'openai-responses', dated), 'pass none /openai/responses?api-version=2024-10-21')
  })
})

describe('aws-bedrock', () => {
  it('converses, by stream or not', () => {
    assert.equal(asked('aws-bedrock', 'openai-chat', { upstreamModel: 'amazon.nova-pro-v1:0' }), 'bedrock-converse none /model/amazon.nova-pro-v1%3A0/converse')
    assert.equal(asked('aws-bedrock', 'anthropic-messages', { stream: true }), 'bedrock-converse none /model/m/converse-stream')
  })

  it('takes an ARN as one segment', () => {
    const upstreamModel = 'arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-4-5-20250929-v1:0'
    assert.equal(
      asked('aws-bedrock', 'openai-responses', { upstreamModel }),
      'bedrock-converse none /model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Ainference-profile%2Fus.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse',
    )
  })

  it('embeds in the words of the model', () => {
    const dialect = (upstreamModel: string): string => asked('aws-bedrock', 'openai-embeddings', { upstreamModel }).split(' ')[0] ?? ''
    assert.deepEqual(
      ['amazon.titan-embed-text-v2:0', 'cohere.embed-english-v3', 'us.cohere.embed-v4:0', 'arn:aws:bedrock:us-east-1::foundation-model/cohere.embed-v4:0', 'notcohere.x'].map(dialect),
      ['titan-embeddings', 'cohere-embeddings', 'cohere-embeddings', 'cohere-embeddings', 'titan-embeddings'],
    )
    assert.match(asked('aws-bedrock', 'openai-embeddings', { upstreamModel: 'cohere.embed-v4:0' }), / none \/model\/cohere\.embed-v4%3A0\/invoke$/)
  })

  it('invokes Claude in its own words', () => {
    assert.equal(asked('aws-bedrock-claude', 'anthropic-messages'), 'pass bedrock-claude /model/m/invoke')
    assert.equal(asked('aws-bedrock-claude', 'openai-chat', { stream: true }), 'anthropic-messages bedrock-claude /model/m/invoke-with-response-stream')
    assert.equal(asked('aws-bedrock-claude', 'openai-embeddings'), 'not served')
  })
})

describe('Google', () => {
  it('is asked for Gemini on Vertex by project and location', () => {
    const place = '/v1/projects/my-project/locations/europe-west1/publishers'
    assert.equal(asked('gcp-vertex', 'openai-chat'), `gemini none ${place}/google/models/m:generateContent`)
    assert.equal(asked('gcp-vertex', 'anthropic-messages', { stream: true }), `gemini none ${place}/google/models/m:streamGenerateContent?alt=sse`)
    assert.equal(asked('gcp-vertex', 'openai-embeddings'), `vertex-embeddings none ${place}/google/models/m:predict`)
    const claude = { upstreamModel: 'claude-sonnet-4-5@20250929' }
    assert.equal(asked('gcp-vertex-claude', 'anthropic-messages', claude), `pass vertex-claude ${place}/anthropic/models/claude-sonnet-4-5@20250929:rawPredict`)
    assert.equal(asked('gcp-vertex-claude', 'openai-chat', { stream: true }), `anthropic-messages vertex-claude ${place}/anthropic/models/m:streamRawPredict`)
  })

  it('is asked for Gemini at AI Studio by model alone', () => {
    assert.equal(asked('google-ai-studio', 'openai-responses'), 'gemini none /v1beta/models/m:generateContent')
    assert.equal(asked('google-ai-studio', 'openai-chat', { stream: true }), 'gemini none /v1beta/models/m:streamGenerateContent?alt=sse')
    assert.equal(asked('google-ai-studio', 'openai-embeddings'), 'gemini-embeddings none /v1beta/models/m:batchEmbedContents')
  })
})

describe('cohere', () => {
  it('chats at its compatible endpoint and ranks at its own', () => {
    assert.equal(asked('cohere', 'openai-chat'), 'pass none /compatibility/v1/chat/completions')
    assert.equal(asked('cohere', 'anthropic-messages'), 'openai-chat none /compatibility/v1/chat/completions')
    assert.equal(asked('cohere', 'cohere-rerank', { clientPath: '/v2/rerank' }), 'pass none /v2/rerank')
  })
})

describe('defaultUrl', () => {
  const url = (api: ProviderApiName, changes: Partial<ProviderSettings>): string | undefined => providerApis[api].defaultUrl({ ...noSettings, ...changes })

  it('is made of region or location', () => {
    assert.equal(url('aws-bedrock', { region: 'eu-central-1' }), 'https://bedrock-runtime.eu-central-1.amazonaws.com')
    assert.equal(url('gcp-vertex', { location: 'us-central1' }), 'https://us-central1-aiplatform.googleapis.com')
    assert.equal(url('gcp-vertex-claude', { location: 'global' }), 'https://aiplatform.googleapis.com')
    assert.equal(url('gcp-vertex-claude', { location: 'eu' }), 'https://aiplatform.eu.rep.googleapis.com')
  })

  it('is not guessed', () => {
    assert.deepEqual([url('aws-bedrock', {}), url('gcp-vertex', {}), url('azure-openai', {})], [undefined, undefined, undefined])
  })
})

describe('a model name', () => {
  const hostile = ['../../x', 'a/../b', '//evil.example', '@evil.example', 'm?key=1', 'm#x', 'm:other', 'http://evil.example/', 'a\\b', 'ü%2e%2e', '%2F..', 'a;b', '\ud800']

  it('can change neither host nor path, at any provider that has it there', () => {
    for (const { name, calls } of Object.values(providerApis)) {
      for (const format of calls.keys()) {
        for (const upstreamModel of hostile) {
          const path = (model: string): string => asked(name, format, { upstreamModel: model, settings: { ...settings, apiVersion: '2024-10-21' } }).split(' ')[2] ?? ''
          const [plain, odd] = [path('m'), path(upstreamModel)].map((each) => new URL(`https://provider.example${each}`))
          assert.equal(odd?.host, 'provider.example')
          assert.equal(odd.search, plain?.search)
          assert.equal(odd.hash, '')
          assert.equal(odd.pathname.split('/').length, plain?.pathname.split('/').length, `${name} ${format} ${upstreamModel}: ${odd.pathname}`)
          assert.equal(odd.pathname.split(/[/:]/).length, plain?.pathname.split(/[/:]/).length)
        }
      }
    }
  })

  it('of dots alone is refused', () => {
    for (const upstreamModel of ['.', '..', '']) assert.throws(() => asked('aws-bedrock', 'openai-chat', { upstreamModel }), { code: 'internal' })
  })
})
