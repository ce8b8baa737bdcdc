import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createPattern } from './star-pattern.ts'

describe('createPattern', () => {
  it('agrees with the regular expression that it stands for', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '_'), maxLength: 12 })
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '_', '*'), maxLength: 6 })
    fc.assert(
      fc.property(pattern, text, (source, keyValue) => {
        const expected = new RegExp(`^${source.replaceAll('*', '.*')}$`).test(keyValue)
        assert.equal(createPattern(source)(keyValue), expected, `${source} on ${keyValue}`)
      }),
      { numRuns: 5000 },
    )
  })

  it('does not let the parts overlap', () => {
    const matches = createPattern('ov_ab*ba')
    assert.deepEqual(['ov_aba', 'ov_abba'].map(matches), [false, true])
  })

  it('takes long texts in linear time', () => {
    const matches = createPattern('*a*a*a*a*a*a*a*a*b')
    assert.equal(matches('a'.repeat(1_000_000)), false)
  })
})

describe('a pattern of models', () => {
  it('has any characters where it has a star', () => {
    for (const [pattern, name] of [['*', ''], ['gpt-*', 'gpt-4o'], ['*mini', 'gpt-4o-mini'], ['a*b*c', 'abc'], ['a*b*c', 'axbxbc'], ['x', 'x']] as const) assert.ok(createPattern(pattern)(name), `${pattern} ${name}`)
    for (const [pattern, name] of [['gpt-*', 'o3'], ['a*a', 'a'], ['a*b*c', 'acb'], ['ab*bc', 'abc'], ['x', 'X']] as const) assert.ok(!createPattern(pattern)(name), `${pattern} ${name}`)
  })
})
