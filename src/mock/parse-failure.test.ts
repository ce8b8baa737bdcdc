import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createFailurePlan } from './failure-plan.ts'
import { noInstructions } from './instructions.ts'
import { parseFailure } from './parse-failure.ts'

describe('parseFailure', () => {
  it('reads a status, a reset, several in turns, and a share', () => {
    assert.deepEqual(parseFailure('429'), { ok: true, value: { status: [429], share: 1 } })
    assert.deepEqual(parseFailure('reset'), { ok: true, value: { status: ['reset'], share: 1 } })
    assert.deepEqual(parseFailure('503:0.2'), { ok: true, value: { status: [503], share: 0.2 } })
    assert.deepEqual(parseFailure('429+503+reset:.5'), { ok: true, value: { status: [429, 503, 'reset'], share: 0.5 } })
  })

  it('says what is allowed instead of what it found', () => {
    for (const text of ['', '200', '600', '429:2', '429:', 'timeout', '429,503', '429+']) {
      const parsed = parseFailure(text)
      assert.ok(!parsed.ok && parsed.message.startsWith(`found ${JSON.stringify(text)}, allowed: a status from 400 to 599`), text)
    }
  })
})

describe('failures in turns', () => {
  it('are spread evenly and take turns', () => {
    const plan = createFailurePlan()
    plan.setMode({ status: [429, 503, 'reset'], share: 0.2, retryAfter: '7' })
    const seen = Array.from({ length: 20 }, () => plan.next(noInstructions)?.what ?? 'ok')
    assert.deepEqual(seen.flatMap((what, index) => (what === 'ok' ? [] : [[index, what]])), [[4, 429], [9, 503], [14, 'reset'], [19, 429]])
  })

  it('carry their retry-after, and refuse what is none', () => {
    const plan = createFailurePlan()
    plan.setMode({ status: 429, share: 1, retryAfter: '7' })
    assert.deepEqual(plan.next(noInstructions), { what: 429, retryAfter: '7' })
    assert.throws(() => plan.setMode({ status: 429, share: 1, retryAfter: 'a\r\nb: c' }), RangeError)
    assert.throws(() => plan.setMode({ status: [], share: 1 }), RangeError)
  })
})
