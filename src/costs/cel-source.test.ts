import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { mapCelCode, readCelSource } from './cel-source.ts'

describe('the source of an expression', () => {
  const cases: readonly (readonly [expression: string, text: string])[] = [
    ['.5', '0.5'],
    ['.5 * x + (.25)', '0.5 * x + (0.25)'],
    ['x*.5e3', 'x*0.5e3'],
    ['1.5 + x.y', '1.5 + x.y'],
    ["'.5' + \".5\"", "'.5' + \".5\""],
    ["r'\\' + .5", "r'\\' + 0.5"],
    ["'it\\'s .5' + .5", "'it\\'s .5' + 0.5"],
    ['"""a " .5""" + .5', '"""a " .5""" + 0.5'],
    ['1 // .5\n + .5', '1 // .5\n + 0.5'],
    ['x.5', 'x.5'],
    ['1.2.5', '1.2.5'],
    ['[1].5', '[1].5'],
    ['1\f+ 2', '1 + 2'],
    ["'unterminated .5", "'unterminated 0.5"],
  ]
  for (const [expression, text] of cases) {
    it(`${JSON.stringify(expression)} is parsed as ${JSON.stringify(text)}`, () => {
      assert.equal(readCelSource(expression).text, text)
    })
  }

  it('maps offsets back to the columns that were written', () => {
    const source = readCelSource('.5 + .5 + y')
    assert.equal(source.columnOf(source.text.indexOf('y')), 11)
    assert.equal(source.columnOf(0), 1)
    assert.equal(readCelSource('x + y').columnOf(4), 5)
  })

  it('is transformed outside of strings and comments only', () => {
    assert.equal(
      mapCelCode("a = 'a = b' // a = b\n = \"\"\"a\"=\"b\"\"\" = c", (code) => code.replaceAll('=', '==')),
      "a == 'a = b' // a = b\n == \"\"\"a\"=\"b\"\"\" == c",
    )
  })
})
