// What a test may tell a mock, and that a mistyped header fails loudly.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { noInstructions, parseInstructions } from './instructions.ts'

test('parseInstructions: requests without x-mock headers share one object', () => {
  assert.equal(parseInstructions({ host: 'mock', accept: '*/*' }, 'openai'), noInstructions)
})

test('parseInstructions: reads numbers, flags and words', () => {
  const read = parseInstructions({ 'x-mock-input-tokens': '7', 'x-mock-gzip': '1', 'x-mock-crlf': 'true', 'x-mock-no-usage': '0', 'x-mock-key': 'a' }, 'openai')
  assert.deepEqual(read, { ...noInstructions, inputTokens: 7, encoding: 'gzip', crlf: true, key: 'a' })
})

test('parseInstructions: x-mock-provider addresses one mock', () => {
  const headers = { 'x-mock-provider': 'first', 'x-mock-status': '500' }
  assert.equal(parseInstructions(headers, 'second'), noInstructions)
  assert.equal(parseInstructions(headers, 'first').status, 500)
})

const mistakes: readonly (readonly [string, string, RegExp])[] = [
  ['x-mock-input-tokens', '-1', /x-mock-input-tokens: expected a whole number, found "-1"/],
  ['x-mock-output-tokens', 'ten', /x-mock-output-tokens/],
  ['x-mock-status', '200', /expected 400 to 599/],
  ['x-mock-encoding', 'zstd', /expected gzip, br or identity/],
  ['x-mock-usage', '{', /x-mock-usage: expected JSON/],
  ['x-mock-chunks', '0', /at least 1/],
]
for (const [name, value, message] of mistakes) {
  test(`parseInstructions: refuses ${name}: ${value}`, () => {
    assert.throws(() => parseInstructions({ [name]: value }, 'openai'), message)
  })
}
