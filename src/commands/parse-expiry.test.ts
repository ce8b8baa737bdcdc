import assert from 'node:assert/strict'
import { it } from 'node:test'
import { parseExpiry } from './parse-expiry.ts'

const now = Date.parse('2026-02-01T12:00:00Z')
const at = (text: string): string | undefined => {
  const time = parseExpiry(text, now)
  return time === undefined ? undefined : new Date(time).toISOString()
}

it('a key ends after a time, or with a day', () => {
  assert.deepEqual(
    ['12h', '90d', '8w', '1y', '2026-02-28', '2026-02-01'].map(at),
    ['2026-02-02T00:00:00.000Z', '2026-05-02T12:00:00.000Z', '2026-03-29T12:00:00.000Z', '2027-02-01T12:00:00.000Z', '2026-03-01T00:00:00.000Z', '2026-02-02T00:00:00.000Z'],
  )
})

it('anything else is no end: a day that does not exist, the past, ten years and more', () => {
  for (const text of ['', '90', '0d', '-1d', '1.5h', '90 d', '30m', '2026-02-30', '2026-01-31', '31.12.2026', '99y', 'never']) assert.equal(at(text), undefined, text)
})
