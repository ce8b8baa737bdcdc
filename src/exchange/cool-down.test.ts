import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { CoolDownSettings } from '../config/runtime-config.ts'
import { type CoolDown, createCoolDowns } from './cool-down.ts'

function setUp(settings: CoolDownSettings = { maxMs: 60_000, failures: 3, pauseMs: 5_000 }) {
  let nowMs = 1_000
  const started: CoolDown[] = []
  const told: CoolDown[] = []
  const coolDowns = createCoolDowns({ settings: () => settings, clock: { monotonic: () => nowMs }, onStart: (each) => started.push(each), onChange: (each) => told.push(each) })
  const fail = (reason: number | 'reset', retryAfterMs?: number, provider = 'a') => coolDowns.failed({ provider, reason, retryAfterMs })
  return { coolDowns, started, told, fail, advance: (ms: number) => (nowMs += ms) }
}

describe('a provider that says when to come back', () => {
  it('is left out until then', () => {
    const { coolDowns, fail, advance, started } = setUp()
    fail(429, 20_000)
    assert.deepEqual(coolDowns.find('a'), { provider: 'a', reason: '429', remainingMs: 20_000 })
    assert.equal(coolDowns.find('b'), undefined)
    advance(19_999)
    assert.equal(coolDowns.find('a')?.remainingMs, 1)
    advance(1)
    assert.equal(coolDowns.find('a'), undefined)
    assert.deepEqual(started, [{ provider: 'a', reason: '429', remainingMs: 20_000 }])
  })

  it('is asked again after `max` at the latest, and not at once even if it says so', () => {
    const { coolDowns, fail } = setUp()
    fail(429, 3_600_000)
    assert.equal(coolDowns.find('a')?.remainingMs, 60_000)
    fail(429, 0, 'b')
    assert.equal(coolDowns.find('b')?.remainingMs, 100)
  })

  it('starts once, is told again when it grows, and never shrinks', () => {
    const { coolDowns, fail, advance, started, told } = setUp()
    fail(429, 10_000)
    fail(429, 2_000)
    fail(503, 10_200)
    assert.equal(coolDowns.find('a')?.remainingMs, 10_000)
    advance(1_000)
    fail(503, 10_000)
    assert.deepEqual(coolDowns.list(), [{ provider: 'a', reason: '503', remainingMs: 10_000 }])
    assert.deepEqual([started.length, told.length], [1, 2])
  })
})

describe('a provider that fails without a word', () => {
  it('is left out after so many failures in a row', () => {
    const { coolDowns, fail } = setUp()
    fail(500)
    fail('reset')
    assert.equal(coolDowns.find('a'), undefined)
    fail(429)
    assert.deepEqual(coolDowns.find('a'), { provider: 'a', reason: '429', remainingMs: 5_000 })
  })

  it('is not left out when it answers in between', () => {
    const { coolDowns, fail } = setUp()
    for (let round = 0; round < 10; round += 1) {
      fail(500)
      fail(500)
      coolDowns.succeeded('a')
    }
    assert.equal(coolDowns.find('a'), undefined)
  })

  it('is left out again at once when it fails after its pause', () => {
    const { coolDowns, fail, advance } = setUp()
    for (let count = 0; count < 3; count += 1) fail(500)
    advance(5_000)
    assert.equal(coolDowns.find('a'), undefined)
    fail(500)
    assert.equal(coolDowns.find('a')?.remainingMs, 5_000)
  })

  it('is left out at once when it refuses our key', () => {
    const { coolDowns, fail } = setUp()
    fail(401)
    assert.deepEqual(coolDowns.find('a'), { provider: 'a', reason: '401', remainingMs: 5_000 })
  })
})

describe('cool-downs', () => {
  it('are learned from others, within our own bound, and not told again', () => {
    const { coolDowns, told, started } = setUp()
    coolDowns.learn({ provider: 'a', reason: '429', remainingMs: 100_000 })
    assert.equal(coolDowns.find('a')?.remainingMs, 60_000)
    assert.deepEqual([started.length, told.length], [1, 0])
  })

  it('do not happen where they are off', () => {
    const off = createCoolDowns({ settings: () => undefined, clock: { monotonic: () => 0 }, onStart: () => assert.fail() })
    off.failed({ provider: 'a', reason: 429, retryAfterMs: 10_000 })
    off.learn({ provider: 'a', reason: '429', remainingMs: 10_000 })
    assert.deepEqual(off.list(), [])
  })
})
