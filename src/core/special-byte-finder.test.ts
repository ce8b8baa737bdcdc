import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SpecialByteFinder } from './special-byte-finder.ts'

/** The same, byte by byte. */
function findSlowly(body: Buffer, from: number): number {
  const at = body.subarray(from).findIndex((byte) => byte === 0x22 || byte === 0x5c)
  return at === -1 ? body.length : from + at
}

describe('SpecialByteFinder', () => {
  it('finds the next quote or backslash from anywhere, at any alignment and length', () => {
    const around = Buffer.from(`"\\"\\""${'\u00ff!#[]\u0022'.repeat(2)}`)
    for (const special of ['"', '\\', 'x', '\\"', '""']) {
      for (let gap = 0; gap < 90; gap++) {
        for (let offset = 0; offset < 4; offset++) {
          const content = Buffer.from(`${special}${'x'.repeat(gap)}${special}`)
          const body = Buffer.concat([around.subarray(0, offset), content, around]).subarray(offset, offset + content.length)
          const finder = new SpecialByteFinder(body)
          for (let from = 0; from <= body.length; from++) assert.equal(finder.find(from), findSlowly(body, from), `${special} ${gap} ${offset} ${from}`)
        }
      }
    }
  })

  it('takes no byte for a quote or backslash that is none', () => {
    const body = Buffer.from(Array.from({ length: 1024 }, (_, index) => index & 0xff))
    const finder = new SpecialByteFinder(body)
    for (let from = 0; from <= body.length; from++) assert.equal(finder.find(from), findSlowly(body, from))
  })
})
