import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { formatDecimal, nanoToDollars, scaleDecimal } from './money.ts'

describe('a decimal number as integers', () => {
  const cases: readonly (readonly [text: string, power: number, value: number, exact: boolean])[] = [
    ['2.50', 6, 2_500_000, true],
    ['0.1', 6, 100_000, true],
    ['10', 6, 10_000_000, true],
    ['2.5e-06', 12, 2_500_000, true],
    ['1E2', 0, 100, true],
    ['0.0000001', 6, 0, false],
    ['0.0000005', 6, 1, false],
    ['0.18000000000000002', 6, 180_000, false],
    ['0.', 6, 0, true],
  ]
  for (const [text, power, value, exact] of cases) {
    it(`${text} times 10^${power} is ${value}${exact ? '' : ', rounded'}`, () => assert.deepEqual(scaleDecimal(text, power), { value, exact }))
  }

  it('is nothing else', () => {
    for (const text of ['', '.5', '-1', '+1', '1,5', '1 ', '0x10', 'NaN', 'Infinity', '1e', '9007199254740993', '1e400'])
      assert.equal(scaleDecimal(text, 0), undefined, text)
  })

  it('comes back as it was written, without what changes nothing', () => {
    assert.equal(formatDecimal(2_500_000, 6), '2.5')
    assert.equal(formatDecimal(10_000_000, 6), '10')
    assert.equal(formatDecimal(1, 9), '0.000000001')
    assert.equal(formatDecimal(0, 6), '0')
    fc.assert(fc.property(fc.maxSafeNat(), fc.integer({ min: 1, max: 12 }), (value, power) => assert.deepEqual(scaleDecimal(formatDecimal(value, power), power), { value, exact: true })))
  })

  it('of dollars for a log has every nano-dollar below a million dollars', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 999_999_999_999_999 }), (nano) => assert.equal(scaleDecimal(String(nanoToDollars(nano)), 9)?.value, nano)))
  })
})
