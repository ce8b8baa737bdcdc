import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseRetryAfter, RETRY_HEADERS } from './parse-retry-after.ts'

const nowMs = Date.parse('Wed, 21 Oct 2026 07:28:00 GMT')
const parse = (headers: Readonly<Record<string, string>>) => parseRetryAfter(new Map(Object.entries(headers)), nowMs)

describe('parseRetryAfter', () => {
  it('reads seconds, fractions of them, and a date', () => {
    assert.equal(parse({ 'retry-after': '20' }), 20_000)
    assert.equal(parse({ 'retry-after': ' 1.5 ' }), 1_500)
    assert.equal(parse({ 'retry-after': 'Wed, 21 Oct 2026 07:28:30 GMT' }), 30_000)
    assert.equal(parse({ 'retry-after': 'Wed, 21 Oct 2026 07:27:00 GMT' }), 0)
  })

  it('prefers milliseconds where a provider says them', () => {
    assert.equal(parse({ 'retry-after': '2', 'retry-after-ms': '1250' }), 1_250)
  })

  it('takes the reset of the limits that are used up, the later one', () => {
    const used = { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '20ms', 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '6m0.5s' }
    assert.equal(parse(used), 360_500)
    assert.equal(parse({ ...used, 'x-ratelimit-remaining-tokens': '7' }), 20)
    assert.equal(parse({ 'x-ratelimit-remaining-requests': '0' }), undefined)
  })

  it('knows nothing from what is no time', () => {
    for (const text of ['', 'soon', '-1', '1e9', '0x10', '2026', '20 s', 'Infinity', '99999999999999999999']) {
      const expected = text === '2026' ? 2_026_000 : undefined
      assert.equal(parse({ 'retry-after': text }), expected, JSON.stringify(text))
    }
    assert.equal(parse({ 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '1s; drop' }), undefined)
    assert.equal(parse({}), undefined)
  })

  it('looks at no header that it does not name', () => {
    const asked: string[] = []
    parseRetryAfter({ get: (name: string) => void asked.push(name) } as unknown as ReadonlyMap<string, string>, nowMs)
    const named: readonly string[] = RETRY_HEADERS
    assert.deepEqual(asked.filter((name) => !named.includes(name)), [])
  })
})
