// Each condition of `fallback.on` on real Envoys: what it names moves on to the next provider, and nothing else does. And what the two
// timeouts of a try mean for answers that begin late, and for those that pause.

import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import type { FallbackPolicy } from '../../src/config/runtime-config.ts'
import { defaultFallback } from '../support/build-config.ts'
import { provider, model } from '../support/runtime-config.ts'
import { envoysUnderTest } from './support/envoy-binaries.ts'
import { startScriptedGateway, type ScriptedGateway } from './support/scripted-gateway.ts'
import { type Behaviour, closedPort, startUpstream, type Upstream } from './support/upstream.ts'

const nothing: FallbackPolicy = { ...defaultFallback, statuses: [], serverErrors: false, connectFailure: false, noHost: false, reset: false }
const ways = ['400', '408', '429', '500', '503', '529', 'reset', 'refused'] as const
type Way = (typeof ways)[number]

const policies: Readonly<Record<string, { readonly policy: FallbackPolicy; readonly movesOn: readonly Way[] }>> = {
  nothing: { policy: nothing, movesOn: [] },
  429: { policy: { ...nothing, statuses: [429] }, movesOn: ['429'] },
  '408 and 529': { policy: { ...nothing, statuses: [408, 529] }, movesOn: ['408', '529'] },
  '5xx': { policy: { ...nothing, serverErrors: true }, movesOn: ['500', '503', '529'] },
  connect_failure: { policy: { ...nothing, connectFailure: true }, movesOn: ['refused'] },
  reset: { policy: { ...nothing, connectFailure: true, reset: true }, movesOn: ['reset', 'refused'] },
  'the default': { policy: defaultFallback, movesOn: ['408', '429', '500', '503', '529', 'reset', 'refused'] },
}
const timeouts: Readonly<Record<string, FallbackPolicy>> = {
  'per try': { ...defaultFallback, perTryTimeoutMs: 300 },
  idle: { ...defaultFallback, perTryIdleTimeoutMs: 300 },
  'per try, alone': { ...defaultFallback, serverErrors: false, reset: false, perTryTimeoutMs: 300 },
}
const chat = { status: 200, body: '{"from":"one"}' }

for (const { version, skip } of envoysUnderTest()) {
  describe(`Envoy ${version}: conditions`, { skip }, () => {
    let gateway: ScriptedGateway
    let first: Upstream
    let second: Upstream

    before(async () => {
      first = await startUpstream()
      second = await startUpstream({ status: 200, body: '{"from":"two"}' })
      const one = provider('one', { port: first.port })
      const two = provider('two', { port: second.port })
      const refused = provider('refused', { port: await closedPort() })
      const own = [...Object.entries(policies).map(([name, { policy }]) => [name, policy] as const), ...Object.entries(timeouts)]
      const models = own.map(([name, fallback]) => ({ ...model(name, [one, two]), fallback }))
      gateway = await startScriptedGateway({ version, models: [...models, model('other', [refused, two])] })
    })
    beforeEach(() => {
      first.behaviour = chat
      first.seen.length = 0
      second.seen.length = 0
    })
    after(async () => {
      await gateway.close()
      await first.close()
      await second.close()
    })

    const ask = (name: string, chain: readonly string[] = ['one', 'two']) => gateway.ask(chain, { 'x-ai-eg-model': name })

    async function movesOn(name: string, way: Way): Promise<boolean> {
      if (way !== 'refused') first.behaviour = way === 'reset' ? 'reset' : { status: Number(way) }
      return (await ask(name, way === 'refused' ? ['refused', 'two'] : ['one', 'two'])).body === '{"from":"two"}'
    }

    for (const [name, expected] of Object.entries(policies)) {
      test(`on ${name}: moves on after ${expected.movesOn.join(', ') || 'nothing'}, and after nothing else`, async () => {
        const moved: Way[] = []
        for (const way of ways) if (await movesOn(name, way)) moved.push(way)
        assert.deepEqual(moved, expected.movesOn)
      })
    }

    for (const name of ['per try', 'idle']) {
      test(`timeout ${name}: moves on when nothing comes`, async () => {
        first.behaviour = 'silent'
        assert.equal((await ask(name)).body, '{"from":"two"}')
        assert.equal(first.seen.length, 1)
      })
    }

    test('timeout per try: answers 504 when nothing comes and resets do not move on', async () => {
      first.behaviour = 'silent'
      const { status } = await ask('per try, alone')
      assert.deepEqual([status, second.seen.length], [504, 0])
      assert.equal(gateway.services.answers.at(-1)?.['response.code_details'], 'upstream_per_try_timeout')
    })

    const pausing: Behaviour = { ...chat, bodyAfterMs: 700 }
    test('timeout per try: counts until the headers only, so that a long answer passes whole', async () => {
      first.behaviour = pausing
      assert.equal((await ask('per try')).body, '{"from":"one"}')
    })

    test('timeout idle: counts within the answer too, which is cut then', async () => {
      first.behaviour = pausing
      const { status } = await ask('idle')
      assert.deepEqual([status, second.seen.length], [504, 0])
    })
  })
}
