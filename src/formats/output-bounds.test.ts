import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ParsedRequest, RequestChanges } from './format.ts'
import { formatForPath } from './index.ts'

const CHAT = '/v1/chat/completions'
const COMPLETIONS = '/v1/completions'
const RESPONSES = '/v1/responses'
const MESSAGES = '/v1/messages'

function parse(path: string, text: string): ParsedRequest {
  const request = formatForPath(path)?.parseRequest(Buffer.from(text), undefined)
  assert.ok(request !== undefined)
  return request
}

function edited(path: string, text: string, changes: RequestChanges): string | undefined {
  return parse(path, text).edit(changes)?.toString()
}

describe('the bound on the output', () => {
  const cases: readonly (readonly [path: string, before: string, after: string | undefined])[] = [
    [CHAT, '{"model":"m","max_tokens":500}', '{"model":"m","max_tokens":40}'],
    [CHAT, '{"max_completion_tokens" : 500 ,"n":2}', '{"max_completion_tokens" : 40 ,"n":2}'],
    [CHAT, '{"max_tokens":500,"max_completion_tokens":600}', '{"max_tokens":40,"max_completion_tokens":40}'],
    [CHAT, '{"max_tokens":30,"max_completion_tokens":600}', '{"max_tokens":30,"max_completion_tokens":40}'],
    [CHAT, '{"max_tokens":null,"max_completion_tokens":600}', '{"max_tokens":null,"max_completion_tokens":40}'],
    [CHAT, '{"max_tokens":40}', undefined],
    [CHAT, '{"max_tokens":4e1}', undefined],
    [CHAT, String.raw`{"max_\u0074okens":500}`, String.raw`{"max_\u0074okens":40}`],
    [CHAT, '{"messages":[{"max_tokens":500}]}', '{"max_tokens":40,"messages":[{"max_tokens":500}]}'],
    [CHAT, '{}', '{"max_tokens":40}'],
    [CHAT, '{ "max_tokens": null }', '{ "max_tokens": 40 }'],
    [CHAT, '{"max_completion_tokens":null}', '{"max_tokens":40,"max_completion_tokens":null}'],
    [COMPLETIONS, '{"prompt":"x","max_tokens":16.5}', '{"prompt":"x","max_tokens":40}'],
    [COMPLETIONS, '{"prompt":"x"}', '{"max_tokens":40,"prompt":"x"}'],
    [RESPONSES, '{"input":"x","max_output_tokens":9999999999}', '{"input":"x","max_output_tokens":40}'],
    [RESPONSES, '{"input":"x","max_tokens":5}', '{"max_output_tokens":40,"input":"x","max_tokens":5}'],
    [MESSAGES, '{"max_tokens":1024,"messages":[]}', '{"max_tokens":40,"messages":[]}'],
    [MESSAGES, '{"max_tokens":0}', undefined],
    ['/v1/embeddings', '{"input":"x","max_tokens":500}', undefined],
    ['/v1/messages/count_tokens', '{"max_tokens":500}', undefined],
  ]
  for (const [path, before, after] of cases) {
    it(`${after === undefined ? 'stays' : 'is lowered'} in ${before} at ${path}`, () => {
      assert.equal(edited(path, before, { maxOutputTokens: 40 }), after)
      if (after !== undefined) assert.equal(parse(path, after).maxOutputTokens, 40)
    })
  }

  for (const value of ['"500"', '0', '-1', '1.5', 'true', '[1]', '{"a":2}', '1e400', '9007199254740993']) {
    it(`is set where the client has written ${value}, of which servers may make anything`, () => {
      const before = `{"max_completion_tokens":10,"max_tokens":${value}}`
      assert.deepEqual(parse(CHAT, before).unclearBounds, ['max_tokens'])
      assert.equal(edited(CHAT, before, { maxOutputTokens: 40 }), '{"max_completion_tokens":10,"max_tokens":40}')
    })
  }

  it('is added under the name that OpenAI wants where it is for OpenAI', () => {
    assert.equal(edited(CHAT, '{"max_tokens":null}', { maxOutputTokens: 40, isForOpenAi: true }), '{"max_completion_tokens":40,"max_tokens":null}')
    assert.equal(edited(CHAT, '{"max_tokens":500}', { maxOutputTokens: 40, isForOpenAi: true }), '{"max_tokens":40}')
    assert.equal(edited(MESSAGES, '{}', { maxOutputTokens: 40, isForOpenAi: true }), '{"max_tokens":40}')
  })

  it('is added among other additions', () => {
    const changes = { model: 'b', askForUsage: true, maxOutputTokens: 40 }
    assert.equal(edited(CHAT, '{"stream":true}', changes), '{"stream_options":{"include_usage":true},"model":"b","max_tokens":40,"stream":true}')
    assert.equal(edited(CHAT, '{}', changes), '{"model":"b","max_tokens":40}')
    assert.equal(edited(CHAT, '{"max_tokens":50,"model":"a"}', changes), '{"max_tokens":40,"model":"b"}')
  })

  it('is no bound of a form', () => {
    const form = '--x\r\nContent-Disposition: form-data; name="max_tokens"\r\n\r\n500\r\n--x--'
    const request = formatForPath('/v1/images/edits')?.parseRequest(Buffer.from(form), 'multipart/form-data; boundary=x')
    assert.deepEqual([request?.edit({ maxOutputTokens: 40 }), request?.leastOutputTokens], [undefined, undefined])
  })
})

describe('the least bound on the output', () => {
  it('is what the providers of the format take', () => {
    assert.deepEqual([CHAT, COMPLETIONS, RESPONSES, MESSAGES, '/v1/embeddings'].map((path) => parse(path, '{}').leastOutputTokens), [1, 1, 16, 1, undefined])
  })

  it('leaves room for an answer behind the thoughts that were asked for', () => {
    const least = (thinking: string): number | undefined => parse(MESSAGES, `{"max_tokens":9000,"thinking":${thinking}}`).leastOutputTokens
    assert.equal(least('{"type":"enabled","budget_tokens":2048}'), 2_049)
    assert.equal(least(String.raw`{"budget_\u0074okens":2048}`), 2_049)
    assert.equal(least('{"budget_tokens":5000,"budget_tokens":1024}'), 5_001)
    for (const thinking of ['null', '{}', '{"type":"adaptive"}', '{"x":{"budget_tokens":5000}}', '[{"budget_tokens":5000}]', '{"budget_tokens":"5000"}', '{"budget_tokens":-5}']) {
      assert.equal(least(thinking), 1, thinking)
    }
    assert.throws(() => parse(MESSAGES, '{"thinking":null,"thinking":{"budget_tokens":5000}}'), { code: 'malformed_request', param: 'thinking' })
  })
})

describe('a bound or a count', () => {
  it('is clear when it is a positive integer or not given', () => {
    assert.deepEqual(parse(CHAT, '{"max_tokens":5,"max_completion_tokens":null,"n":1}').unclearBounds, [])
    assert.deepEqual(parse(CHAT, '{"max_tokens":0,"n":0}').unclearBounds, ['max_tokens', 'n'])
    assert.deepEqual(parse(COMPLETIONS, '{"n":"5","best_of":1.5}').unclearBounds, ['n', 'best_of'])
    assert.deepEqual(parse(MESSAGES, '{"max_tokens":0}').unclearBounds, [])
    assert.deepEqual(parse(MESSAGES, '{"max_tokens":-1}').unclearBounds, ['max_tokens'])
  })

  it('is clear in a form when it is written in digits', () => {
    const unclear = (n: string): readonly string[] | undefined => {
      const form = `--x\r\nContent-Disposition: form-data; name="n"\r\n\r\n${n}\r\n--x--`
      return formatForPath('/v1/images/edits')?.parseRequest(Buffer.from(form), 'multipart/form-data; boundary=x').unclearBounds
    }
    assert.deepEqual(unclear('10'), [])
    for (const n of ['', '0', '-1', '1_0', '1e1', ' 1', '1.0', '٥']) assert.deepEqual(unclear(n), ['n'], n)
  })
})
