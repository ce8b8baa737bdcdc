import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isStringAt, JsonWalker } from './json-walk.ts'

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

for (const value of values) {
  test(`passes ${value.slice(0, 30)} in an array, and what follows it is found`, () => {
    const bytes = Buffer.from(` [ ${value} ,${value}, 7 ] x`)
    const walker = new JsonWalker()
    assert.equal(walker.startArray(bytes), true)
    const elements: string[] = []
    while (walker.nextElement()) {
      const start = walker.at
      walker.skipValue()
      elements.push(bytes.toString('utf8', start, walker.at).trim())
    }
    assert.deepEqual([elements, bytes.toString('utf8', walker.at)], [[value, value, '7'], ' x'])
  })
}

test('enters what is nested and goes on behind it', () => {
  const bytes = Buffer.from('[{"a":[1,[]],"b":{}},[],2]')
  const walker = new JsonWalker()
  const seen: string[] = []
  function enter(): void {
    if (walker.start(bytes, walker.at)) {
      while (walker.nextMember()) {
        seen.push(`${walker.key(9)}/${walker.keyLength}`)
        enter()
      }
    } else if (walker.startArray(bytes, walker.at)) while (walker.nextElement()) enter()
    else {
      seen.push(String.fromCharCode(bytes[walker.at] ?? 0))
      walker.skipValue()
    }
  }
  enter()
  assert.deepEqual([seen, walker.atEnd()], [['a/1', '1', 'b/1', '2'], true])
})

test('cuts off a name that is too long to be shown', () => {
  const walker = new JsonWalker()
  walker.start(Buffer.from(`{"${long}":1}`))
  walker.nextMember()
  assert.equal(walker.key(5), 'xxxxx')
})

test('compares a text without escapes, up to its end', () => {
  const is = (json: string): boolean => isStringAt(Buffer.from(json), 0, 'text')
  assert.deepEqual(['"text"', '"texts"', '"tex', 'text', String.raw`"te\u0078t"`, '"tex"'].map(is), [true, false, false, false, false, false])
})

test('on broken arrays it stops inside the bytes', () => {
  for (const json of ['[', '[1', '[1,', '["', '[[', '[{"a":']) {
    const walker = new JsonWalker()
    walker.startArray(Buffer.from(json))
    while (walker.nextElement()) walker.skipValue()
    assert.ok(walker.at >= json.length, json)
  }
})
