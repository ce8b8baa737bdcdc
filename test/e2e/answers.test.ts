// What a provider answers, well or badly, reaches the client as it should and is charged as it must be.

import assert from 'node:assert/strict'
import { request } from 'node:http'
import { after, before, describe, it } from 'node:test'
import { type MockProvider, startMockProvider } from '../../src/mock/mock-provider.ts'
import { createCleanup } from './support/cleanup.ts'
import { type Gateway, type LogLine, startGateway } from './support/gateway.ts'
import { type Answer, type Client, createClient } from './support/send.ts'
import { until } from './support/until.ts'
import { startUpstream, type Upstream } from './support/upstream.ts'

const yaml = (mock: number, odd: number) => `
providers:
  mock: {api: openai, url: "http://127.0.0.1:${mock}"}
  odd: {api: openai, url: "http://127.0.0.1:${odd}"}
models:
  gpt: {providers: [mock]}
  odd: {providers: [odd]}
callers: [{headers: {user: x-user-id}}]
`
const chatPath = '/v1/chat/completions'
const chat = { model: 'gpt', messages: [{ role: 'user', content: 'Grüße an die 世界 👋' }] }
const stream = { ...chat, stream: true, stream_options: { include_usage: true } }
const tokens = { 'x-mock-input-tokens': '60', 'x-mock-output-tokens': '40' }

describe('what a provider answers', () => {
  const cleanup = createCleanup()
  let mock: MockProvider
  let odd: Upstream
  let gateway: Gateway
  let client: Client

  before(async () => {
    mock = cleanup.defer(await startMockProvider({ api: 'openai', address: '127.0.0.1:0' }), (each) => each.close())
    odd = cleanup.defer(await startUpstream(), (each) => each.close())
    gateway = cleanup.defer(await startGateway({ yaml: yaml(mock.port, odd.port) }), (each) => each.stop())
    client = cleanup.defer(createClient(gateway.url), (each) => each.close())
  })
  after(() => cleanup.run())

  /** The log line of the only exchange of this user. */
  function lineOf(user: string): Promise<LogLine> {
    return until(`the exchange of ${user} is logged`, () => gateway.exchanges().find((line) => JSON.stringify(line['caller']) === JSON.stringify({ user })))
  }

  /** The same bytes straight from the mock, which answers alike to like requests but for ids and dates. */
  async function straight(body: object, headers: Readonly<Record<string, string>>): Promise<string> {
    const answer = await fetch(`${mock.url}${chatPath}`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) })
    return neutral(await answer.text())
  }

  it('passes as it is when it is no API answer at all, and is charged by estimate', async () => {
    odd.behaviour = { status: 200, body: '<h1>It works!</h1>', headers: { 'content-type': 'text/html' } }
    const answer = await client.post(chatPath, { ...chat, model: 'odd' }, { 'x-user-id': 'html' })
    assert.deepEqual([answer.status, answer.body, answer.headers['content-type'], answer.headers['x-ai-provider']], [200, '<h1>It works!</h1>', 'text/html', 'odd'])
    const line = await lineOf('html')
    assert.deepEqual([line['outcome'], line['estimated']], ['answered', true])
    assert.ok(Number(line['total_tokens']) > 0)
  })

  for (const [what, headers] of [
    ['in one piece', {}],
    ['compressed with gzip', { 'x-mock-encoding': 'gzip' }],
    ['compressed with br', { 'x-mock-encoding': 'br' }],
    ['in pieces of 5 bytes', { 'x-mock-split': '5' }],
  ] as const) {
    it(`arrives ${what} and is charged exactly`, async () => {
      const answer = await client.post(chatPath, chat, { 'x-user-id': `whole, ${what}`.replaceAll(',', ';'), ...tokens, ...headers })
      assert.equal(neutral(answer.body), await straight(chat, tokens))
      assert.deepEqual([answer.headers['content-encoding'], answer.headers['content-length'], answer.headers['x-ai-gateway-tokens-used']], [undefined, String(Buffer.byteLength(answer.body)), '100'])
      const line = await lineOf(`whole; ${what}`)
      assert.deepEqual([line['total_tokens'], line['estimated']], [100, false])
    })
  }

  for (const [what, headers, lineEnd] of [
    ['in one piece', {}, '\n'],
    ['compressed with gzip', { 'x-mock-encoding': 'gzip' }, '\n'],
    ['compressed with br', { 'x-mock-encoding': 'br' }, '\n'],
    ['in pieces of 3 bytes', { 'x-mock-split': '3' }, '\n'],
    ['with CR LF', { 'x-mock-crlf': '1' }, '\r\n'],
    ['with CR LF in pieces of 1 byte', { 'x-mock-crlf': '1', 'x-mock-split': '1' }, '\r\n'],
    ['compressed, with CR LF, in pieces of 7 bytes', { 'x-mock-encoding': 'gzip', 'x-mock-crlf': '1', 'x-mock-split': '7' }, '\r\n'],
  ] as const) {
    it(`streams ${what} and is charged exactly`, async () => {
      const user = `stream; ${what.replaceAll(',', ';')}`
      const answer = await client.post(chatPath, stream, { 'x-user-id': user, ...tokens, ...headers })
      const expected = await straight(stream, tokens)
      assertSameBytes(neutral(answer.body), expected.replaceAll('\n', lineEnd))
      assert.deepEqual([answer.headers['content-encoding'], answer.headers['x-ai-provider']], [undefined, 'mock'])
      const unasked = await client.post(chatPath, { ...chat, stream: true }, { 'x-user-id': 'somebody', ...tokens, ...headers })
      assertSameBytes(neutral(unasked.body), withoutUsage(expected).replaceAll('\n', lineEnd))
      const line = await lineOf(user)
      assert.deepEqual([line['total_tokens'], line['estimated'], line['outcome']], [100, false, 'answered'])
    })
  }

  it('may have a line of 10 MB in a stream', async () => {
    const usage = '"usage":{"prompt_tokens":7,"completion_tokens":8,"total_tokens":15}'
    const long = `data: {"model":"m","choices":[{"index":0,"delta":{"content":"${'é'.repeat(5 * 1024 * 1024)}"}}]}\n\n`
    const body = `: hello\n\n${long}data: {"model":"m","choices":[],${usage}}\n\ndata: [DONE]\n\n`
    odd.behaviour = { status: 200, body, headers: { 'content-type': 'text/event-stream' } }
    const answer = await client.post(chatPath, { ...stream, model: 'odd' }, { 'x-user-id': 'long' })
    assertSameBytes(answer.body, body)
    const unasked = await client.post(chatPath, { ...chat, stream: true, model: 'odd' }, { 'x-user-id': 'long too' })
    assertSameBytes(unasked.body, `: hello\n\n${long}data: [DONE]\n\n`)
    for (const user of ['long', 'long too']) {
      const line = await lineOf(user)
      assert.deepEqual([line['total_tokens'], line['estimated']], [15, false])
    }
  })

  it('that breaks off in the middle of its JSON becomes an error in the client’s format, and is charged by estimate', async () => {
    const answer = await client.post(chatPath, chat, { 'x-user-id': 'half', 'x-mock-cut-after-chunks': '1' })
    assert.deepEqual([answer.status, answer.headers['content-type'], JSON.parse(answer.body).error.code], [502, 'application/json', 'provider_error'])
    // The provider has done its work and will bill it; how much was in the half that never came.
    const line = await lineOf('half')
    assert.deepEqual([line['outcome'], line['estimated']], ['aborted', true])
    assert.ok(Number(line['total_tokens']) > 0)
  })

  it('that breaks off in the middle of a stream breaks off for the client, and is charged by estimate', async () => {
    const headers = { 'x-user-id': 'cut', 'x-mock-chunks': '10', 'x-mock-cut-after-chunks': '5', 'x-mock-chunk-delay-ms': '5' }
    const { received, complete } = await postUntilEnd(stream, headers)
    assert.equal(complete, false)
    const events = received.match(/"content":"[^"]/g)?.length ?? 0
    assert.ok(events >= 1 && events <= 5, received)
    const line = await lineOf('cut')
    assert.deepEqual([line['outcome'], line['estimated']], ['aborted', true])
    assert.ok(Number(line['output_tokens']) >= events)
  })

  it('that never comes is charged by estimate when the client leaves, and the provider is told', async () => {
    const before = mock.served().total.aborted.requests
    const leaving = new AbortController()
    const call = fetch(`${gateway.url}${chatPath}`, { method: 'POST', body: JSON.stringify(chat), headers: { 'x-user-id': 'patient', 'x-mock-hang': '1' }, signal: leaving.signal })
    await until('the provider has the request', () => mock.requests().some((seen) => seen.headers['x-mock-hang'] === '1'))
    leaving.abort()
    await assert.rejects(call, { name: 'AbortError' })
    const line = await lineOf('patient')
    assert.deepEqual([line['outcome'], line['estimated'], line['attempts']], ['aborted', true, 0])
    assert.ok(Number(line['total_tokens']) > 0)
    await until('the provider’s connection is closed', () => mock.served().total.aborted.requests > before)
    assert.equal((await client.post(chatPath, chat, { 'x-user-id': 'next' })).status, 200)
  })

  /** Reads until the connection ends, however it ends. */
  function postUntilEnd(body: object, headers: Readonly<Record<string, string>>): Promise<{ received: string; complete: boolean }> {
    return new Promise((resolve, reject) => {
      const call = request(`${gateway.url}${chatPath}`, { method: 'POST', agent: false, headers }, (response) => {
        let received = ''
        response.setEncoding('utf8').on('data', (part: string) => (received += part))
        response.on('error', () => undefined)
        response.on('close', () => resolve({ received, complete: response.complete }))
      })
      call.on('error', reject)
      call.end(JSON.stringify(body))
    })
  }
})

/** Without what is new in every answer of the mock. */
function neutral(body: Answer['body']): string {
  return body.replace(/mock\d{8}/g, 'mockid').replace(/"created":\d+/g, '"created":0')
}

/** The stream as it is for a client that did not ask for usage: only the event that holds nothing else is gone. */
function withoutUsage(body: string): string {
  return body.replace(/data: \{[^\n]*"choices":\[\],[^\n]*\n\n/, '')
}

/** As assert.equal, but a failure shows where long texts differ instead of all of them. */
function assertSameBytes(actual: string, expected: string): void {
  let at = 0
  while (at < actual.length && actual[at] === expected[at]) at += 1
  assert.equal(actual.slice(at, at + 200), expected.slice(at, at + 200), `different from character ${at} on`)
  assert.equal(actual.length, expected.length)
}
