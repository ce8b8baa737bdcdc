import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decodeJsonString } from './json-string.ts'

describe('decodeJsonString', () => {
  const literals = [
    '""',
    '"gpt-4o"',
    String.raw`"gpt\u002d4o \u00e9\uD83D\uDE00 \ud800"`,
    String.raw`"\" \\ \/ \b \f \n \r \t \\u0041 \\\\n"`,
    '"größe 你好 😀"',
    String.raw`"ö\n\u00f6"`,
  ]
  for (const literal of literals) {
    it(`reads ${literal} as JSON.parse does`, () => {
      const body = Buffer.from(`xx${literal}yy`)
      assert.equal(decodeJsonString(body, 3, body.length - 3), JSON.parse(literal))
    })
  }

  it('replaces bytes that are not UTF-8', () => {
    assert.equal(decodeJsonString(Buffer.from([0x61, 0xff, 0x62]), 0, 3), 'a\ufffdb')
  })
})
