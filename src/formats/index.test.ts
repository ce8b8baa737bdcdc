import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { providerApis } from '../providers/index.ts'
import { formatForPath, formats } from './index.ts'

const form = 'multipart/form-data; boundary=b'
const formBody = '--b\r\nContent-Disposition: form-data; name="model"\r\n\r\nm\r\n--b--'

describe('formatForPath', () => {
  const expected: readonly (readonly [path: string, format: string, canonicalPath: string])[] = [
    ['/v1/chat/completions', 'openai-chat', '/v1/chat/completions'],
    ['/v1/completions', 'openai-completions', '/v1/completions'],
    ['/v1/embeddings', 'openai-embeddings', '/v1/embeddings'],
    ['/v1/responses', 'openai-responses', '/v1/responses'],
    ['/v1/images/generations', 'openai-images', '/v1/images/generations'],
    ['/v1/images/edits', 'openai-image-edits', '/v1/images/edits'],
    ['/v1/images/variations', 'openai-image-edits', '/v1/images/variations'],
    ['/v1/audio/speech', 'openai-speech', '/v1/audio/speech'],
    ['/v1/audio/transcriptions', 'openai-transcriptions', '/v1/audio/transcriptions'],
    ['/v1/audio/translations', 'openai-transcriptions', '/v1/audio/translations'],
    ['/v1/rerank', 'cohere-rerank', '/v1/rerank'],
    ['/v2/rerank', 'cohere-rerank', '/v2/rerank'],
    ['/cohere/v2/rerank', 'cohere-rerank', '/v2/rerank'],
    ['/v1/messages', 'anthropic-messages', '/v1/messages'],
    ['/anthropic/v1/messages', 'anthropic-messages', '/v1/messages'],
    ['/v1/messages/count_tokens', 'anthropic-count-tokens', '/v1/messages/count_tokens'],
    ['/anthropic/v1/messages/count_tokens', 'anthropic-count-tokens', '/v1/messages/count_tokens'],
  ]
  for (const [path, name, canonicalPath] of expected) {
    it(`finds ${name} at ${path}`, () => {
      const format = formatForPath(path)
      assert.equal(format?.name, name)
      assert.equal(format.canonicalPath(path), canonicalPath)
      assert.equal(formatForPath(canonicalPath), format, 'the attempt stage finds the format by the canonical path')
    })
  }

  it('is all there is', () => {
    assert.deepEqual(formats.flatMap((format) => format.paths).toSorted(), expected.map(([path]) => path).toSorted())
  })

  it('takes a trailing slash, another case and a query for another path', () => {
    for (const path of ['/v1/chat/completions/', '/V1/chat/completions', '/v1/chat/completions?a=b', '//v1/chat/completions', '', '/']) {
      assert.equal(formatForPath(path), undefined, path)
    }
  })
})

describe('every format', () => {
  it('is served by some provider', () => {
    const served = new Set(Object.values(providerApis).flatMap((api) => [...api.calls.keys()]))
    assert.deepEqual(formats.filter((format) => !served.has(format.name)), [])
  })

  it('reads a request of its own kind and refuses the other', () => {
    for (const format of formats) {
      const isForm = format.body === 'multipart'
      const [own, other] = isForm ? ([formBody, '{"model":"m"}'] as const) : (['{"model":"m"}', formBody] as const)
      const [ownType, otherType] = isForm ? ([form, 'application/json'] as const) : (['application/json', form] as const)
      assert.equal(format.parseRequest(Buffer.from(own), ownType).model, 'm', format.name)
      assert.throws(() => format.parseRequest(Buffer.from(other), otherType), { code: 'unsupported_request' }, format.name)
    }
  })

  it('takes a request without a model, and can be given one', () => {
    for (const format of formats.filter(({ body }) => body === 'json')) {
      const request = format.parseRequest(Buffer.from('{"input":"x"}'), undefined)
      assert.equal(request.model, undefined, format.name)
      assert.equal(request.edit({ model: 'm' })?.toString(), '{"model":"m","input":"x"}', format.name)
    }
  })

  it('has only count_tokens unmetered', () => {
    assert.deepEqual(formats.filter((format) => !format.metered).map((format) => format.name), ['anthropic-count-tokens'])
  })
})

describe('openai-responses', () => {
  it('refuses background answers', () => {
    const parse = (body: string): unknown => formatForPath('/v1/responses')?.parseRequest(Buffer.from(body), undefined)
    assert.throws(() => parse('{"model":"m","background":true}'), { code: 'unsupported_request', param: 'background', message: /nobody would see/ })
    assert.throws(() => parse('{"model":"m","Background":true}'), { code: 'malformed_request', param: 'background' })
    assert.throws(() => parse('{"model":"m","background":1}'), { code: 'malformed_request', param: 'background' })
    assert.throws(() => parse('{"model":"m","background":false,"background":true}'), { code: 'malformed_request', param: 'background' })
    assert.ok(parse('{"model":"m","background":false}'))
    assert.ok(parse('{"model":"m","background":null}'))
  })

  it('keeps its stream_options, which have no switch for usage', () => {
    const body = Buffer.from('{"stream":true,"stream_options":{"include_obfuscation":false},"max_output_tokens":9}')
    const request = formatForPath('/v1/responses')?.parseRequest(body, undefined)
    assert.deepEqual([request?.stream, request?.usageAsked, request?.maxOutputTokens], [true, true, 9])
    assert.equal(request?.edit({ askForUsage: true }), undefined)
  })
})
