import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { TollgateError } from './errors.ts'
import { MAX_JSON_DEPTH, MAX_TOP_MEMBERS, scanTopLevel } from './json-scan.ts'

function scan(text: string | Buffer): ReturnType<typeof scanTopLevel> {
  return scanTopLevel(Buffer.from(text))
}

function refusal(text: string | Buffer): string {
  try {
    scan(text)
  } catch (thrown) {
    assert.ok(thrown instanceof TollgateError)
    assert.equal(thrown.code, 'malformed_request')
    return thrown.message
  }
  return assert.fail(`accepted ${text.toString().slice(0, 80)}`)
}

describe('scanTopLevel', () => {
  it('gives the members of the top level with their bytes', () => {
    const text = ' {"model" : "gpt-4o",\n "messages":[{"model":"not this"}], "n":-1.5e+3,"größe":{},"m\\u006fdel":null}\r\n'
    const body = Buffer.from(text)
    const members = scan(text).members.map((member) => [
      member.key,
      body.toString('utf8', member.keyStart, member.keyEnd),
      body.toString('utf8', member.valueStart, member.valueEnd),
    ])
    assert.deepEqual(members, [
      ['model', '"model"', '"gpt-4o"'],
      ['messages', '"messages"', '[{"model":"not this"}]'],
      ['n', '"n"', '-1.5e+3'],
      ['größe', '"größe"', '{}'],
      ['model', String.raw`"m\u006fdel"`, 'null'],
    ])
  })

  it('bounds the members that it makes objects of, and only those', () => {
    const members = (count: number): string => `{${Array.from({ length: count }, () => '"a":1').join(',')}}`
    assert.equal(scan(members(MAX_TOP_MEMBERS)).members.length, MAX_TOP_MEMBERS)
    assert.equal(refusal(members(MAX_TOP_MEMBERS + 1)), 'The body is not valid JSON: more than 1000 members in one object at line 1, column 6002.')
    assert.equal(scan(`{"logit_bias":${members(MAX_TOP_MEMBERS + 1)}}`).members.length, 1)
  })

  it('accepts an empty object and says where its content starts', () => {
    assert.deepEqual(scan(' \t\r\n{ } '), { contentStart: 5, members: [], mediaBytes: 0, mediaCount: 0 })
  })

  it('works at any alignment and at any length of string', () => {
    for (let offset = 0; offset < 5; offset++) {
      for (let length = 0; length < 150; length++) {
        const text = `{"a":"${'x'.repeat(length)}","b":"${'\\"'.repeat(length)}"}`
        const shifted = Buffer.from(' '.repeat(offset) + text).subarray(offset)
        assert.deepEqual(
          scanTopLevel(shifted).members.map((member) => shifted.toString('utf8', member.valueStart, member.valueEnd)),
          [`"${'x'.repeat(length)}"`, `"${'\\"'.repeat(length)}"`],
        )
      }
    }
  })

  const escapes = String.raw`" \ / b f n r t u`
  const faults: readonly (readonly [name: string, text: string, message: string])[] = [
    ['an empty body', '', "expected a JSON object, which starts with '{', found the end of the body at line 1, column 1"],
    ['a byte order mark', '\ufeff{}', "expected a JSON object, which starts with '{', found byte 0xef at line 1, column 1"],
    ['garbage after the object', '{}\n {}', "expected nothing after the closing '}', found '{' at line 2, column 2"],
    ['a truncated object', '{"a":1', "expected ',' or '}' after a member, found the end of the body at line 1, column 7"],
    ['a truncated value', '{"a":', 'expected a value, found the end of the body at line 1, column 6'],
    ['a string that never ends', '{\n"a":"bc', 'the body ends inside the string that starts at line 2, column 5'],
    ['a string that is only opened, in the last bytes', '{"a":"}', 'the body ends inside the string that starts at line 1, column 6'],
    ['a body that ends in a backslash', '{"a":"\\', String.raw`expected one of ${escapes} after a backslash, found the end of the body at line 1, column 8`],
    ['a comma before the end', '{"a":1,}', "expected a member name in double quotes after ',', found '}' at line 1, column 8"],
    ['a comma before the end of a list', '{"a":[1,]}', "expected a value, found ']' at line 1, column 9"],
    ['no comma', '{"a":1 "b":2}', "expected ',' or '}' after a member, found '\"' at line 1, column 8"],
    ['no colon', '{"a" 1}', "expected ':' after the member name, found '1' at line 1, column 6"],
    ['single quotes', "{'a':1}", "expected a member name in double quotes or '}', found ''' at line 1, column 2"],
    ['a comment', '{\n// hello\n}', "expected a member name in double quotes or '}', found '/' at line 2, column 1"],
    ['typographic quotes after wide characters', '{"größe 你好":“1”}', "expected a value, found '“' at line 1, column 13"],
    ['a misspelt literal', '{"a":trux}', "expected 'true', found 'x' at line 1, column 9"],
    ['NaN', '{"a":NaN}', "expected a value, found 'N' at line 1, column 6"],
    ['a leading zero', '{"a":01}', "expected no digit after a leading zero, found '1' at line 1, column 7"],
    ['a bare minus', '{"a":-}', "expected a digit, found '}' at line 1, column 7"],
    ['a number that ends in a dot', '{"a":1.}', "expected a digit, found '}' at line 1, column 8"],
    ['an empty exponent', '{"a":1e+}', "expected a digit, found '}' at line 1, column 9"],
    ['an unknown escape', String.raw`{"a":"\x41"}`, String.raw`expected one of ${escapes} after a backslash, found 'x' at line 1, column 8`],
    ['a short unicode escape', String.raw`{"a":"\u12G4"}`, String.raw`expected four hexadecimal digits after \u, found 'G' at line 1, column 11`],
    ['the wrong bracket', '{"a":[1}', "expected ',' or ']' after an element, found '}' at line 1, column 8"],
  ]
  for (const [name, text, message] of faults) {
    it(`refuses ${name} and says where`, () => {
      assert.equal(refusal(text), `The body is not valid JSON: ${message}.`)
      assert.throws(() => JSON.parse(text) as unknown, SyntaxError)
    })
  }

  it('refuses JSON that is not an object', () => {
    for (const text of ['[{}]', '"text"', '1', 'null']) assert.match(refusal(text), /expected a JSON object, .*, found '.' at line 1, column 1/)
  })

  it('refuses JSON in UTF-16', () => {
    assert.match(refusal(Buffer.from('{"a":1}', 'utf16le')), /expected a member name in double quotes or '}', found byte 0x00 at line 1, column 2/)
  })

  it('accepts nesting up to the bound and no deeper', () => {
    const nested = (depth: number): string => `{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`
    assert.equal(scan(nested(MAX_JSON_DEPTH)).members.length, 1)
    assert.match(refusal(nested(MAX_JSON_DEPTH + 1)), /more than 512 levels of nesting at line 1, column 517/)
    assert.match(refusal('{"a":'.repeat(1_000_000)), /more than 512 levels of nesting/)
  })

  it('lets control characters and bytes that are not UTF-8 pass inside strings', () => {
    assert.equal(scan('{"a":"line\nfeed\u0000"}').members.length, 1)
    assert.equal(scan(Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff, 0xc3]), Buffer.from('"}')])).members.length, 1)
  })

  it('reads a body of a million backslashes in linear time', () => {
    const body = Buffer.from(`{"a":"${'\\\\'.repeat(500_000)}${`${'x'.repeat(100)}\\n`.repeat(50_000)}"}`)
    const from = process.cpuUsage()
    scanTopLevel(body)
    const used = process.cpuUsage(from)
    assert.ok(used.user + used.system < 1_000_000, 'six megabytes took more than a second')
  })
})

describe('base64 media in a body', () => {
  const base64 = Buffer.alloc(900, 'picture').toString('base64')

  function media(value: unknown): readonly [bytes: number, count: number] {
    const { mediaBytes, mediaCount } = scan(JSON.stringify({ model: 'm', messages: [{ content: [value] }] }))
    return [mediaBytes, mediaCount]
  }

  it('counts data URLs and the members that hold bare base64', () => {
    const url = `data:image/png;base64,${base64}`
    assert.deepEqual(media({ image_url: { url } }), [url.length, 1])
    assert.deepEqual(media([url, url]), [2 * url.length, 2])
    assert.deepEqual(media({ input_audio: { data: base64, format: 'wav' } }), [base64.length, 1])
    assert.deepEqual(media({ file: { file_data: base64 } }), [base64.length, 1])
    assert.deepEqual(media({ b64_json: base64 }), [base64.length, 1])
    assert.deepEqual(media('data:image/gif;base64,R0lGODlhAQABAAAAACw='), [42, 1])
  })

  it('knows base64 whose slashes are escaped', () => {
    const text = String.raw`{"url":"data:image\/png;base64,${'ab\\/+'.repeat(90)}"}`
    assert.equal(scan(text).mediaCount, 1)
  })

  it('counts text as text, whatever its member is called', () => {
    const text = 'A plain text document in a source of type text. '.repeat(20)
    assert.deepEqual(media({ source: { type: 'text', data: text } }), [0, 0])
    assert.deepEqual(media({ data: base64 + text }), [0, 0])
    assert.deepEqual(media(`data:text/plain;base64,${text}`), [0, 0])
    assert.deepEqual(media({ text: base64 }), [0, 0])
    assert.deepEqual(media({ data: 'c2hvcnQ=' }), [0, 0])
    assert.deepEqual(media('data: no URL at all'), [0, 0])
  })
})
