import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { EnvoyVersion, ModelConfig, ProviderConfig } from '../config/runtime-config.ts'
import { model, provider, runtimeConfig } from '../../test/support/runtime-config.ts'
import { noSettings } from './provider-api.ts'
import { attemptStageNeed, ownedHeaders, type AttemptStageNeed } from './attempt-stage.ts'
import { writtenModel } from './plan-chain.ts'

const [one, two] = [provider('one'), provider('two')]
const prefixed = provider('prefixed', { pathPrefix: '/llm' })
const fromFile = provider('from-file', { credential: { kind: 'file', path: '/key' } })

function need(target: ProviderConfig, models: readonly ModelConfig[], version: EnvoyVersion = '1.40'): AttemptStageNeed {
  return attemptStageNeed(runtimeConfig({ models, envoy: { version } }), target)
}

describe('attemptStageNeed', () => {
  it('is none for a provider that gets the request as it is', () => {
    assert.equal(need(two, [model('m', [one, two])]), 'none')
  })

  it('is headers for a path prefix, and for whoever comes after one', () => {
    const models = [model('m', [one, prefixed, two])]
    assert.deepEqual([one, prefixed, two].map((each) => need(each, models)), ['none', 'headers', 'headers'])
  })

  it('is headers for a key in a file, but not for whoever comes after it', () => {
    const models = [model('m', [fromFile, one])]
    assert.deepEqual([fromFile, one].map((each) => need(each, models)), ['headers', 'none'])
  })

  it('is body for another model name, and headers for whoever comes after it', () => {
    const models = [model('m', [[one, 'other'], two])]
    assert.deepEqual([one, two].map((each) => need(each, models)), ['body', 'headers'])
  })

  it('is none for an alias on which the whole chain agrees', () => {
    const alias = model('m', [[one, 'other'], [two, 'other']])
    assert.equal(writtenModel(alias, 'openai-chat'), 'other')
    assert.deepEqual([one, two].map((each) => need(each, [alias])), ['none', 'none'])
  })

  it('is headers for everyone in a chain of several up to Envoy 1.39, where a chain is one cluster', () => {
    const models = [model('m', [one, two]), model('n', [provider('alone')])]
    for (const version of ['1.37', '1.38', '1.39'] as const) {
      assert.deepEqual([one, two, provider('alone')].map((each) => need(each, models, version)), ['headers', 'headers', 'none'])
    }
  })
})

describe('attemptStageNeed of other APIs', () => {
  const models = (each: ProviderConfig): readonly ModelConfig[] => [model('m', [each, two])]
  const elsewhere = provider('elsewhere', { settings: { ...noSettings, apiPath: '/openai/v1' } })
  const azure = provider('azure', { api: 'azure-openai' })
  const cohere = provider('cohere', { api: 'cohere' })

  it('is headers where the same body goes to another path, and for whoever comes after one', () => {
    for (const each of [elsewhere, azure, cohere]) assert.deepEqual([each, two].map((asked) => need(asked, models(each))), ['headers', 'headers'], each.name)
  })

  it("is headers for a cloud's token", () => {
    const entra = provider('entra', { credential: { kind: 'entra', tenantId: undefined, clientId: undefined, clientSecret: undefined } })
    assert.equal(need(entra, [model('m', [entra])]), 'headers')
  })
})

describe('ownedHeaders', () => {
  it('has the credential header of every API in use and every extra header', () => {
    const models = [model('m', [one, provider('claude', { api: 'anthropic', headers: new Map([['x-tenant', 'a']]) })])]
    assert.deepEqual([...ownedHeaders(runtimeConfig({ models }))].toSorted(), ['authorization', 'x-api-key', 'x-tenant'])
  })

  it('has what a signature and a token come in', () => {
    const models = [model('m', [provider('bedrock', { api: 'aws-bedrock' }), provider('azure', { api: 'azure-openai' })])]
    assert.deepEqual([...ownedHeaders(runtimeConfig({ models }))].toSorted(), ['api-key', 'authorization', 'x-amz-date', 'x-amz-security-token'])
  })
})
