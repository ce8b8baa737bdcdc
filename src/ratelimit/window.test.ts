import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { limitUnits, mapUnit, mapUnitNumber, secondsUntilReset, windowSeconds, windowStart } from './window.ts'

const tuesdayNoon = Date.UTC(2026, 0, 6, 12, 34, 56) / 1000

describe('windows', () => {
  it('start at multiples of their length since the epoch', () => {
    const starts = limitUnits.map((unit) => new Date(windowStart(unit, tuesdayNoon) * 1000).toISOString().slice(0, 19))
    assert.deepEqual(starts, [
      '2026-01-06T12:34:56',
      '2026-01-06T12:34:00',
      '2026-01-06T12:00:00',
      '2026-01-06T00:00:00',
      // A Thursday.
      '2026-01-01T00:00:00',
      '2025-12-08T00:00:00',
      '2025-12-18T00:00:00',
    ])
  })

  it('always have at least a second left, and end where the next one starts', () => {
    for (const unit of limitUnits) {
      for (const now of [0, 1, tuesdayNoon, windowStart(unit, tuesdayNoon), windowStart(unit, tuesdayNoon) - 1]) {
        const left = secondsUntilReset(unit, now)
        assert.ok(left >= 1 && left <= windowSeconds(unit), `${unit} ${String(left)}`)
        assert.equal(windowStart(unit, now + left), windowStart(unit, now) + windowSeconds(unit))
      }
    }
  })

  it("have the API's numbers, of which 0 and unknown ones are no unit", () => {
    assert.deepEqual(limitUnits.map(mapUnit), [1, 2, 3, 4, 7, 5, 6])
    assert.deepEqual(limitUnits.map(mapUnit).map(mapUnitNumber), limitUnits)
    assert.deepEqual([0, 8, -1, 99].map(mapUnitNumber), [undefined, undefined, undefined, undefined])
  })
})
