import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { buildConfig } from '../../test/support/build-config.ts'
import { driveExchange } from '../../test/support/drive-exchange.ts'
import type { Action } from './action.ts'

const ask = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'hello' }] }
const answer = { choices: [], usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } }

function idIn(action: Action): string | undefined {
  const headers = action.kind === 'reply' ? action.headers : (action.headers?.set ?? {})
  return headers['x-tollgate-exchange-id']
}

describe('the id of an exchange', () => {
  async function driven(options: Parameters<typeof driveExchange>[0] = {}) {
    const exchange = driveExchange({ id: 'the-id', ...options })
    await exchange.request({ body: ask })
    return exchange
  }

  it('is on answers of providers, of whatever kind', async () => {
    const json = await driven()
    await json.answer()
    assert.equal(idIn(await json.body(answer)), 'the-id')
    assert.equal(idIn(await (await driven()).answer({ headers: { 'content-type': 'text/event-stream' } })), 'the-id')
    assert.equal(idIn(await (await driven()).answer({ headers: { 'content-type': 'audio/mpeg' } })), 'the-id')
    assert.equal(idIn(await (await driven()).answer({ status: 500 })), 'the-id')
  })

  it('is on answers of Envoy and of the attempt stage', async () => {
    assert.equal(idIn(await (await driven()).answer({ status: 503, codeDetails: 'no_healthy_upstream', endOfStream: true })), 'the-id')
    const withBody = await driven()
    await withBody.answer({ status: 413, codeDetails: 'request_payload_too_large' })
    assert.equal(idIn(await withBody.body('too large')), 'the-id')
    assert.equal(idIn(await (await driven()).answer({ status: 422, codeDetails: 'tollgate_attempt_unsupported_parameter' })), 'the-id')
  })

  it('is on what is answered here', async () => {
    const exchange = driveExchange({ id: 'the-id', config: buildConfig() })
    assert.equal(idIn(await exchange.request({ path: '/nowhere', body: ask })), 'the-id')
    assert.equal(idIn(await driveExchange({ id: 'the-id' }).request({ method: 'GET', path: '/v1/models' })), 'the-id')
    assert.equal(idIn(await driveExchange({ id: 'the-id' }).request({ body: '{' })), 'the-id')
  })
})
