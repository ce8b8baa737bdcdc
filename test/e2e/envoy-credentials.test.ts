// Who is shown which key. Envoy keeps one header map per request, so without care the second provider gets the first one's key;
// these tests look at what the providers really received.

import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { fromEnvironment, model, provider } from '../support/runtime-config.ts'
import { envoysUnderTest } from './support/envoy-binaries.ts'
import { startScriptedGateway, type ScriptedGateway } from './support/scripted-gateway.ts'
import { startUpstream, type Upstream } from './support/upstream.ts'

const environment = { TEST_KEY_ONE: 'key-of-one', TEST_KEY_TWO: 'key-of-two', TEST_KEY_ALONE: 'key-of-alone' }

for (const { version, skip } of envoysUnderTest()) {
  describe(`Envoy ${version}: credentials`, { skip }, () => {
    let gateway: ScriptedGateway
    let upstreams: Record<'one' | 'two' | 'open' | 'alone', Upstream>

    before(async () => {
      upstreams = { one: await startUpstream(), two: await startUpstream(), open: await startUpstream(), alone: await startUpstream() }
      const one = provider('one', { port: upstreams.one.port, credential: fromEnvironment('TEST_KEY_ONE'), headers: new Map([['x-tenant', '100%']]) })
      const two = provider('two', { port: upstreams.two.port, api: 'anthropic', credential: fromEnvironment('TEST_KEY_TWO') })
      const open = provider('open', { port: upstreams.open.port })
      const alone = provider('alone', { port: upstreams.alone.port, api: 'anthropic', credential: fromEnvironment('TEST_KEY_ALONE') })
      gateway = await startScriptedGateway({ version, models: [model('m', [one, two, open]), model('a', [alone])], environment })
      // No API serves all three as they are, so where a chain is a cluster there is only the one whose requests may be converted.
      gateway.services.script.stage = version === '1.40' ? 'plain' : 'convert'
      gateway.services.script.attempt = (name) => attemptHeaders[name] ?? {}
    })
    beforeEach(() => {
      gateway.services.attempts.length = 0
      for (const upstream of Object.values(upstreams)) {
        upstream.seen.length = 0
        upstream.behaviour = { status: 200 }
      }
    })
    after(async () => {
      await gateway.close()
      for (const upstream of Object.values(upstreams)) await upstream.close()
    })

    test('the first provider gets its own key and headers', async () => {
      await gateway.ask(['one', 'two', 'open'])
      assert.equal(upstreams.one.seen[0]?.headers['authorization'], 'Bearer key-of-one')
      assert.equal(upstreams.one.seen[0]?.headers['x-tenant'], '100%')
    })

    test('after a fallback the second provider gets its own key and nothing of the first', async () => {
      upstreams.one.behaviour = { status: 429 }
      assert.equal((await gateway.ask(['one', 'two', 'open'])).status, 200)
      const { headers } = upstreams.two.seen[0] ?? assert.fail('the second provider was not asked')
      assert.equal(headers['x-api-key'], 'key-of-two')
      assert.equal(headers['anthropic-version'], '2023-06-01')
      assert.deepEqual([headers['authorization'], headers['x-tenant']], [undefined, undefined])
    })

    test('a provider without a key gets none, after two others had theirs', async () => {
      upstreams.one.behaviour = { status: 500 }
      upstreams.two.behaviour = 'reset'
      assert.equal((await gateway.ask(['one', 'two', 'open'])).status, 200)
      const { headers } = upstreams.open.seen[0] ?? assert.fail('the third provider was not asked')
      assert.deepEqual([headers['authorization'], headers['x-api-key'], headers['x-tenant']], [undefined, undefined, undefined])
    })

    test('a provider with a chain of its own needs no attempt stage', async () => {
      await gateway.ask(['alone'], { authorization: 'Bearer of-the-client' })
      assert.equal(upstreams.alone.seen[0]?.headers['x-api-key'], 'key-of-alone')
      assert.equal(upstreams.alone.seen[0]?.headers['authorization'], undefined)
      assert.equal(upstreams.alone.seen[0]?.headers['anthropic-version'], '2023-06-01')
      assert.deepEqual(gateway.services.attempts, [])
    })

    test('the client’s own version header is kept', async () => {
      await gateway.ask(['alone'], { 'anthropic-version': '2024-01-01' })
      assert.equal(upstreams.alone.seen[0]?.headers['anthropic-version'], '2024-01-01')
    })

    test('no key is written to the log', async () => {
      await gateway.ask(['alone'])
      for (const key of Object.values(environment)) assert.ok(!gateway.envoy.log().includes(key))
    })
  })
}

// What Tollgate's attempt stage does where Envoy's own filters cannot: up to 1.39 the providers of a chain share their filters.
const attemptHeaders: Record<string, { set?: Record<string, string>; remove: string[] }> = {
  one: { set: { authorization: 'Bearer key-of-one', 'x-tenant': '100%' }, remove: ['x-api-key'] },
  two: { set: { 'x-api-key': 'key-of-two', 'anthropic-version': '2023-06-01' }, remove: ['authorization', 'x-tenant'] },
  open: { remove: ['authorization', 'x-api-key', 'x-tenant'] },
}
