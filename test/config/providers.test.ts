// Every provider as its documentation page writes it: where it is called, and with what.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import type { FileState } from '../../src/config/sources.ts'
import { compileConfig } from '../../src/config/compile.ts'
import type { ProviderConfig } from '../../src/config/runtime-config.ts'
import { apiNames } from '../../src/config/schema-providers.ts'
import { providerApis } from '../../src/providers/index.ts'
import { findCall } from '../../src/providers/provider-api.ts'
import { presets } from '../../src/providers/presets.ts'
import { compileText, transcript } from './compile-mistake.ts'

const page = readFileSync(new URL('../../docs/providers.md', import.meta.url), 'utf8')

function provider(fields: string): ProviderConfig {
  const compiled = compileText(`providers:\n  p: {${fields}}\nmodels:\n  m: {providers: [p]}\n`)
  assert.ok(compiled.ok, transcript(compiled))
  const found = compiled.config.providers.get('p')
  assert.ok(found)
  return found
}

/** Where a chat request of an OpenAI client goes. */
function chatUrl({ api, scheme, host, port, pathPrefix, settings }: ProviderConfig): string {
  const call = findCall(providerApis[api], 'openai-chat', 'm')
  const path = call?.path({ clientPath: '/v1/chat/completions', upstreamModel: 'm', stream: false, settings })
  return new URL(`${scheme}://${host}:${port}${pathPrefix}${path ?? ''}`).href
}

describe('a preset', () => {
  it('is called where its SDK calls it', () => {
    for (const [name, baseUrl] of Object.entries(presets)) assert.equal(chatUrl(provider(`api: ${name}`)), `${baseUrl}/chat/completions`)
  })

  it('speaks OpenAI, with a key by which it knows us and nothing where none is given', () => {
    assert.deepEqual([provider('api: groq').api, provider('api: groq').credential], ['openai', { kind: 'none' }])
  })

  it('can be called somewhere else, and under another path', () => {
    assert.equal(chatUrl(provider("api: vllm, url: 'http://10.0.0.7:9000'")), 'http://10.0.0.7:9000/v1/chat/completions')
    assert.equal(chatUrl(provider("api: groq, url: 'https://proxy.example/llm'")), 'https://proxy.example/llm/openai/v1/chat/completions')
    assert.equal(chatUrl(provider('api: groq, path_prefix: /v2')), 'https://api.groq.com/v2/chat/completions')
    assert.equal(chatUrl(provider("api: openai, url: 'https://llm.example', path_prefix: /")), 'https://llm.example/chat/completions')
  })
})

describe('a provider in a cloud', () => {
  it('uses the default chain of its cloud, unless the file says otherwise', () => {
    const bedrock = 'api: aws-bedrock, region: us-east-1'
    assert.deepEqual(provider(bedrock).credential, { kind: 'aws', profile: undefined, roleArn: undefined, externalId: undefined })
    assert.deepEqual(provider(`${bedrock}, credential: {aws: default}`).credential, provider(bedrock).credential)
    assert.deepEqual(provider(`${bedrock}, credential: none`).credential, { kind: 'none' })
    assert.deepEqual(provider(`${bedrock}, credential: {env: AWS_BEARER_TOKEN_BEDROCK}`).credential, { kind: 'env', name: 'AWS_BEARER_TOKEN_BEDROCK' })
    assert.deepEqual(provider('api: gcp-vertex-claude, project: p-1, location: eu').credential, { kind: 'google', path: undefined })
    assert.equal(provider("api: azure-openai, url: 'https://r.openai.azure.com'").credential.kind, 'entra')
    assert.deepEqual(provider('api: google-ai-studio').credential, { kind: 'none' })
  })

  it('keeps what names the identity', () => {
    const role = provider("api: aws-bedrock, region: us-east-1, credential: {aws: {profile: work, role_arn: 'arn:aws:iam::123456789012:role/a/llm', external_id: x1}}")
    assert.deepEqual(role.credential, { kind: 'aws', profile: 'work', roleArn: 'arn:aws:iam::123456789012:role/a/llm', externalId: 'x1' })
    const application = provider("api: azure-openai, url: 'https://r.openai.azure.com', credential: {entra: {tenant_id: t, client_id: c, client_secret: {env: S}}}")
    assert.deepEqual(application.credential, { kind: 'entra', tenantId: 't', clientId: 'c', clientSecret: { kind: 'env', name: 'S' } })
  })
})

describe('docs/providers.md', () => {
  const examples = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1] ?? '')

  it('has an example of every API, and all of them load', () => {
    const shown = new Set<string>()
    for (const example of examples) {
      const names = [...example.matchAll(/^ {2}([a-z0-9-]+):/gm)].map((match) => match[1] ?? '')
      const text = `${example}models:\n  m: {providers: [${names.join(', ')}]}\n`
      const present: FileState = { kind: 'present' }
      const files = new Map([...example.matchAll(/file: ([^\s}]+)/g)].map((match) => [match[1] ?? '', present]))
      const compiled = compileConfig({ path: '/c/tollgate.yaml', text, files, runtimeDirectory: '/run', stateDirectory: '/state', nowMs: 0, display: (path) => path })
      assert.ok(compiled.ok, transcript(compiled))
      for (const { api } of compiled.config.providers.values()) shown.add(api)
    }
    assert.deepEqual([...shown].toSorted(), apiNames.toSorted())
  })

  it('names every preset with its address', () => {
    for (const [name, url] of Object.entries(presets)) assert.ok(page.includes(`| \`${name}\` | ${url} |`), name)
  })
})
