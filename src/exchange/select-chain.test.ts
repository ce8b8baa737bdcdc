import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { buildConfig, buildModel, buildProvider } from '../../test/support/build-config.ts'
import type { ModelConfig } from '../config/runtime-config.ts'
import type { TollgateError } from '../core/errors.ts'
import { Headers } from '../core/headers.ts'
import { formatForPath } from '../formats/index.ts'
import { isConverted } from '../providers/plan-chain.ts'
import { selectChain } from './select-chain.ts'

const [a, b, c] = [buildProvider('a'), buildProvider('b'), buildProvider('c')]
const claude = buildProvider('claude', { api: 'anthropic' })
const plain = buildModel('m', a, b, c)

interface Case {
  readonly model?: ModelConfig
  readonly providers?: string
  readonly caller?: Readonly<Record<string, string>>
  readonly path?: string
  /** Provider → remaining milliseconds. */
  readonly cooling?: Readonly<Record<string, number>>
  readonly keyless?: readonly string[]
  readonly random?: number
  readonly version?: '1.39' | '1.40'
}

function select({ model = plain, providers, caller = {}, path = '/v1/chat/completions', cooling = {}, keyless = [], random = 0, version = '1.39' }: Case) {
  const config = buildConfig({ models: new Map([['m', model]]) })
  const format = formatForPath(path)
  assert.ok(format !== undefined)
  return selectChain({
    config: { ...config, envoy: { ...config.envoy, version } },
    model,
    format,
    headers: Headers.from(providers === undefined ? {} : { 'x-tollgate-providers': providers }),
    caller: { attributes: new Map(Object.entries(caller)) },
    credentials: { usable: ({ name }) => !keyless.includes(name), authorize: () => ({}) },
    coolDowns: { find: (provider) => (cooling[provider] === undefined ? undefined : { provider, reason: '429', remainingMs: cooling[provider] }) },
    random: () => random,
  })
}
const names = (what: Case): string => select(what).steps.map((step) => step.provider.name).join(',')

describe('a chain', () => {
  it('is the configured one while all is well', () => {
    assert.deepEqual([names({}), select({}).leftOut], ['a,b,c', []])
  })

  it('passes over who has no credential, and says so when nobody has one', () => {
    assert.equal(names({ keyless: ['b'] }), 'a,c')
    assert.deepEqual(select({ keyless: ['b'] }).leftOut, ['b (no credential)'])
    assert.throws(() => select({ keyless: ['a', 'b', 'c'] }), { code: 'no_provider' })
  })
})

describe('who cools down', () => {
  it('is left out, with the reason for the log', () => {
    assert.equal(names({ cooling: { a: 12_001 } }), 'b,c')
    assert.deepEqual(select({ cooling: { a: 12_001, b: 100 } }).leftOut, ['a (429, 13 s)', 'b (429, 1 s)'])
  })

  it('is asked all the same when nobody else is left: first who is back first, then those behind', () => {
    assert.equal(names({ cooling: { a: 30_000, b: 10_000, c: 20_000 } }), 'b,c')
    assert.equal(names({ cooling: { a: 5_000, b: 10_000, c: 20_000 } }), 'a,b,c')
    assert.equal(names({ cooling: { a: 5_000, b: 10_000 }, keyless: ['c'] }), 'a,b')
    assert.deepEqual(select({ cooling: { a: 30_000, b: 10_000, c: 20_000 } }).leftOut, ['a (429, 30 s)'])
  })
})

describe('weights', () => {
  const weighted: ModelConfig = { ...plain, chain: plain.chain.map((step, index) => (index === 2 ? step : { ...step, weight: index === 0 ? 3 : 1 })) }

  it('draw who is first; the others follow as configured', () => {
    const drawn = [0, 0.74, 0.75, 0.999].map((random) => names({ model: weighted, random }))
    assert.deepEqual(drawn, ['a,b,c', 'a,b,c', 'b,a,c', 'b,a,c'])
  })

  it('are shares: a quarter of many draws', () => {
    const draws = Array.from({ length: 1000 }, (_, index) => names({ model: weighted, random: index / 1000 }))
    assert.equal(draws.filter((each) => each === 'b,a,c').length, 250)
  })

  it('count among those who can be asked', () => {
    assert.equal(names({ model: weighted, cooling: { a: 1_000 }, random: 0.5 }), 'b,c')
    assert.equal(names({ model: weighted, cooling: { a: 1_000, b: 1_000 }, random: 0.5 }), 'c')
    assert.equal(names({ model: weighted, keyless: ['b'], random: 0.99 }), 'a,c')
  })

  it('plan what comes after a converted step as such', () => {
    const mixed = buildModel('m', a, claude)
    const steps = select({ model: { ...mixed, chain: mixed.chain.map((step) => ({ ...step, weight: 1 })) }, random: 0.5 }).steps
    assert.deepEqual(steps.map((step) => [step.provider.name, isConverted(step.call), step.stage]), [['claude', true, 'convert'], ['a', false, 'convert']])
  })
})

describe('x-tollgate-providers', () => {
  const open: ModelConfig = { ...plain, providerChoice: new Map() }
  const guarded: ModelConfig = { ...plain, providerChoice: new Map([['team', 'platform']]) }

  it('has no effect where the configuration lets nobody choose', () => {
    assert.equal(names({ providers: 'c' }), 'a,b,c')
    assert.equal(names({ providers: 'https://evil.example' }), 'a,b,c')
  })

  it('chooses providers and their order', () => {
    assert.equal(names({ model: open, providers: 'c , a' }), 'c,a')
    assert.equal(names({ model: open }), 'a,b,c')
  })

  it('is for the callers that the configuration names', () => {
    assert.equal(names({ model: guarded, providers: 'b', caller: { team: 'platform' } }), 'b')
    assert.throws(() => select({ model: guarded, providers: 'b', caller: { team: 'sales' } }), { code: 'provider_choice_denied', httpStatus: 403 })
    assert.throws(() => select({ model: guarded, providers: 'b' }), { code: 'provider_choice_denied' })
    assert.equal(names({ model: guarded, caller: { team: 'sales' } }), 'a,b,c')
  })

  it('refuses names that do not serve the model, empty ones and repeated ones', () => {
    for (const providers of ['d', 'a,d', '', 'a,', 'a,,b', 'a b', 'A', '127.0.0.1', '__proto__', 'a,a']) {
      assert.throws(() => select({ model: open, providers }), (error: TollgateError) => error.code === 'malformed_request' && error.message.includes('x-tollgate-providers'), JSON.stringify(providers))
    }
  })

  it('leaves out who cools down or has no credential, as in any chain', () => {
    assert.equal(names({ model: open, providers: 'c,a', cooling: { c: 1_000 } }), 'a')
    assert.equal(names({ model: open, providers: 'c', cooling: { c: 1_000 } }), 'c')
    assert.throws(() => select({ model: open, providers: 'c', keyless: ['c'] }), { code: 'no_provider' })
  })

  it('plans the chosen order anew, after somebody was left out', () => {
    const mixed: ModelConfig = { ...buildModel('m', a, claude, b), providerChoice: new Map() }
    const stages = (what: Case) => select({ model: mixed, ...what }).steps.map((step) => `${step.provider.name}:${step.stage}`).join(',')
    assert.equal(stages({ providers: 'claude,a' }), 'claude:convert,a:convert')
    assert.equal(stages({ providers: 'claude,a', cooling: { claude: 1_000 } }), 'a:plain')
    assert.equal(stages({ providers: 'b,a' }), 'b:plain,a:plain')
  })
})
