// One file per mistake, beside it what a person is told. After a wanted change of a sentence, change the .txt by hand.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { compileMistake, compileText, mistakes, transcript } from './compile-mistake.ts'

const names = readdirSync(mistakes).filter((name) => name.endsWith('.yaml'))

describe('every mistake is named, at its place, with what to do', () => {
  for (const name of names) {
    it(name.replace('.yaml', ''), () => {
      const expected = readFileSync(join(mistakes, name.replace('.yaml', '.txt')), 'utf8')
      assert.notEqual(expected, '')
      assert.equal(transcript(compileMistake(name)), expected)
    })
  }

  it('has a mistake for every expectation', () => {
    const expectations = readdirSync(mistakes).filter((name) => name.endsWith('.txt'))
    assert.deepEqual(
      expectations.map((name) => name.replace('.txt', '.yaml')),
      names,
    )
  })
})

describe('messages', () => {
  it('never repeat a secret', () => {
    const withSecret = names.filter((name) => readFileSync(join(mistakes, name), 'utf8').includes('hunter2'))
    assert.ok(withSecret.length >= 9)
    for (const name of withSecret) assert.doesNotMatch(transcript(compileMistake(name)), /hunter2/, name)
  })

  it('come all at once, in the order of the file, files in the order in which they are named', () => {
    const compiled = compileMistake('several-at-once.yaml')
    assert.ok(!compiled.ok)
    assert.equal(compiled.problems.length, 13)
    const main = compiled.problems.filter((problem) => problem.file === 'several-at-once.yaml')
    assert.deepEqual(
      main.map(({ line, column }) => line * 1000 + column),
      main.map(({ line, column }) => line * 1000 + column).toSorted((a, b) => a - b),
    )
    assert.deepEqual(
      compiled.problems.slice(main.length).map((problem) => problem.file),
      ['bad-unit.yaml'],
    )
  })

  it('point into an aliased value where it was written', () => {
    const text = 'providers:\n  a: &base\n    api: openai\n    ulr: https://a.example\n  b: *base\nmodels:\n  m: {providers: [a, b]}\n'
    const compiled = compileText(text)
    assert.ok(!compiled.ok)
    assert.deepEqual(
      compiled.problems.map(({ line, column }) => [line, column]),
      [
        [4, 5],
        [4, 5],
      ],
    )
  })

  it('survive a file whose aliases would fill the memory', () => {
    const bomb = [
      'a: &a [x, x, x, x, x, x, x, x, x, x]',
      ...'bcdefgh'.split('').map((name, index) => `${name}: &${name} [${Array.from({ length: 10 }, () => `*${'abcdefgh'[index]}`).join(', ')}]`),
    ]
    const compiled = compileText(`${bomb.join('\n')}\n`)
    assert.ok(!compiled.ok)
    assert.match(transcript(compiled), /the aliases in this file cannot be followed/)
  })
})
