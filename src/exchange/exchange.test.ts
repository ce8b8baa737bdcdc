import assert from 'node:assert/strict'
import { gzipSync } from 'node:zlib'
import { describe, it } from 'node:test'
import { buildConfig, buildCost, buildModel, buildProvider } from '../../test/support/build-config.ts'
import { driveExchange } from '../../test/support/drive-exchange.ts'
import type { Action } from './action.ts'

const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 }
const completion = { id: 'c', object: 'chat.completion', model: 'gpt-4o-2024', choices: [{ index: 0, message: { role: 'assistant', content: 'hi' } }], usage }
const ask = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'hello' }] }

function reply(action: Action) {
  assert.equal(action.kind, 'reply')
  return { ...action, json: JSON.parse((action as Extract<Action, { kind: 'reply' }>).body.toString()) }
}
function pass(action: Action): Extract<Action, { kind: 'pass' }> {
  assert.equal(action.kind, 'pass')
  return action as Extract<Action, { kind: 'pass' }>
}

describe('the request', () => {
  it('goes to the chain of its model, with an estimate written first', async () => {
    const driven = driveExchange()
    const action = pass(await driven.request({ body: { ...ask, model: 'gpt-4o', max_tokens: 40 } }))
    assert.equal(action.reroute, true)
    assert.deepEqual(action.headers?.set, { 'x-ai-eg-model': 'gpt-4o', 'x-tollgate-chain': 'openai+backup', 'x-envoy-max-retries': '1', 'accept-encoding': 'identity' })
    assert.equal(action.body, undefined)
    assert.deepEqual(driven.metadata['tollgate.route']?.['priority_groups'], [{ name: 'openai' }, { name: 'backup' }])
    assert.deepEqual(driven.metadata['tollgate.route']?.['steps'], [
      { provider: 'openai', model: 'gpt-4o' },
      { provider: 'backup', model: 'gpt-4o' },
    ])
    assert.equal(driven.costs()['model'], 'gpt-4o')
    assert.equal(driven.costs()['exchange_id'], 'exchange-1')
    assert.ok(Number(driven.costs()['llm_total_token']) > 40)
  })

  it('loses the credentials, cookies and steering headers of the client', async () => {
    const headers = { authorization: 'Bearer client', 'x-api-key': 'k', cookie: 'a=b', 'x-envoy-retry-on': '5xx', 'x-tollgate-chain': 'evil', 'x-ai-eg-other': 'x', 'x-kept': '1' }
    const action = pass(await driveExchange().request({ body: ask, headers }))
    assert.deepEqual(action.headers?.remove?.toSorted(), ['authorization', 'cookie', 'x-ai-eg-other', 'x-api-key', 'x-envoy-retry-on'])
    assert.equal(action.headers?.set?.['x-tollgate-chain'], 'openai')
  })

  it('tells the provider that it is JSON when it said something else', async () => {
    const otherCharsets = ['application/json; charset=utf-7', 'application/json; charset=utf-8; charset=utf-7', 'application/json; x=y']
    for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'application/jsonp', '', ...otherCharsets]) {
      assert.equal(pass(await driveExchange().request({ body: ask, headers: { 'content-type': type } })).headers?.set?.['content-type'], 'application/json')
    }
    for (const type of ['application/json', 'Application/JSON ; charset=utf-8', 'application/vnd.x+json']) {
      assert.equal(pass(await driveExchange().request({ body: ask, headers: { 'content-type': type } })).headers?.set?.['content-type'], undefined)
    }
  })

  it('is refused when it says that its body is compressed', async () => {
    for (const encoding of ['gzip', 'br', 'identity, gzip', 'utf-7']) {
      const refusal = reply(await driveExchange().request({ body: ask, headers: { 'content-encoding': encoding } }))
      assert.deepEqual([refusal.status, refusal.json.error.code], [400, 'unsupported_request'])
    }
    pass(await driveExchange().request({ body: ask, headers: { 'content-encoding': 'Identity' } }))
  })

  it('takes the model from the header when the body names none, and writes it into the body', async () => {
    const action = pass(await driveExchange().request({ body: { messages: [] }, headers: { 'x-ai-eg-model': 'gpt-4o-mini' } }))
    assert.equal(JSON.parse(action.body?.toString() ?? '').model, 'gpt-4o-mini')
    assert.equal(action.headers?.set?.['content-length'], String(action.body?.length))
  })

  it('overwrites a model header that says something else than the body', async () => {
    const action = pass(await driveExchange().request({ body: ask, headers: { 'x-ai-eg-model': 'gpt-4o' } }))
    assert.equal(action.headers?.set?.['x-ai-eg-model'], 'gpt-4o-mini')
  })

  it('falls back to the default model, and lets a route decide before the body', async () => {
    const config = buildConfig({ defaultModel: 'gpt-4o-mini', routes: [{ headers: new Map([['priority', 'high']]), clientModel: 'gpt-4o' }] })
    const byDefault = pass(await driveExchange({ config }).request({ body: { messages: [] } }))
    assert.equal(byDefault.headers?.set?.['x-ai-eg-model'], 'gpt-4o-mini')
    const routed = pass(await driveExchange({ config }).request({ body: ask, headers: { priority: 'high' } }))
    assert.equal(routed.headers?.set?.['x-ai-eg-model'], 'gpt-4o')
    assert.equal(JSON.parse(routed.body?.toString() ?? '').model, 'gpt-4o')
  })

  it('writes the upstream name of an alias into the body but limits and routes by the alias', async () => {
    const openai = buildProvider('openai')
    const config = buildConfig({ models: new Map([['fast', buildModel('fast', [openai, 'gpt-4o-mini'])]]) })
    const driven = driveExchange({ config })
    const action = pass(await driven.request({ body: { ...ask, model: 'fast' } }))
    assert.equal(JSON.parse(action.body?.toString() ?? '').model, 'gpt-4o-mini')
    assert.equal(driven.costs()['model'], 'fast')
  })

  it('leaves out a provider whose credential this process needs and does not have', async () => {
    const primary = buildProvider('primary')
    const backup = buildProvider('backup')
    const config = buildConfig({ models: new Map([['m', buildModel('m', [primary, 'one'], [backup, 'two'])]]) })
    const action = pass(await driveExchange({ config, credentials: { BACKUP_API_KEY: 'k' } }).request({ body: { ...ask, model: 'm' } }))
    assert.equal(action.headers?.set?.['x-tollgate-chain'], 'backup')
    const none = reply(await driveExchange({ config }).request({ body: { ...ask, model: 'm' } }))
    assert.equal(none.status, 503)
    assert.equal(none.json.error.code, 'no_provider_available')
  })

  const refusals: [string, Parameters<ReturnType<typeof driveExchange>['request']>[0], number, RegExp][] = [
    ['an unknown path', { path: '/v2/nothing?x=1', body: ask }, 404, /Unknown path \/v2\/nothing\. Known: \/v1\/chat\/completions/],
    ['a wrong method', { method: 'GET', body: ask }, 405, /takes POST, not GET/],
    ['an unknown model', { body: { ...ask, model: 'gpt-9' } }, 404, /"gpt-9" does not exist here\. Known models: gpt-4o, gpt-4o-mini, claude-sonnet-4-5/],
    ['no model at all', { body: { messages: [] } }, 400, /names none and this gateway has no default/],
    ['malformed JSON', { body: '{"model": "gpt-4o",\n "messages": [}' }, 400, /line 2/],
    ['an empty body', { body: '' }, 400, /./],
    ['a second spelling of the model', { body: '{"model":"gpt-4o-mini","model":"gpt-4o"}' }, 400, /model/],
    ['a call that no API of the model has', { path: '/v1/embeddings', body: { input: 'x', model: 'claude-sonnet-4-5' } }, 422, /anthropic API, which has no such call as \/v1\/embeddings/],
    ['a body announced as too large', { body: ask, headers: { 'content-length': '99999999999' } }, 413, /at most 52428800 are accepted/],
    ['a background response', { path: '/v1/responses', body: { model: 'gpt-4o', input: 'x', background: true } }, 400, /background/],
  ]
  for (const [what, parts, status, message] of refusals) {
    it(`is refused with ${status} for ${what}`, async () => {
      const driven = driveExchange()
      const refused = reply(await driven.request(parts))
      assert.equal(refused.status, status)
      assert.match(refused.json.error.message, message)
      assert.equal(driven.summaries[0]?.outcome, 'refused')
      assert.equal(driven.summaries[0]?.usage, undefined)
      assert.equal(driven.exchange.done, true)
    })
  }

  it('is told which method is allowed', async () => {
    const refused = reply(await driveExchange().request({ method: 'DELETE', path: '/v1/models' }))
    assert.deepEqual([refused.status, refused.headers['allow']], [405, 'GET'])
  })

  it('is refused in Anthropic’s shape on Anthropic’s path', async () => {
    const refused = reply(await driveExchange().request({ path: '/v1/messages', body: { model: 'nope' } }))
    assert.equal(refused.json.type, 'error')
    assert.equal(refused.json.error.type, 'not_found_error')
  })

  it('needs a caller when sources are configured, and refuses an ambiguous one', async () => {
    const config = buildConfig({ callers: [{ kind: 'headers', attributes: new Map([['user', 'x-user-id']]), models: undefined }] })
    const missing = reply(await driveExchange({ config }).request({ body: ask }))
    assert.equal(missing.status, 401)
    assert.match(missing.json.error.message, /x-user-id/)
    const list = reply(await driveExchange({ config }).request({ body: ask, headers: { 'x-user-id': 'alice, bob' } }))
    assert.equal(list.status, 400)
    const driven = driveExchange({ config })
    pass(await driven.request({ body: ask, headers: { 'x-user-id': ' alice ' } }))
    assert.equal(driven.costs()['user'], 'alice')
  })

  it('lists the models in the dialect of the client', async () => {
    const openai = reply(await driveExchange().request({ method: 'GET', path: '/v1/models' }))
    assert.deepEqual(openai.json.data.map((model: { id: string }) => model.id), ['gpt-4o', 'gpt-4o-mini', 'claude-sonnet-4-5'])
    const anthropic = reply(await driveExchange().request({ method: 'GET', path: '/v1/models', headers: { 'anthropic-version': '2023-06-01' } }))
    assert.equal(anthropic.json.first_id, 'gpt-4o')
    const one = reply(await driveExchange().request({ method: 'GET', path: '/v1/models/gpt-4o' }))
    assert.equal(one.json.id, 'gpt-4o')
    assert.equal(reply(await driveExchange().request({ method: 'GET', path: '/v1/models/gpt-9' })).status, 404)
  })
})

describe('a JSON answer', () => {
  it('says what it cost, who served it, and is charged exactly', async () => {
    const driven = driveExchange()
    await driven.request({ body: ask })
    assert.deepEqual(await driven.answer(), { kind: 'pass' })
    const action = pass(await driven.body(completion))
    assert.deepEqual(action.headers?.set, { 'x-tollgate-exchange-id': 'exchange-1', 'x-ai-provider': 'openai', 'x-tollgate-model': 'gpt-4o-mini', 'x-tollgate-attempts': '1', 'x-ai-gateway-tokens-used': '15', 'x-tollgate-cost-usd': '0.0000045' })
    assert.equal(action.body, undefined)
    assert.equal(driven.costs()['llm_total_token'], 15)
    const [summary] = driven.summaries
    assert.equal(summary?.outcome, 'answered')
    assert.deepEqual(summary?.usage?.flags, [])
    assert.equal(summary?.responseModel, 'gpt-4o-2024')
    assert.equal(driven.exchange.done, true)
  })

  it('is read and delivered unpacked when the provider compressed it anyway', async () => {
    const driven = driveExchange()
    await driven.request({ body: ask })
    await driven.answer({ headers: { 'content-encoding': 'gzip' } })
    const action = pass(await driven.body(gzipSync(JSON.stringify(completion))))
    assert.deepEqual(JSON.parse(action.body?.toString() ?? ''), completion)
    assert.deepEqual(action.headers?.remove, ['content-encoding'])
    assert.equal(action.headers?.set?.['content-length'], String(action.body?.length))
    assert.equal(driven.costs()['llm_total_token'], 15)
  })

  it('that cannot be unpacked becomes a 502 and stays charged by estimate', async () => {
    const driven = driveExchange()
    await driven.request({ body: ask })
    const estimate = driven.costs()['llm_total_token']
    await driven.answer({ headers: { 'content-encoding': 'gzip' } })
    const refused = reply(await driven.body(Buffer.from('not gzip at all')))
    assert.equal(refused.status, 502)
    assert.equal(driven.costs()['llm_total_token'], estimate)
    assert.equal(driven.summaries[0]?.outcome, 'provider_error')
  })

  it('without usage is charged by estimate, flagged, never zero', async () => {
    const driven = driveExchange()
    await driven.request({ body: ask })
    await driven.answer()
    await driven.body({ ...completion, usage: undefined })
    assert.ok(Number(driven.costs()['llm_total_token']) > 0)
    assert.deepEqual(driven.summaries[0]?.usage?.flags, ['estimated'])
  })

  it('of embeddings is exact without output tokens', async () => {
    const driven = driveExchange({ config: buildConfig({ costs: [buildCost('out', 'OutputToken'), buildCost('all', 'TotalToken')] }) })
    await driven.request({ path: '/v1/embeddings', body: { model: 'gpt-4o', input: 'x' } })
    await driven.answer()
    await driven.body({ object: 'list', data: [], model: 'e', usage: { prompt_tokens: 7, total_tokens: 7 } })
    assert.equal(driven.costs()['out'], 0)
    assert.equal(driven.costs()['all'], 7)
    assert.deepEqual(driven.summaries[0]?.usage?.flags, [])
  })

  it('is not harmed by a cost that fails: the estimate of that cost is charged', async () => {
    const costs = [buildCost('broken', 'CEL', 'output_tokens == 5u ? 10u / (output_tokens - 5u) : output_tokens')]
    const driven = driveExchange({ config: buildConfig({ costs }) })
    await driven.request({ body: { ...ask, max_tokens: 7 } })
    await driven.answer()
    const action = pass(await driven.body(completion))
    assert.equal(action.headers?.set?.['x-ai-gateway-tokens-used'], '15')
    assert.equal(driven.costs()['broken'], 7)
    assert.equal(driven.costFailures[0]?.cost, 'broken')
  })

  it('names the provider that won after a fallback', async () => {
    const driven = driveExchange()
    await driven.request({ body: { ...ask, model: 'gpt-4o' } })
    await driven.answer({ provider: 'backup', attempts: 2 })
    const action = pass(await driven.body(completion))
    assert.equal(action.headers?.set?.['x-ai-provider'], 'backup')
    assert.equal(driven.summaries[0]?.provider, 'backup')
    assert.equal(driven.summaries[0]?.attempts, 2)
  })

  it('that cannot be read, such as sound, passes and says its estimate', async () => {
    const driven = driveExchange()
    await driven.request({ path: '/v1/audio/speech', body: { model: 'gpt-4o', input: 'x'.repeat(400), voice: 'alloy' } })
    const action = pass(await driven.answer({ headers: { 'content-type': 'audio/mpeg' } }))
    assert.equal(action.delivery, 'none')
    assert.equal(action.headers?.set?.['x-ai-gateway-tokens-used'], String(driven.costs()['llm_total_token']))
    assert.ok(Number(driven.costs()['llm_total_token']) >= 100)
    assert.deepEqual(driven.summaries[0]?.usage?.flags, ['estimated'])
  })

  it('that is an error passes untouched and costs nothing', async () => {
    const driven = driveExchange()
    await driven.request({ body: ask })
    const action = pass(await driven.answer({ status: 429 }))
    assert.equal(action.delivery, 'none')
    assert.equal(driven.costs()['llm_total_token'], 0)
    assert.equal(driven.summaries[0]?.outcome, 'provider_error')
    assert.equal(driven.exchange.done, true)
  })
})

describe('a streamed answer', () => {
  const delta = (text: string) => `data: {"id":"c","object":"chat.completion.chunk","model":"m","choices":[{"index":0,"delta":{"content":"${text}"},"finish_reason":null}],"usage":null}\n\n`
  const usageEvent = `data: {"id":"c","object":"chat.completion.chunk","model":"m","choices":[],"usage":${JSON.stringify(usage)}}\n\n`
  const done = 'data: [DONE]\n\n'
  async function start(body: object = {}) {
    const driven = driveExchange()
    const requested = pass(await driven.request({ body: { ...ask, stream: true, ...body } }))
    const headers = pass(await driven.answer({ headers: { 'content-type': 'text/event-stream; charset=utf-8' } }))
    assert.equal(headers.delivery, 'streamed')
    assert.equal(headers.headers?.set?.['x-ai-provider'], 'openai')
    return { driven, requested }
  }

  it('is asked for its usage, which is taken out again', async () => {
    const { driven, requested } = await start()
    assert.deepEqual(JSON.parse(requested.body?.toString() ?? '').stream_options, { include_usage: true })
    const first = pass(await driven.body(delta('a'), false))
    assert.equal(first.body, undefined)
    const last = pass(await driven.body(usageEvent + done, false))
    assert.equal(last.body?.toString(), done)
    assert.equal(driven.costs()['llm_total_token'], 15)
    await driven.body('', true)
    assert.equal(driven.summaries[0]?.outcome, 'answered')
    assert.deepEqual(driven.summaries[0]?.usage?.flags, [])
  })

  it('keeps the usage that the client itself asked for', async () => {
    const { driven, requested } = await start({ stream_options: { include_usage: true } })
    assert.equal(requested.body, undefined)
    const action = pass(await driven.body(delta('a') + usageEvent + done, true))
    assert.equal(action.body, undefined)
  })

  it('charges what was seen when the client leaves before the usage, flagged', async () => {
    const { driven } = await start()
    for (let chunk = 0; chunk < 40; chunk++) {
      driven.advance(20)
      await driven.body(delta('word '), false)
    }
    driven.exchange.closed()
    const [summary] = driven.summaries
    assert.equal(summary?.outcome, 'aborted')
    assert.ok(summary?.usage?.flags.includes('estimated'))
    assert.ok((summary?.usage?.outputTokens ?? 0) >= 40)
    // Envoy charges the last metadata: at most 250 ms (13 chunks) older than what was seen.
    assert.ok(Number(driven.costs()['llm_total_token']) >= (summary?.usage?.totalTokens ?? 0) - 13 * 2)
  })

  it('is exact when the client leaves right after the terminal event', async () => {
    const { driven } = await start()
    await driven.body(delta('a') + usageEvent + done, false)
    driven.exchange.closed()
    assert.equal(driven.summaries[0]?.outcome, 'answered')
    assert.deepEqual(driven.summaries[0]?.usage?.flags, [])
  })

  it('writes an estimate with its first chunk and then at most every 250 ms', async () => {
    const { driven } = await start()
    const written: boolean[] = []
    for (let chunk = 0; chunk < 10; chunk++) {
      driven.advance(100)
      written.push(pass(await driven.body(delta('a'), false)).metadata !== undefined)
    }
    assert.deepEqual(written, [true, false, false, true, false, false, true, false, false, true])
  })

  it('is unpacked as it comes when it is compressed', async () => {
    const driven = driveExchange()
    await driven.request({ body: { ...ask, stream: true } })
    const headers = pass(await driven.answer({ headers: { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' } }))
    assert.ok(headers.headers?.remove?.includes('content-encoding'))
    const packed = gzipSync(delta('a') + delta('b') + usageEvent + done)
    const parts: Buffer[] = []
    for (let at = 0; at < packed.length; at += 20) {
      const action = pass(await driven.body(packed.subarray(at, at + 20), at + 20 >= packed.length))
      parts.push(action.body ?? Buffer.alloc(0))
    }
    assert.equal(Buffer.concat(parts).toString(), delta('a') + delta('b') + done)
    assert.equal(driven.costs()['llm_total_token'], 15)
  })
})

describe('a reply of Envoy itself', () => {
  it('is put into the client’s format and never metered', async () => {
    const driven = driveExchange()
    await driven.request({ body: ask })
    assert.deepEqual(await driven.answer({ status: 503, codeDetails: 'no_healthy_upstream', headers: { 'content-type': 'text/plain' } }), { kind: 'pass' })
    const action = pass(await driven.body('no healthy upstream'))
    assert.match(JSON.parse(action.body?.toString() ?? '').error.message, /No provider of this model could be reached/)
    assert.equal(action.headers?.set?.['content-type'], 'application/json')
    assert.equal(driven.costs()['llm_total_token'], 0)
    assert.equal(driven.summaries[0]?.outcome, 'envoy_error')
  })

  it('that comes without a body is given one', async () => {
    const driven = driveExchange()
    await driven.request({ body: ask })
    const action = await driven.answer({ status: 429, codeDetails: 'request_rate_limited', endOfStream: true })
    assert.equal(action.kind, 'fill')
    assert.equal(driven.summaries[0]?.outcome, 'limited')
  })

  it('that explains a limit keeps the explanation, in Anthropic’s shape for its clients', async () => {
    const driven = driveExchange()
    await driven.request({ path: '/v1/messages', body: { model: 'claude-sonnet-4-5', max_tokens: 5, messages: [] } })
    await driven.answer({ status: 429, codeDetails: 'request_rate_limited' })
    const action = pass(await driven.body({ error: { message: 'Rate limit reached for user=alice.' } }))
    const body = JSON.parse(action.body?.toString() ?? '')
    assert.deepEqual(body, { type: 'error', error: { type: 'rate_limit_error', message: 'Rate limit reached for user=alice.' } })
    assert.equal(driven.costs()['llm_total_token'], 0)
  })

  it('to a request that never reached us is still answered in a known shape', async () => {
    const driven = driveExchange()
    const action = await driven.answer({ status: 400, codeDetails: 'missing_host_header', endOfStream: true })
    assert.equal(action.kind, 'fill')
  })
})

describe('an exchange', () => {
  it('is reported exactly once, whatever ends it first', async () => {
    const driven = driveExchange()
    await driven.request({ body: ask })
    await driven.answer()
    await driven.body(completion)
    driven.exchange.closed()
    driven.exchange.closed()
    assert.equal(driven.summaries.length, 1)
  })

  it('whose client leaves before the provider answered stays charged by the estimate', async () => {
    const driven = driveExchange()
    await driven.request({ body: { ...ask, max_tokens: 20 } })
    driven.exchange.closed()
    assert.equal(driven.summaries[0]?.outcome, 'aborted')
    assert.ok(driven.summaries[0]?.usage?.flags.includes('estimated'))
    assert.ok(Number(driven.costs()['llm_total_token']) >= 20)
  })
})
