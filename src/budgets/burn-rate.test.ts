import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type BurnInput, burnOf } from './burn-rate.ts'

const HOUR = 3_600_000
const startMs = 1_764_547_200_000
const hours = (passed: number, changes: Partial<BurnInput> = {}) =>
  burnOf({ spec: { kind: 'fixed', lengthMs: 10 * HOUR }, window: { startMs, endMs: startMs + 10 * HOUR }, used: 200, remaining: 300, nowMs: startMs + passed * HOUR, ...changes })

describe('burnOf', () => {
  it('goes by what has passed of the window', () => {
    assert.deepEqual(hours(2), { perHour: 100, goneAtMs: startMs + 5 * HOUR })
    assert.deepEqual(hours(4), { perHour: 50, goneAtMs: undefined })
  })

  it('does not say that something will be gone which the end of the window renews', () => {
    assert.equal(hours(4, { remaining: 299 }).goneAtMs, startMs + 9.98 * HOUR)
    assert.equal(hours(4, { remaining: 300 }).goneAtMs, undefined)
    assert.equal(hours(4, { used: 0 }).goneAtMs, undefined)
  })

  it('makes no trend of the first moment', () => {
    assert.deepEqual(hours(0), { perHour: 12_000, goneAtMs: startMs + 90_000 })
    const minute = { spec: { kind: 'fixed', lengthMs: 60_000 }, window: { startMs, endMs: startMs + 60_000 } } as const
    assert.equal(hours(0, { ...minute, used: 1 }).perHour, 3600)
  })

  it('is over when nothing is left', () => {
    assert.equal(hours(2, { remaining: 0 }).goneAtMs, startMs + 2 * HOUR)
  })

  it('takes a window that slides as long as it is, and as forgetting as fast as it fills', () => {
    const sliding = { spec: { kind: 'sliding', lengthMs: 4 * HOUR }, window: { startMs: startMs - 4 * HOUR, endMs: startMs + 4 * HOUR }, nowMs: startMs } as const
    assert.deepEqual(hours(0, sliding), { perHour: 50, goneAtMs: undefined })
  })
})
