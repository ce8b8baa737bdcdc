import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ResolvedScalar } from './resolve-scalar.ts'
import { resolveScalar } from './resolve-scalar.ts'

function kindAndValue(resolved: ResolvedScalar): string {
  return 'value' in resolved ? `${resolved.kind} ${String(resolved.value)}` : resolved.kind
}

describe('resolveScalar', () => {
  const cases: readonly (readonly [text: string, meaning: string])[] = [
    ['', 'null'],
    ['~', 'null'],
    ['NULL', 'null'],
    ['y', 'bool true'],
    ['On', 'bool true'],
    ['NO', 'bool false'],
    ['yEs', 'string'],
    ['0', 'int 0'],
    ['010', 'int 8'],
    ['-010', 'int -8'],
    ['0o17', 'int 15'],
    ['0x1F', 'int 31'],
    ['0b11', 'int 3'],
    ['1_000', 'int 1000'],
    ['+5', 'int 5'],
    ['9223372036854775807', 'int 9223372036854775807'],
    ['9223372036854775808', 'uint 9223372036854775808'],
    ['18446744073709551615', 'uint 18446744073709551615'],
    ['18446744073709551616', 'float 18446744073709552000'],
    ['-9223372036854775809', 'float -9223372036854776000'],
    ['08', 'float 8'],
    ['1e3', 'float 1000'],
    ['1.0', 'float 1'],
    ['.5', 'float 0.5'],
    ['.nan', 'float NaN'],
    ['-.inf', 'float -Infinity'],
    ['1.2.3', 'string'],
    ['2026-01-01', 'string'],
    ['gpt-4o', 'string'],
    ['-', 'string'],
  ]
  for (const [text, meaning] of cases) {
    it(`takes ${JSON.stringify(text)} as ${meaning}`, () => {
      assert.equal(kindAndValue(resolveScalar({ text, quoted: false, stringTag: false })), meaning)
    })
  }

  it('takes anything quoted, or tagged !!str, as text', () => {
    assert.equal(resolveScalar({ text: 'yes', quoted: true, stringTag: false }).kind, 'string')
    assert.equal(resolveScalar({ text: '12', quoted: false, stringTag: true }).kind, 'string')
  })
})
