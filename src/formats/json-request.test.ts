import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { TollgateError } from '../core/errors.ts'
import type { ParsedRequest } from './format.ts'
import { type JsonRequestFields, jsonRequestParser, parseJsonRequest } from './json-request.ts'

const chat: JsonRequestFields = { stream: 'stream', hasUsageSwitch: true, maxOutputTokens: ['max_completion_tokens', 'max_tokens'], choices: ['n', 'best_of'] }

function parse(text: string, fields: JsonRequestFields = chat): ParsedRequest {
  return parseJsonRequest(Buffer.from(text), fields)
}

function edited(text: string, changes: Parameters<ParsedRequest['edit']>[0]): string | undefined {
  return parse(text).edit(changes)?.toString()
}

function refused(text: string, message: string | RegExp, param?: string): void {
  assert.throws(
    () => parse(text),
    (thrown) => {
      assert.ok(thrown instanceof TollgateError)
      assert.equal(thrown.code, 'malformed_request')
      assert.match(thrown.message, new RegExp(message))
      assert.equal(thrown.param, param)
      return true
    },
  )
}

describe('what a JSON request asks for', () => {
  it('is read from the top level only', () => {
    const request = parse('{"messages":[{"model":"inner","stream":true}],"model":"gpt-4o","stream":false,"n":3,"max_tokens":50}')
    const { model, stream, usageAsked, maxOutputTokens, choices } = request
    assert.deepEqual([model, stream, usageAsked, maxOutputTokens, choices], ['gpt-4o', false, false, 50, 3])
  })

  it('is nothing in particular in an empty object', () => {
    const { model, stream, usageAsked, maxOutputTokens, choices, inputTokensEstimate } = parse('{}')
    assert.deepEqual(
      { model, stream, usageAsked, maxOutputTokens, choices, inputTokensEstimate },
      { model: undefined, stream: false, usageAsked: false, maxOutputTokens: undefined, choices: 1, inputTokensEstimate: 1 },
    )
  })

  it('takes null for absent', () => {
    const { model, stream, maxOutputTokens, choices } = parse('{"model":null,"stream":null,"stream_options":null,"max_tokens":null,"n":null}')
    assert.deepEqual({ model, stream, maxOutputTokens, choices }, { model: undefined, stream: false, maxOutputTokens: undefined, choices: 1 })
  })

  it('unescapes the model', () => {
    assert.equal(parse(String.raw`{"model":"gpt\u002d4o\/\"x\""}`).model, 'gpt-4o/"x"')
  })

  it('takes the largest bound of several and ignores what is no count', () => {
    assert.equal(parse('{"max_tokens":10,"max_completion_tokens":1e2}').maxOutputTokens, 100)
    assert.equal(parse('{"max_tokens":0}').maxOutputTokens, 0)
    for (const value of ['-1', '1.5', '"12"', '{}', '[]', 'true', '1e400']) assert.equal(parse(`{"max_tokens":${value}}`).maxOutputTokens, undefined, value)
    assert.equal(parse('{"n":2,"best_of":5}').choices, 5)
    assert.equal(parse('{"n":0}').choices, 1)
  })

  it('estimates text by its bytes and media by their number', () => {
    const url = `data:image/png;base64,${'iVBO'.repeat(10_000)}`
    const body = JSON.stringify({ model: 'm', messages: [{ content: url }, { content: url }] })
    assert.equal(parse(body).inputTokensEstimate, Math.ceil((body.length - 2 * url.length) / 4) + 2_000)
    assert.equal(parse(`{"a":"${'x'.repeat(4_000)}"}`).inputTokensEstimate, 1_002)
  })

  it('knows a speech stream by its format', () => {
    const speech: JsonRequestFields = { stream: 'stream_format', hasUsageSwitch: false, maxOutputTokens: [], choices: [] }
    assert.equal(parse('{"stream_format":"sse"}', speech).stream, true)
    assert.equal(parse('{"stream_format":"audio","stream":true}', speech).stream, false)
    assert.equal(parse('{}', speech).usageAsked, true)
  })

  it('is JSON under any content type but multipart', () => {
    const parser = jsonRequestParser(chat)
    for (const type of [undefined, 'application/json', 'application/x-www-form-urlencoded', 'text/plain']) {
      assert.equal(parser(Buffer.from('{"model":"m"}'), type).model, 'm')
    }
    assert.throws(() => parser(Buffer.from('{}'), ' Multipart/Form-Data; boundary=x'), { code: 'unsupported_request' })
  })
})

describe('a request that servers could read in two ways is refused', () => {
  it('with a model that is no name', () => {
    for (const value of ['1', 'true', '{}', '["gpt-4o"]']) refused(`{"model":${value}}`, '"model" must be a string', 'model')
    refused('{"model":""}', '"model" must not be empty', 'model')
  })

  it('with the model twice', () => {
    refused('{"model":"a","model":"a"}', 'has "model" twice', 'model')
    refused(String.raw`{"model":"a","m\u006fdel":"b"}`, 'has "model" twice', 'model')
    refused('{"model":null,"messages":[],"model":"b"}', 'has "model" twice', 'model')
  })

  it('with the model in another case, even alone', () => {
    refused('{"Model":"a"}', 'which some providers read as "model"', 'model')
    refused('{"model":"a","MODEL":"b"}', 'which some providers read as "model"', 'model')
    refused(String.raw`{"model":"a","\u004dodel":"b"}`, 'which some providers read as "model"', 'model')
  })

  it('with letters that only fold to ours', () => {
    refused('{"\u017ftream":true}', 'which some providers read as "stream"', 'stream')
    refused('{"max_to\u212aens":1}', 'which some providers read as "max_tokens"', 'max_tokens')
  })

  it('with any other field that decides', () => {
    for (const name of ['stream', 'stream_options', 'max_tokens', 'max_completion_tokens', 'n', 'best_of']) {
      refused(`{"${name}":null,"${name}":null}`, `has "${name}" twice`, name)
      refused(`{"${name.toUpperCase()}":null}`, `read as "${name}"`, name)
    }
  })

  it('with truths that are no booleans', () => {
    for (const value of ['1', '"true"', '[]']) refused(`{"stream":${value}}`, '"stream" must be true, false or null', 'stream')
    for (const value of ['true', '"include_usage"', '[]']) refused(`{"stream_options":${value}}`, 'must be an object or null', 'stream_options')
    refused('{"stream_options":{"include_usage":"true"}}', 'must be true, false or null', 'stream_options')
    refused('{"stream_options":{"Include_Usage":false}}', 'read as "include_usage"', 'include_usage')
  })

  it('but other names may repeat and differ in case', () => {
    assert.equal(parse('{"user":"a","user":"b","User":"c","metadata":{"model":1,"model":2,"Model":3},"modell":"x","model":"m"}').model, 'm')
  })
})

describe('edit', () => {
  it('returns undefined when nothing has to change', () => {
    assert.equal(edited('{"model":"a"}', {}), undefined)
    assert.equal(edited('{"model":"a"}', { model: 'a' }), undefined)
    assert.equal(edited(String.raw`{"model":"\u0061"}`, { model: 'a' }), undefined)
    assert.equal(edited('{"model":"a"}', { askForUsage: true }), undefined)
    assert.equal(edited('{"stream":false}', { askForUsage: true }), undefined)
    assert.equal(edited('{"stream":true}', { askForUsage: false }), undefined)
    assert.equal(edited('{"stream":true,"stream_options":{"include_usage":true}}', { askForUsage: true }), undefined)
  })

  it('replaces the model and nothing else', () => {
    const text = ' { "größe": 1.0e0 ,\r\n\t"model" : "a" , "x":"\\u00e9", "user":1, "user":2 } \n'
    assert.equal(edited(text, { model: 'b"\\ü' }), text.replace('"a"', String.raw`"b\"\\ü"`))
  })

  it('adds the model first', () => {
    assert.equal(edited('{}', { model: 'b' }), '{"model":"b"}')
    assert.equal(edited('\n{ }\n', { model: 'b' }), '\n{"model":"b" }\n')
    assert.equal(edited('{\n  "messages": []\n}', { model: 'b' }), '{"model":"b",\n  "messages": []\n}')
    assert.equal(edited('{"model":null}', { model: 'b' }), '{"model":"b"}')
  })

  const asked: readonly (readonly [before: string, after: string])[] = [
    ['{"stream":true}', '{"stream_options":{"include_usage":true},"stream":true}'],
    ['{"stream":true,"stream_options":null}', '{"stream":true,"stream_options":{"include_usage":true}}'],
    ['{"stream":true,"stream_options":{}}', '{"stream":true,"stream_options":{"include_usage":true}}'],
    ['{"stream":true,"stream_options":{ } }', '{"stream":true,"stream_options":{"include_usage":true } }'],
    ['{"stream_options": {"include_usage" : false},"stream":true}', '{"stream_options": {"include_usage" : true},"stream":true}'],
    ['{"stream":true,"stream_options":{"include_usage":null}}', '{"stream":true,"stream_options":{"include_usage":true}}'],
    [
      '{"stream":true,"stream_options":{"include_obfuscation":false, "x":{"include_usage":false}}}',
      '{"stream":true,"stream_options":{"include_usage":true,"include_obfuscation":false, "x":{"include_usage":false}}}',
    ],
    [
      '{"stream":true,"stream_options":{"include_usage":true,"include_usage":false}}',
      '{"stream":true,"stream_options":{"include_usage":true,"include_usage":true}}',
    ],
    [String.raw`{"stream":true,"stream_options":{"include\u005fusage":false}}`, String.raw`{"stream":true,"stream_options":{"include\u005fusage":true}}`],
  ]
  for (const [before, after] of asked) {
    it(`asks for usage in ${before}`, () => {
      assert.equal(parse(before).usageAsked, false)
      assert.equal(edited(before, { askForUsage: true }), after)
      assert.equal(parse(after).usageAsked, true)
    })
  }

  it('makes both changes at once, wherever they are', () => {
    assert.equal(edited('{"stream":true}', { model: 'b', askForUsage: true }), '{"stream_options":{"include_usage":true},"model":"b","stream":true}')
    assert.equal(
      edited('{"model":"a","stream":true,"stream_options":null}', { model: 'b', askForUsage: true }),
      '{"model":"b","stream":true,"stream_options":{"include_usage":true}}',
    )
    assert.equal(
      edited('{"stream_options":{"include_usage":false},"stream":true,"model":"a"}', { model: 'long name', askForUsage: true }),
      '{"stream_options":{"include_usage":true},"stream":true,"model":"long name"}',
    )
  })

  it('leaves a format without the switch alone', () => {
    const fields: JsonRequestFields = { ...chat, hasUsageSwitch: false }
    assert.equal(parse('{"stream":true,"stream_options":7}', fields).edit({ askForUsage: true }), undefined)
  })
})
