// Callers known by the certificate of their connection: Envoy ends TLS, verifies it, and shows Tollgate what it says.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type MockProvider, startMockProvider } from '../../src/mock/mock-provider.ts'
import { createCleanup } from './support/cleanup.ts'
import { type Gateway, startGateway } from './support/gateway.ts'
import { until } from './support/until.ts'

const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url))
const client = { cert: readFileSync(fixture('client.crt')), key: readFileSync(fixture('client.key')) }
// Signed by nobody that the listener trusts.
const stranger = { cert: readFileSync(fixture('other.crt')), key: readFileSync(fixture('other.key')) }
const tls = { cert_file: fixture('localhost.crt'), key_file: fixture('localhost.key'), client_ca_file: fixture('client-ca.crt') }

const yaml = (openai: number, callers: string) => `
providers: {openai: {api: openai, url: "http://127.0.0.1:${openai}"}}
models: {gpt-4o: {providers: [openai]}}
callers: ${callers}
`

interface Asked {
  readonly status: number
  readonly body: string
}

function ask(gateway: Gateway, certificate: object, headers: Readonly<Record<string, string>> = {}): Promise<Asked> {
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', port: gateway.envoy.port, host: '127.0.0.1', path: '/v1/chat/completions', ca: readFileSync(fixture('localhost.crt')), agent: false, ...certificate }
    const call = request({ ...options, headers: { 'content-type': 'application/json', ...headers } }, (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts).toString() }))
    })
    call.on('error', reject)
    call.end(JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content: 'hi' }] }))
  })
}

describe('callers with a certificate', () => {
  const cleanup = createCleanup()
  let openai: MockProvider
  let gateway: Gateway

  before(async () => {
    openai = cleanup.defer(await startMockProvider({ api: 'openai', address: '127.0.0.1:0' }), (each) => each.close())
    gateway = cleanup.defer(await startGateway({ yaml: yaml(openai.port, '[{certificate: {user: uri, host: dns, name: subject}}]'), envoySettings: { tls } }), (each) => each.stop())
  })
  after(() => cleanup.run())

  it('are who its first names say', async () => {
    const answer = await ask(gateway, client, { 'x-forwarded-client-cert': 'URI=spiffe://test/mallory' })
    assert.equal(answer.status, 200, answer.body)
    const line = await until('the exchange is logged', () => gateway.exchanges()[0])
    assert.deepEqual(line['caller'], { user: 'spiffe://test/ns/research/sa/alice', host: 'alice.test', name: 'CN=alice' })
  })

  it('get no connection without one, or with one that nobody trusted has signed', async () => {
    await assert.rejects(ask(gateway, {}))
    await assert.rejects(ask(gateway, stranger))
  })

  it('may come with a trusted header instead, where the configuration says so', async () => {
    const callers = '[{certificate: {user: uri}}, {headers: {user: x-user-id}}]'
    const open = cleanup.defer(await startGateway({ yaml: yaml(openai.port, callers), envoySettings: { tls } }), (each) => each.stop())
    assert.equal((await ask(open, {}, { 'x-user-id': 'bob' })).status, 200)
    assert.equal((await ask(open, {})).status, 401)
    assert.equal((await ask(open, client, { 'x-user-id': 'bob' })).status, 200)
    const lines = await until('all are logged', () => (open.exchanges().length === 3 ? open.exchanges() : undefined))
    assert.deepEqual(lines.map((line) => line['caller']), [{ user: 'bob' }, undefined, { user: 'spiffe://test/ns/research/sa/alice' }])
    await assert.rejects(ask(open, stranger))
  })
})
