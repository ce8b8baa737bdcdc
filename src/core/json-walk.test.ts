import assert from 'node:assert/strict'
import { test } from 'node:test'
import { JsonWalker } from './json-walk.ts'

/** The members named `a`, `b` and `"` with their values as written, and whether the object was closed and nothing followed. */
function walk(json: string): { members: [string, string][]; closed: boolean; atEnd: boolean } {
  const bytes = Buffer.from(json)
  const walker = new JsonWalker()
  const members: [string, string][] = []
  if (!walker.start(bytes)) return { members, closed: false, atEnd: false }
  while (walker.nextMember()) {
    const key = ['a', 'b', '\\"'].find((name) => walker.keyIs(name)) ?? '?'
    const start = walker.at
    walker.skipValue()
    members.push([key, bytes.toString('utf8', start, walker.at)])
  }
  return { members, closed: walker.closed, atEnd: walker.atEnd() }
}

const long = 'x'.repeat(100)
const scalars = ['1', '-1.5e+3', 'true', 'null', '""', `"${long}"`, String.raw`"\""`, String.raw`"\\"`, String.raw`"${long}\\\"}"`]
const values = [...scalars, '{}', '[]', '[{"b":"]}"},[1,"{"]]']

for (const value of values) {
  test(`passes ${value.slice(0, 30)} and finds what follows`, () => {
    const expected = { members: [['a', value], ['b', value], ['?', '0']], closed: true, atEnd: true }
    assert.deepEqual(walk(`{"a":${value},"b":${value},"ab":0}`), expected)
  })
}

test('takes whitespace anywhere', () => {
  const { members, closed, atEnd } = walk(' \n{ "a" :\t1 \r\n, "b" : [ ] } \n')
  assert.deepEqual([members.map(([key]) => key), closed, atEnd], [['a', 'b'], true, true])
})

test('a name with an escaped quote is not another name', () => {
  assert.deepEqual(walk(String.raw`{"\"":1,"x\"a":2,"a":3}`).members, [['\\"', '1'], ['?', '2'], ['a', '3']])
})

test('what is no object is not entered', () => {
  assert.deepEqual(['', '[1]', '"a"', 'null', ' '].map((json) => walk(json).closed), [false, false, false, false, false])
})

test('sees what follows the object', () => {
  assert.equal(walk('{"a":1}}').atEnd, false)
})

test('on broken JSON it stops inside the bytes', () => {
  const inNames = ['{', '{"', '{"a', '{"a"', '{a:1}', '{,,']
  const inValues = ['{"a":', '{"a":"', String.raw`{"a":"\ `.trim(), '{"a":[', '{"a":1', '{"a":1,', '{"a" 1}', '{"a":1 "b":2']
  for (const json of [...inNames, ...inValues]) {
    assert.equal(walk(json).closed, false, json)
  }
})

test('nesting costs no stack', () => {
  const nested = '['.repeat(200_000) + ']'.repeat(200_000)
  assert.equal(walk(`{"a":${nested}}`).members[0]?.[1].length, 400_000)
})
