// Every case of every conversion gives what is written down; `npx tsx test/golden/write.ts` writes it anew.

import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { pairs } from './dialects.ts'
import { expectedFolder, listCases } from './list-cases.ts'
import { runStream } from './run-case.ts'

const cases = listCases()
const casesOf = (name: string) => cases.filter(({ pair }) => pair.name === name)

describe('the golden matrix', () => {
  for (const { name } of pairs) {
    describe(name, () => {
      for (const { file, produce } of casesOf(name)) {
        it(file.slice(name.length + 1), () => {
          const path = join(expectedFolder, file)
          assert.equal(produce(), existsSync(path) ? readFileSync(path, 'utf8') : 'nothing is written down yet')
        })
      }
    })
  }

  it('has no expectation without a case', () => {
    const known = new Set(cases.map(({ file }) => file))
    const files = readdirSync(expectedFolder, { recursive: true, encoding: 'utf8' }).filter((file) => /\.(?:json|txt)$/.test(file))
    assert.deepEqual(files.filter((file) => !known.has(file)), [])
    assert.ok(files.length > 100)
  })
})

describe('every stream of the golden matrix', () => {
  for (const { pair, file, stream } of cases) {
    if (stream === undefined) continue
    it(`${file} ends as its client expects, however its bytes are cut`, () => {
      const whole = runStream(pair, stream, stream.length)
      const { lastWord, lastError } = pair.client
      assert.match(whole.written, whole.state === 'finished' ? lastWord : lastError)
      assert.notEqual(whole.state, 'neither')
      for (const pieceBytes of [1, 7, 64]) assert.deepEqual(runStream(pair, stream, pieceBytes), whole)
    })
  }
})
