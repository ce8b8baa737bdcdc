import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { compileCost } from './compile-costs.ts'

const compile = (cel: string) => compileCost({ name: 'cost', type: 'CEL', cel })

/** What was written, where the fault is, what is said of it, and what is offered instead. */
const CASES: readonly (readonly [cel: string, column: number | undefined, message: RegExp, corrected: string | undefined])[] = [
  ['input_tokens + output_token * 4u', 16, /^unknown variable "output_token": a cost can use model, backend, /, 'input_tokens + output_tokens * 4u'],
  ['prompt_tokens + completion_tokens * 4u', 1, /unknown variable/, 'input_tokens + output_tokens * 4u'],
  ['inputTokens * 2', 1, /unknown variable/, 'input_tokens * 2'],
  ['tokens', 1, /unknown variable/, 'total_tokens'],
  ["headers['x-price']", 1, /^unknown variable "headers"/, undefined],
  ['.5 * input_token', 6, /unknown variable/, '0.5 * input_tokens'],
  ["model == 'a' ? input_tokens : 0", 1, /^both sides of : must have the same type, here uint and int$/, "model == 'a' ? input_tokens : 0u"],
  ["model == 'a' ? 1 : model == 'b' ? 2 : output_tokens", 20, /here int and uint/, "model == 'a' ? 1 : model == 'b' ? 2 : int(output_tokens)"],
  ["model == 'a' ? input_tokens * 6 : output_tokens", 1, /here int and uint/, "model == 'a' ? input_tokens * 6u : output_tokens"],
  ["model == 'a' ? input_tokens - 10 : (output_tokens)", 1, /here int and uint/, "model == 'a' ? input_tokens - 10 : (int(output_tokens))"],
  ["model == 'a' ? input_tokens * 0.5 : 0", 1, /here double and int/, "model == 'a' ? input_tokens * 0.5 : 0.0"],
  ["model == 'a' ? input_tokens * 0.5 : output_tokens", 1, /here double and uint/, "model == 'a' ? input_tokens * 0.5 : double(output_tokens)"],
  ["model == 'a' ? (input_tokens) + (total_tokens) : 3 - 1", 1, /here uint and int/, "model == 'a' ? int((input_tokens) + (total_tokens)) : 3 - 1"],
  ['(input_tokens + output_tokens * 4', 34, /^\) is missing at the end$/, '(input_tokens + output_tokens * 4)'],
  ['uint(double(input_tokens * 2u)', 31, /^\) is missing at the end$/, 'uint(double(input_tokens * 2u))'],
  ['input_tokens * 2)', 17, /^unexpected "\)"$/, 'input_tokens * 2'],
  ["model in ['a', 'b' ? 1 : 2", 27, /^\] is missing at the end$/, undefined],
  ['input_tokens +', 15, /^the expression ends too early: a value is missing$/, undefined],
  ['', 1, /^the expression ends too early/, undefined],
  ["model = 'a' ? 1 : 2", 7, /^unexpected "="$/, "model == 'a' ? 1 : 2"],
  ["model === 'a' ? 1 : 2", 9, /^unexpected "="$/, "model == 'a' ? 1 : 2"],
  ["model == 'a' and input_tokens > 5 ? 1 : 2", 14, /^unexpected "and"$/, "model == 'a' && input_tokens > 5 ? 1 : 2"],
  ["not (model == 'a') ? 1 : 2", 1, /^unknown function not\(\)/, "! (model == 'a') ? 1 : 2"],
  ["model == 'a' & input_tokens > 5 ? 1 : 2", 14, /^unexpected "&"$/, "model == 'a' && input_tokens > 5 ? 1 : 2"],
  ['model == gpt-4o ? 5 : 6', 15, /^unexpected "o"$/, "model == 'gpt-4o' ? 5 : 6"],
  ['model == sonnet ? 5 : 6', 10, /^unknown variable "sonnet"/, "model == 'sonnet' ? 5 : 6"],
  ["model == 'gpt ? 5 : 6", 10, /^Unterminated string$/, "model == 'gpt' ? 5 : 6"],
  ['model == “gpt” ? 5 : 6', 10, /^unexpected "“"$/, 'model == "gpt" ? 5 : 6'],
  ['1_000 * input_tokens', 2, /^unexpected "_000"$/, '1000 * input_tokens'],
  ['2 input_tokens', 3, /^unexpected "input_tokens"$/, '2 * input_tokens'],
  ['input_tokens × 2', 14, /^unexpected "×"$/, 'input_tokens * 2'],
  ['input_tokens * 1.', 18, /missing at the end$/, 'input_tokens * 1.0'],
  ['input_tokens;', 13, /^unexpected ";"$/, 'input_tokens'],
  ['input_tokens > 5', undefined, /^a cost must be a number \(int, uint or double\), this is bool$/, '(input_tokens > 5) ? 1u : 0u'],
  ['input_tokens ? 1 : 2', 1, /^what stands before \? must be true or false, not uint$/, 'input_tokens > 0u ? 1 : 2'],
  ['9 / int(output_tokens)', 1, /^with every count 0 and a model that .* division by zero$/, 'int(output_tokens) == 0 ? 0 : 9 / int(output_tokens)'],
  ['1u + input_tokens / output_tokens', 6, /division by zero/, '1u + (output_tokens == 0 ? 0u : input_tokens / output_tokens)'],
  ['ceil(input_tokens * 0.1)', 1, /^unknown function ceil\(\)/, 'input_tokens * 0.1'],
  ['math.floor(input_tokens * 0.1)', 1, /^unknown method .floor\(\)/, 'int(input_tokens * 0.1)'],
  ['round(input_tokens * 0.1)', 1, /unknown function/, 'int(input_tokens * 0.1 + 0.5)'],
  ['max(input_tokens, 100) + 1u', 1, /unknown function/, '(input_tokens > 100 ? input_tokens : 100u) + 1u'],
  ['min(input_tokens, output_tokens)', 1, /unknown function/, 'input_tokens < output_tokens ? input_tokens : output_tokens'],
  ["model.startswith('gpt') ? 1 : 2", 1, /^unknown method .startswith\(\)/, "model.startsWith('gpt') ? 1 : 2"],
  ['len(model)', 1, /unknown function/, 'size(model)'],
  ['float(input_tokens) * 0.5', 1, /unknown function/, 'double(input_tokens) * 0.5'],
  ['dyn(input_tokens) * 2', 1, /^dyn\(\) is not available/, 'input_tokens * 2'],
  ['-input_tokens + 5000', 1, /^there is no - before uint$/, '-int(input_tokens) + 5000'],
  ['input_tokens % 2.5', 1, /^there is no % between uint and double$/, undefined],
  ["5 + 'a'", 1, /^there is no \+ between int and string$/, undefined],
  ["{'a': 1, 'b': 2u}['a']", 15, /^Map value uses wrong type/, "{'a': 1, 'b': 2}['a']"],
  ["{'a': 1, 'a': 2}['a']", 10, /^the map key "a" is there twice$/, undefined],
  ['{1.0: 1}[1.0]', 2, /^a map key must be/, undefined],
  ["model.matches('(') ? 1 : 2", 15, /^the pattern of matches\(\) is wrong: .*missing closing \)/, undefined],
  ['model.matches(backend) ? 1 : 2', 15, /^the pattern of matches\(\) must be a string literal$/, undefined],
  ['input_tokens * 18446744073709551616u', 16, /^the number 18446744073709551616u does not fit 64 bits$/, undefined],
  ['9223372036854775808', 1, /does not fit 64 bits$/, undefined],
  ["model == 'a' ?\n  input_tokens :\n  outputtokens", 35, /^unknown variable "outputtokens"/, "model == 'a' ?\n  input_tokens :\n  output_tokens"],
  ["int(true) // not 'and'", 1, /^there is no function int\(bool\)$/, undefined],
]

describe('a refused expression', () => {
  for (const [cel, column, message, corrected] of CASES) {
    it(`${JSON.stringify(cel)} is answered with ${corrected === undefined ? 'its fault' : JSON.stringify(corrected)}`, () => {
      const compiled = compile(cel)
      assert.ok(!compiled.ok)
      assert.match(compiled.message, message)
      assert.deepEqual({ column: compiled.column, corrected: compiled.corrected }, { column, corrected })
    })
  }

  it('is only ever answered with something that compiles', () => {
    const corrections = CASES.flatMap(([, , , corrected]) => (corrected === undefined ? [] : [corrected]))
    assert.deepEqual(
      corrections.filter((cel) => !compile(cel).ok),
      [],
    )
  })

  it('is repaired in every row of a price table', () => {
    const table = (name: string): string => `${Array.from({ length: 30 }, (_, index) => `model == 'm${index}' ? ${name} * ${index}u`).join(' : ')} : ${name}`
    const compiled = compile(table('inputTokens'))
    assert.ok(!compiled.ok)
    assert.equal(compiled.corrected, table('input_tokens'))
  })
})
