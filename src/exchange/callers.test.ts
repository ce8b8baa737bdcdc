// What an exchange makes of its caller: descriptor values, the models that are his, and nothing of it for a provider.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { buildConfig } from '../../test/support/build-config.ts'
import { headerSource, jwtSource, keySource } from '../../test/support/caller-sources.ts'
import { driveExchange } from '../../test/support/drive-exchange.ts'
import { hashApiKey } from '../callers/api-key.ts'
import type { KeyRecord } from '../callers/key-record.ts'
import { TollgateError } from '../core/errors.ts'
import type { Action } from './action.ts'

const key = `tg-0123456789-${'a'.repeat(40)}`
const record: KeyRecord = { id: '0123456789', hash: hashApiKey(key), attributes: new Map([['user', 'alice']]), models: ['gpt-4o-mini', 'claude*'], createdAtMs: 0, expiresAtMs: undefined, revokedAtMs: undefined }
const callerKeys = { find: async () => record }
const config = buildConfig({ callers: [keySource, headerSource], routes: [{ headers: new Map([['priority', 'high']]), clientModel: 'gpt-4o' }], defaultModel: 'gpt-4o' })
const body = { model: 'gpt-4o-mini', messages: [] }
const headers = { authorization: `Bearer ${key}`, 'x-user-id': 'mallory' }

function reply(action: Action): { readonly status: number; readonly body: string } {
  assert.equal(action.kind, 'reply')
  return { status: action.status, body: action.body.toString() }
}

describe('the caller of an exchange', () => {
  it('is in the descriptor values and the summary, and no header of his goes on', async () => {
    const driven = driveExchange({ config, callerKeys })
    const action = await driven.request({ body, headers })
    assert.equal(action.kind, 'pass')
    assert.deepEqual([driven.costs()['user'], driven.costs()['key_id']], ['alice', '0123456789'])
    for (const name of ['authorization', 'x-user-id']) assert.ok(action.headers?.remove?.includes(name), name)
    driven.exchange.closed()
    assert.deepEqual(driven.summaries[0]?.callerAttributes, new Map([['user', 'alice'], ['key_id', '0123456789']]))
  })

  it('has no header go on that he sent twice, and each is taken out once', async () => {
    const driven = driveExchange({ config: buildConfig({ callers: [{ ...headerSource, attributes: new Map([['team', 'x-team-id']]) }] }) })
    const action = await driven.request({ body: { model: 'gpt-4o', messages: [] }, headers: { 'x-team-id': 'red' }, repeated: [['x-envoy-retry-on', 'a'], ['x-envoy-retry-on', 'b'], ['cookie', 'c'], ['cookie', 'd']] })
    assert.equal(action.kind, 'pass')
    assert.deepEqual(action.headers?.remove?.toSorted(), ['cookie', 'x-envoy-retry-on', 'x-team-id'])
  })

  it('may use the models that are his, however one is chosen', async () => {
    for (const request of [{ body: { ...body, model: 'gpt-4o' } }, { body: { messages: [] } }, { body, priority: 'high' }, { body: { messages: [] }, 'x-ai-eg-model': 'gpt-4o' }]) {
      const { body: sent, ...further } = request
      const refused = reply(await driveExchange({ config, callerKeys }).request({ body: sent, headers: { ...headers, ...further } }))
      assert.equal(refused.status, 403)
      assert.match(refused.body, /"message":"You may not use the model \\"gpt-4o\\"\..*"code":"model_not_allowed"/)
    }
    const unknown = reply(await driveExchange({ config, callerKeys }).request({ body: { ...body, model: 'nope' }, headers }))
    assert.match(unknown.body, /Known models: gpt-4o-mini, claude-sonnet-4-5\./)
  })

  it('sees the models that are his', async () => {
    const list = reply(await driveExchange({ config, callerKeys }).request({ method: 'GET', path: '/v1/models', headers }))
    assert.deepEqual([...list.body.matchAll(/"id":"([^"]+)"/g)].map((match) => match[1]), ['gpt-4o-mini', 'claude-sonnet-4-5'])
    assert.equal(reply(await driveExchange({ config, callerKeys }).request({ method: 'GET', path: '/v1/models/gpt-4o', headers })).status, 403)
  })

  it('is read from what Envoy has verified', async () => {
    const context = { attributes: new Map<string, string>(), metadata: (name: string) => (name === 'envoy.filters.http.jwt_authn' ? { [jwtSource.issuer]: { iss: jwtSource.issuer, sub: 'dora' } } : undefined) }
    const driven = driveExchange({ config: buildConfig({ callers: [jwtSource] }) })
    assert.equal((await driven.request({ body, headers: { authorization: 'Bearer eyJ.eyJ.x' }, context })).kind, 'pass')
    assert.equal(driven.costs()['user'], 'dora')
  })

  it('who cannot be found out about is refused in the format of the client, and counted as refused', async () => {
    const away = { find: () => Promise.reject(new TollgateError('callers_unavailable', 'API keys cannot be checked at the moment.')) }
    const driven = driveExchange({ config, callerKeys: away })
    const refused = reply(await driven.request({ path: '/v1/messages', body, headers: { 'x-api-key': key } }))
    assert.deepEqual(refused, { status: 503, body: '{"type":"error","error":{"type":"api_error","message":"API keys cannot be checked at the moment."}}' })
    assert.deepEqual([driven.summaries[0]?.outcome, driven.summaries[0]?.reason], ['refused', 'callers_unavailable'])
  })
})
