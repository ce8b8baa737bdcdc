// The wire behaviour of the mock, and that its books are exact: other tests judge a gateway by them.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { after, before, beforeEach, describe, it } from 'node:test'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { startMockProvider } from './mock-provider.ts'
import type { MockProvider } from './mock-provider.ts'

const chat = { model: 'gpt-4o', messages: [{ role: 'user', content: 'Hello there' }] }
const streamed = { ...chat, stream: true, stream_options: { include_usage: true } }

describe('the mock on the wire', () => {
  let mock: MockProvider
  before(async () => {
    mock = await startMockProvider({ api: 'openai', address: '127.0.0.1:0' })
  })
  after(() => mock.close())
  beforeEach(() => {
    mock.reset()
  })

  function open(body: unknown, headers: Readonly<Record<string, string>> = {}, path = '/v1/chat/completions'): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const call = request(`${mock.url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers } }, resolve)
      call.once('error', reject)
      call.end(JSON.stringify(body))
    })
  }

  async function post(body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<{ status: number; bytes: Buffer; writes: number; isWhole: boolean }> {
    const response = await open(body, headers)
    const chunks: Buffer[] = []
    response.on('data', (chunk: Buffer) => chunks.push(chunk))
    // A broken connection ends the answer with an error, which is what some tests want to see.
    const closed = new Promise((resolve) => response.once('error', () => undefined).once('close', resolve))
    await closed
    return { status: response.statusCode ?? 0, bytes: Buffer.concat(chunks), writes: chunks.length, isWhole: response.complete }
  }

  // Books are closed in the `close` event of the answer, a turn of the event loop after the client has it.
  async function abortedOnce(): Promise<ReturnType<MockProvider['served']>['total']> {
    while (mock.served().total.aborted.requests === 0) await new Promise((resolve) => setImmediate(resolve))
    return mock.served().total
  }

  it('counts what it served, cached and reasoning tokens included', async () => {
    const headers = { 'x-mock-input-tokens': '100', 'x-mock-cached-tokens': '60', 'x-mock-output-tokens': '50', 'x-mock-reasoning-tokens': '20' }
    const answer: unknown = JSON.parse((await post(chat, headers)).bytes.toString())
    assert.deepEqual(Reflect.get(Object(answer), 'usage'), {
      prompt_tokens: 100,
      completion_tokens: 50,
      total_tokens: 150,
      prompt_tokens_details: { cached_tokens: 60, audio_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 20, audio_tokens: 0, accepted_prediction_tokens: 0, rejected_prediction_tokens: 0 },
    })
    await post(streamed, headers)
    const { models } = mock.served()
    assert.deepEqual(models, {
      'gpt-4o': {
        requests: 2,
        withoutUsage: 0,
        inputTokens: 200,
        cachedInputTokens: 120,
        cacheCreationInputTokens: 0,
        outputTokens: 100,
        reasoningTokens: 40,
        errors: 0,
        aborted: { requests: 0, inputTokens: 0, outputTokens: 0 },
      },
    })
  })

  it('streams usage only when it is asked for', async () => {
    const asked = (await post(streamed)).bytes.toString()
    const unasked = (await post({ ...chat, stream: true })).bytes.toString()
    assert.match(asked, /"choices":\[\],"usage":\{"prompt_tokens"/)
    assert.doesNotMatch(unasked, /"usage"/)
    assert.equal(mock.served().total.withoutUsage, 1)
  })

  it('tells the usage so far in every chunk when told to', async () => {
    const text = (await post({ ...chat, stream: true }, { 'x-mock-usage-in-every-chunk': '1', 'x-mock-chunks': '2', 'x-mock-output-tokens': '10' })).bytes.toString()
    assert.deepEqual([...text.matchAll(/"completion_tokens":(\d+)/g)].map((match) => match[1]), ['0', '5', '10', '10'])
  })

  it('tells no usage, or a lie, when told to', async () => {
    assert.doesNotMatch((await post(chat, { 'x-mock-no-usage': '1' })).bytes.toString(), /usage/)
    assert.match((await post(chat, { 'x-mock-usage': '{"prompt_tokens":-1}' })).bytes.toString(), /"usage":\{"prompt_tokens":-1\}/)
  })

  for (const [encoding, decode] of [['gzip', gunzipSync], ['br', brotliDecompressSync]] as const) {
    it(`compresses with ${encoding}, whole and streamed`, async () => {
      assert.match(decode((await post(chat, { 'x-mock-encoding': encoding })).bytes).toString(), /^\{"id":"chatcmpl-/)
      assert.match(decode((await post(streamed, { 'x-mock-encoding': encoding })).bytes).toString(), /data: \[DONE\]\n\n$/)
    })
  }

  it('ends lines in CR LF and writes in small pieces when told to', async () => {
    const answer = await post(streamed, { 'x-mock-crlf': '1', 'x-mock-split': '50' })
    assert.match(answer.bytes.toString(), /data: \[DONE\]\r\n\r\n$/)
    assert.ok(answer.writes > 5, `${answer.writes} reads`)
  })

  it('refuses a body that OpenAI refuses, in its words, unless told to take any', async () => {
    const odd = { ...chat, top_k: 3 }
    const refused = await post(odd)
    const body: unknown = JSON.parse(refused.bytes.toString())
    assert.deepEqual([refused.status, body], [400, { error: { message: 'Unrecognized request argument supplied: top_k', type: 'invalid_request_error', param: null, code: null } }])
    assert.equal((await post(odd, { 'x-mock-any-body': '1' })).status, 200)
  })

  it('breaks a stream off after so many chunks, and counts it apart', async () => {
    const answer = await post(streamed, { 'x-mock-cut-after-chunks': '3', 'x-mock-chunks': '10', 'x-mock-output-tokens': '100', 'x-mock-input-tokens': '7' })
    assert.equal(answer.isWhole, false)
    assert.equal(answer.bytes.toString().match(/"delta":\{"content":"[^"]/g)?.length, 3)
    const total = await abortedOnce()
    assert.deepEqual([total.requests, total.outputTokens, total.aborted], [0, 0, { requests: 1, inputTokens: 7, outputTokens: 30 }])
  })

  it('breaks a JSON answer off half way, or before its first byte', async () => {
    const half = await post(chat, { 'x-mock-cut-after-chunks': '1' })
    assert.equal(half.isWhole, false)
    assert.ok(half.bytes.length > 0)
    await assert.rejects(open(chat, { 'x-mock-cut-after-chunks': '0' }), /socket hang up/)
  })

  it('counts a client that leaves in the middle', async () => {
    const response = await open(streamed, { 'x-mock-chunks': '10', 'x-mock-output-tokens': '100', 'x-mock-chunk-delay-ms': '10000' })
    await once(response, 'data')
    response.destroy()
    const total = await abortedOnce()
    assert.deepEqual([total.requests, total.aborted.requests, total.aborted.outputTokens], [0, 1, 10])
  })

  it('hangs until the client leaves', async () => {
    const call = request(`${mock.url}/v1/chat/completions`, { method: 'POST', headers: { 'x-mock-hang': '1' } })
    call.once('error', () => undefined)
    call.end(JSON.stringify(chat))
    while (mock.requests().length === 0) await new Promise((resolve) => setImmediate(resolve))
    call.destroy()
    assert.equal((await abortedOnce()).aborted.outputTokens, 0)
  })

  it('fails with the status it is told, and counts the failure', async () => {
    const answer = await post(chat, { 'x-mock-status': '429' })
    assert.equal(answer.status, 429)
    assert.match(answer.bytes.toString(), /"code":"rate_limit_exceeded"/)
    assert.deepEqual([mock.served().total.requests, mock.served().total.errors], [0, 1])
  })

  it('fails the first requests of a key only', async () => {
    const statuses: number[] = []
    for (let count = 0; count < 4; count += 1) statuses.push((await post(chat, { 'x-mock-fail-first': '2', 'x-mock-key': 'a', 'x-mock-status': '500' })).status)
    statuses.push((await post(chat, { 'x-mock-fail-first': '1', 'x-mock-key': 'b' })).status)
    assert.deepEqual(statuses, [500, 500, 200, 200, 503])
  })

  it('fails a share of all requests, evenly', async () => {
    mock.setFailure({ status: 503, share: 0.25 })
    const statuses: number[] = []
    for (let count = 0; count < 8; count += 1) statuses.push((await post(chat)).status)
    assert.deepEqual(statuses, [200, 200, 200, 503, 200, 200, 200, 503])
    assert.throws(() => mock.setFailure({ status: 200, share: 1 }), RangeError)
  })

  it('refuses what the real API refuses', async () => {
    assert.equal((await post({ messages: [] })).status, 400)
    assert.equal((await open(chat, {}, '/v1/unknown')).resume().statusCode, 404)
    assert.equal((await post(chat, { 'x-mock-chunks': 'x' })).status, 400)
  })

  it('is controlled and read over http as well', async () => {
    const admin = async (method: string, path: string, body?: string): Promise<unknown> =>
      (await fetch(`${mock.url}${path}`, { method, ...(body === undefined ? {} : { body }) })).json()
    await admin('POST', '/mock/failure', '{"status": 500}')
    assert.equal((await post(chat, { authorization: 'Bearer secret' })).status, 500)
    await admin('POST', '/mock/failure', '{}')
    assert.equal((await post(chat)).status, 200)
    assert.deepEqual(await admin('GET', '/mock/served'), mock.served())
    const recorded = mock.requests()
    assert.deepEqual(await admin('GET', '/mock/requests'), recorded)
    assert.equal(recorded[0]?.headers['authorization'], 'Bearer secret')
    assert.equal(recorded[0]?.body, JSON.stringify(chat))
    await admin('POST', '/mock/reset')
    assert.deepEqual([mock.requests().length, mock.served().total.requests], [0, 0])
  })

  it('remembers the last requests only', async () => {
    const small = await startMockProvider({ api: 'openai', address: '127.0.0.1:0', keepRequests: 2 })
    for (const model of ['a', 'b', 'c']) await fetch(`${small.url}/v1/chat/completions`, { method: 'POST', body: JSON.stringify({ ...chat, model }) })
    assert.deepEqual(small.requests().map((recorded) => /"model":"(\w)"/.exec(recorded.body)?.[1]), ['b', 'c'])
    await small.close()
  })
})
