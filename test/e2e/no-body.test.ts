// A request over HTTP/2 whose trailers follow its headers at once. Envoy shows the request stage no body then, so nothing was decided about it.

import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { type MockProvider, startMockProvider } from '../../src/mock/mock-provider.ts'
import { createCleanup } from './support/cleanup.ts'
import { type Gateway, startGateway } from './support/gateway.ts'

const DATA = 0
const HEADERS = 1
const SETTINGS = 4
const END_STREAM = 1
const END_HEADERS = 4

/** RFC 9113, section 4.1. */
function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head.writeUInt8(type, 3)
  head.writeUInt8(flags, 4)
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

/** Literal fields without indexing (RFC 7541, section 6.2.2); names and values below 127 bytes. */
function fields(entries: Readonly<Record<string, string>>): Buffer {
  const text = (value: string): Buffer => Buffer.from([value.length, ...Buffer.from(value)])
  return Buffer.concat(Object.entries(entries).flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]))
}

/** Node's own client would send an empty DATA frame before the trailers. Resolves with the body of the answer. */
function ask(url: string, headers: Readonly<Record<string, string>>): Promise<string> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname)
    let unread = Buffer.alloc(0)
    let body = ''
    socket.on('error', reject).on('close', () => reject(new Error('Envoy closed the connection.')))
    socket.on('data', (chunk) => {
      unread = Buffer.concat([unread, chunk])
      for (let end = 9; unread.length >= 9 && unread.length >= (end = 9 + unread.readUIntBE(0, 3)); unread = unread.subarray(end)) {
        if (unread[3] === DATA) body += unread.toString('utf8', 9, end)
        if ((unread[3] === DATA || unread[3] === HEADERS) && ((unread[4] ?? 0) & END_STREAM) !== 0) {
          resolve(body)
          socket.destroy()
        }
      }
    })
    const request = fields({ ':method': 'POST', ':scheme': 'http', ':authority': 'gateway', ':path': '/v1/chat/completions', ...headers })
    socket.write(Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(SETTINGS, 0, 0), frame(HEADERS, END_HEADERS, 1, request)]))
    socket.write(frame(HEADERS, END_HEADERS | END_STREAM, 1, fields({ 'x-end': '1' })))
  })
}

describe('a request without a body, but with trailers', () => {
  const cleanup = createCleanup()
  let mock: MockProvider
  let gateway: Gateway

  before(async () => {
    mock = cleanup.defer(await startMockProvider({ api: 'openai', address: '127.0.0.1:0' }), (each) => each.close())
    const yaml = `providers: {openai: {api: openai, url: "http://127.0.0.1:${mock.port}", credential: {env: MOCK_KEY}}}\nmodels: {gpt-4o: {providers: [openai]}}\n`
    gateway = cleanup.defer(await startGateway({ yaml, environment: { MOCK_KEY: 'sk-operator' } }), (each) => each.stop())
  })
  after(() => cleanup.run())

  it('reaches no provider, even when it claims to have a route', async () => {
    for (const claimed of ['openai', 'tollgate.ratelimit']) {
      const answer = JSON.parse(await ask(gateway.url, { 'x-tollgate-chain': claimed, cookie: 'a=b' }))
      assert.equal(answer.error.code, 'no_provider_available')
    }
    assert.deepEqual(mock.requests(), [])
  })
})
