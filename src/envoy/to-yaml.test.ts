import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parse } from 'yaml'
import type { EnvoyVersion } from '../config/runtime-config.ts'
import { defaultFallback } from '../../test/support/build-config.ts'
import { certificateSource, jwtSource } from '../../test/support/caller-sources.ts'
import { domainRules, fromEnvironment, model, provider, runtimeConfig } from '../../test/support/runtime-config.ts'
import { annotations } from './annotations.ts'
import { renderBootstrap } from './render.ts'
import { renderAnnotated, toYaml } from './to-yaml.ts'

const named = provider('named', { scheme: 'https', host: 'api.example.com', port: 443, credential: fromEnvironment('KEY') })
const numbered = provider('numbered', { scheme: 'https', port: 8443, api: 'anthropic' })
const limits = [{ path: 'r.yaml', costName: 'llm_total_token', rules: domainRules('tollgate', [['user']]) }]
const models = [model('m', [named, [numbered, 'other']]), model('n', [named])]
const config = runtimeConfig({ models, limits, fallback: { ...defaultFallback, perTryTimeoutMs: 30_000, perTryIdleTimeoutMs: 60_000 } })
const tls = { certFile: '/tls.crt', keyFile: '/tls.key', clientCaFile: '/ca.crt' }
const versions: readonly EnvoyVersion[] = ['1.39', '1.40']

describe('renderAnnotated', () => {
  const texts = versions.map((version) => renderAnnotated(config, { version, header: ['Made for a test.', 'Second line.'] }))

  it('changes nothing but comments', () => {
    for (const [index, version] of versions.entries()) assert.deepEqual(parse(texts[index] ?? '', { version: '1.1' }), renderBootstrap(config, { version }).bootstrap)
  })

  it('has a use for every annotation', () => {
    // A configuration without an attempt stage too: only there Envoy injects the key.
    const plain = renderAnnotated(runtimeConfig({ models: [model('n', [named]), model('o', [provider('openai')])] }), { header: [] })
    const asked = renderAnnotated(runtimeConfig({ models: [], callers: [jwtSource, certificateSource], envoy: { tls } }), { header: [] })
    const several = renderAnnotated(runtimeConfig({ models: [], workers: 2 }), { header: [] })
    const all = [...texts, plain, asked, several].join('\n')
    assert.deepEqual(annotations.filter(({ why }) => !all.includes(`# ${why[0]}`)), [])
  })

  it('explains each setting once', () => {
    for (const text of texts) assert.equal(text.split('# As on the listener.').length, 2)
  })

  it('does not take the second provider of an older chain for a fuse', () => {
    assert.deepEqual(texts.map((text) => text.includes('# A fuse: nothing listens there. When')), [false, true])
    assert.deepEqual(texts.map((text) => text.includes('# A fuse: nothing listens there. It keeps')), [true, false])
  })

  it('begins with the header', () => {
    for (const text of texts) assert.ok(text.startsWith('# Made for a test.\n# Second line.\n'))
  })
})

describe('toYaml', () => {
  it('quotes strings that are something else in YAML 1.1, which Envoy reads', () => {
    assert.equal(toYaml({ a: '2023-06-01', b: 'no', c: '1e3' }, ['x']), '# x\n\na: "2023-06-01"\nb: "no"\nc: "1e3"\n')
  })
})
