// `envoy --mode validate` takes every shape of configuration that we render, without a deprecated field in it.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { after, before, describe, test } from 'node:test'
import { renderBootstrap } from '../../src/envoy/render.ts'
import { toYaml } from '../../src/envoy/to-yaml.ts'
import { certificateSource, headerSource, jwtSource } from '../support/caller-sources.ts'
import { domainRules, fromEnvironment, model, provider, runtimeConfig, type ConfigParts } from '../support/runtime-config.ts'
import { envoyBinary, envoysUnderTest } from './support/envoy-binaries.ts'

const openai = provider('openai', { scheme: 'https', host: 'api.openai.com', port: 443, credential: fromEnvironment('TEST_KEY') })
const anthropic = provider('anthropic', { api: 'anthropic', scheme: 'https', host: 'api.anthropic.com', port: 443, credential: fromEnvironment('TEST_KEY') })
const vllm = provider('vllm', { host: '::1', port: 8000, headers: new Map([['x-tenant', '100%']]) })
const prefixed = provider('prefixed', { host: 'gateway.internal', port: 8080, pathPrefix: '/llm' })
const fromFile = provider('from-file', { credential: { kind: 'file', path: '/run/secrets/key' } })
const caFile = fileURLToPath(new URL('../fixtures/tls/localhost.crt', import.meta.url))
const keyFile = fileURLToPath(new URL('../fixtures/tls/localhost.key', import.meta.url))
const jwksFile = fileURLToPath(new URL('../fixtures/jwks.json', import.meta.url))
const privateCa = provider('private-ca', { scheme: 'https', host: '10.1.2.3', port: 8443, caFile })
const tokens = { path: 'ratelimit.yaml', costName: 'llm_total_token', rules: domainRules('tollgate', [['user'], ['user', 'model']]) }

const shapes: Readonly<Record<string, ConfigParts>> = {
  'no model at all': { models: [] },
  'one provider': { models: [model('m', [openai])] },
  'a chain of two': { models: [model('m', [openai, anthropic]), model('n', [anthropic])] },
  'a chain of five': { models: [model('m', [openai, anthropic, vllm, prefixed, fromFile])] },
  'the same provider twice': { models: [model('m', [vllm, [vllm, 'small']])] },
  'a model override': { models: [model('m', [openai, [vllm, 'llama']])] },
  'a path prefix': { models: [model('m', [openai, prefixed])] },
  'a key in a file': { models: [model('m', [fromFile])] },
  'a private CA and an IP address': { models: [model('m', [openai, privateCa]), model('n', [privateCa])] },
  limits: { models: [model('m', [openai])], limits: [tokens, { ...tokens, rules: domainRules('other', [['team']]) }] },
  'a unix socket': { models: [model('m', [openai])], limits: [tokens], listen: { extproc: 'unix:/run/tollgate.sock', ratelimit: 'unix:/run/rls.sock', admin: '127.0.0.1:9090' } },
  'several processors on sockets': { models: [model('m', [openai, fromFile])], workers: 4, listen: { extproc: 'unix:/run/extproc.sock', ratelimit: '127.0.0.1:8081', admin: '127.0.0.1:9090' } },
  'several processors on ports': { models: [model('m', [openai, fromFile])], workers: 2, listen: { extproc: '127.0.0.1:8082', ratelimit: '127.0.0.1:8081', admin: '127.0.0.1:9090' } },
  'tokens, certificates and TLS': {
    models: [model('m', [openai])],
    callers: [jwtSource, { ...jwtSource, issuer: 'https://other.example/', audiences: ['a', 'b'], jwks: { kind: 'file', path: jwksFile } }, certificateSource, headerSource],
    envoy: { tls: { certFile: caFile, keyFile, clientCaFile: caFile } },
  },
  'IPv6 and wildcard addresses': {
    models: [model('m', [openai])],
    listen: { extproc: '[::1]:8080', ratelimit: '0.0.0.0:8081', admin: '127.0.0.1:9090' },
    envoy: { listen: '0.0.0.0:0', admin: 'unix:/run/envoy-admin.sock' },
  },
}

for (const { version, skip } of envoysUnderTest()) {
  describe(`Envoy ${version} accepts`, { skip }, () => {
    let directory: string
    before(async () => {
      directory = await mkdtemp(join(tmpdir(), 'tollgate-validate-'))
    })
    after(async () => rm(directory, { recursive: true }))

    for (const [shape, parts] of Object.entries(shapes)) {
      test(shape, async () => {
        const { bootstrap } = renderBootstrap(runtimeConfig({ ...parts, envoy: { ...parts.envoy, version } }))
        const output = await validate(version, join(directory, 'envoy.yaml'), toYaml(bootstrap, ['test']))
        assert.match(output, /OK/)
        assert.doesNotMatch(output, /deprecated/i)
      })
    }

    test('services in another container, reached by name', async () => {
      const config = runtimeConfig({ models: [model('m', [openai])], limits: [tokens], envoy: { version } })
      const { bootstrap } = renderBootstrap(config, { connect: { extproc: 'tollgate:8080', ratelimit: 'tollgate:8081' }, accessLog: false, systemCaFile: caFile })
      assert.match(await validate(version, join(directory, 'envoy.yaml'), toYaml(bootstrap, ['test'])), /OK/)
    })
  })
}

async function validate(version: Parameters<typeof envoyBinary>[0], path: string, text: string): Promise<string> {
  await writeFile(path, text)
  const run = promisify(execFile)
  const { stdout, stderr } = await run(envoyBinary(version).path, ['--mode', 'validate', '-c', path], { env: { ...process.env, TEST_KEY: 'key' } })
  return stdout + stderr
}
