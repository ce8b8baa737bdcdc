// TLS to providers on real Envoys: the certificate is checked against the configured host, by name and by address.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { after, before, describe, test } from 'node:test'
import { model, provider } from '../support/runtime-config.ts'
import { envoysUnderTest } from './support/envoy-binaries.ts'
import { startScriptedGateway, type ScriptedGateway } from './support/scripted-gateway.ts'
import { startUpstream, type Upstream } from './support/upstream.ts'

const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url))
const pair = (name: string): { key: string; cert: string } => ({ key: readFileSync(fixture(`${name}.key`), 'utf8'), cert: readFileSync(fixture(`${name}.crt`), 'utf8') })

for (const { version, skip } of envoysUnderTest()) {
  describe(`Envoy ${version}: TLS`, { skip }, () => {
    let gateway: ScriptedGateway
    let upstreams: Record<'good' | 'wrong' | 'plain', Upstream>

    before(async () => {
      upstreams = {
        good: await startUpstream({ status: 200, body: 'good' }, pair('localhost')),
        wrong: await startUpstream({ status: 200, body: 'wrong' }, pair('other')),
        plain: await startUpstream({ status: 200, body: 'plain' }),
      }
      const named = provider('named', { scheme: 'https', host: 'localhost', port: upstreams.good.port, caFile: fixture('localhost.crt') })
      const numbered = provider('numbered', { scheme: 'https', port: upstreams.good.port, caFile: fixture('localhost.crt') })
      const imposter = provider('imposter', { scheme: 'https', host: 'localhost', port: upstreams.wrong.port, caFile: fixture('other.crt') })
      const wrongAddress = provider('wrong-address', { scheme: 'https', port: upstreams.wrong.port, caFile: fixture('other.crt') })
      const stranger = provider('stranger', { scheme: 'https', host: 'localhost', port: upstreams.good.port })
      const plain = provider('plain', { port: upstreams.plain.port })
      gateway = await startScriptedGateway({
        version,
        models: [model('m', [named, plain]), model('i', [imposter, numbered, plain]), model('a', [wrongAddress]), model('s', [stranger])],
      })
    })
    after(async () => {
      await gateway.close()
      for (const upstream of Object.values(upstreams)) await upstream.close()
    })

    test('reaches a provider by name, with its Host header', async () => {
      assert.equal((await gateway.ask(['named'])).body, 'good')
      assert.equal(upstreams.good.seen.at(-1)?.headers.host, `localhost:${upstreams.good.port}`)
    })

    test('reaches a provider by address', async () => {
      assert.equal((await gateway.ask(['numbered'])).body, 'good')
    })

    test('refuses a certificate for another name or address, and moves on', async () => {
      assert.equal((await gateway.ask(['imposter', 'numbered'])).body, 'good')
      assert.equal((await gateway.ask(['imposter'])).status, 503)
      assert.equal((await gateway.ask(['wrong-address'])).status, 503)
      assert.equal(upstreams.wrong.seen.length, 0)
    })

    test('refuses a certificate that the system does not trust', async () => {
      assert.equal((await gateway.ask(['stranger'])).status, 503)
    })

    test('one chain may have providers with TLS and without', async () => {
      upstreams.good.behaviour = { status: 500 }
      assert.equal((await gateway.ask(['named', 'plain'])).body, 'plain')
      assert.equal(upstreams.plain.seen.at(-1)?.headers.host, `127.0.0.1:${upstreams.plain.port}`)
    })
  })
}
