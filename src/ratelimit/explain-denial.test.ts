import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Denial } from './decide.ts'
import { explainDenial } from './explain-denial.ts'
import { parseRateLimitFile } from './parse-rate-limit-file.ts'

function denial(entries: Denial['entries'], fields: Partial<Omit<Denial, 'entries'>> = {}): Denial {
  const text = 'domain: d\ndescriptors: [{key: k, rate_limit: {unit: hour, requests_per_unit: 50000}}]'
  const parsed = parseRateLimitFile({ text, fileName: 'f', denyAtLimitDefault: true })
  const rule = parsed.ok ? parsed.rules.root.exact.get('k')?.rule : undefined
  assert.ok(rule)
  return { entries, rule, used: 50_120n, resetSeconds: 42, ...fields }
}

describe('explainDenial', () => {
  it('says which limit, how much of it, and when to come back', () => {
    const { message } = explainDenial({ denials: [denial([{ key: 'user', value: 'alice' }])], costName: 'credits' })
    assert.equal(message, 'Rate limit reached for user=alice: 50,120 of 50,000 credits per hour used. It resets in 42 s.')
  })

  it('names every limit that is over, and waits for the last of them', () => {
    const denials = [denial([{ key: 'user', value: 'a' }], { resetSeconds: 60 }), denial([{ key: 'team', value: 't' }], { resetSeconds: 3600 })]
    const { message, headers } = explainDenial({ denials, costName: 'tokens' })
    assert.match(message, /for user=a: .* resets in 60 s\. Rate limit reached for team=t: .* resets in 3600 s\.$/)
    assert.deepEqual(headers.slice(1), [{ name: 'retry-after', value: '3600' }, { name: 'x-should-retry', value: 'false' }])
  })

  it('lets SDKs retry up to a minute', () => {
    const { headers } = explainDenial({ denials: [denial([{ key: 'user', value: 'a' }], { resetSeconds: 60 })], costName: 'tokens' })
    assert.deepEqual(headers.map(({ name }) => name), ['content-type', 'retry-after'])
  })

  it('repeats no control characters, and of a long value only the start', () => {
    const denials = [denial([{ key: 'user', value: `a\r\nset-cookie: b\u{0}\u{202e}${'x'.repeat(200)}` }])]
    const { message, body } = explainDenial({ denials, costName: 'tokens' })
    assert.match(message, /^Rate limit reached for user=a\u{fffd}\u{fffd}set-cookie: b\u{fffd}\u{fffd}x{82}…: /u)
    assert.equal((JSON.parse(body) as { error: { message: string } }).error.message, message)
  })

  it('shows a key without value, and a number above 2^53 exactly', () => {
    const { message } = explainDenial({ denials: [denial([{ key: 'all', value: '' }], { used: 2n ** 53n + 1n })], costName: 'tokens' })
    assert.match(message, /for all: 9,007,199,254,740,993 of/)
  })
})
