import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { TollgateError } from '../core/errors.ts'
import { errorBody, errorBodyFor } from './error-body.ts'

const text = 'no "model"\n\u2028</script> \ud800 é'

describe('errorBody', () => {
  it('speaks OpenAI', () => {
    const body = errorBody('openai', new TollgateError('model_not_found', text, { param: 'model' }))
    const error = { message: text, type: 'invalid_request_error', param: 'model', code: 'model_not_found' }
    assert.deepEqual(JSON.parse(body.toString()), { error })
    assert.deepEqual(JSON.parse(errorBody('openai', new TollgateError('internal', 'm')).toString()), {
      error: { message: 'm', type: 'server_error', param: null, code: 'internal_error' },
    })
  })

  it('speaks Anthropic', () => {
    const body = errorBody('anthropic', new TollgateError('model_not_found', text, { param: 'model' }))
    assert.deepEqual(JSON.parse(body.toString()), { type: 'error', error: { type: 'not_found_error', message: text } })
  })

  it("tells Anthropic's SDK to go on without a thread, in the details that it looks at", () => {
    const body = errorBody('anthropic', new TollgateError('unsupported_request', text, { param: 'thread' }))
    assert.deepEqual(JSON.parse(body.toString()).error, { type: 'invalid_request_error', message: text, details: { error_code: 'thread_unsupported_request' } })
  })

  it('never shows a cause', () => {
    const error = TollgateError.from(new Error('password is swordfish'))
    for (const style of ['openai', 'anthropic'] as const) assert.doesNotMatch(errorBody(style, error).toString(), /swordfish/)
  })
})

describe('errorBodyFor', () => {
  const typesByStatus: readonly (readonly [status: number, openai: string, anthropic: string])[] = [
    [400, 'invalid_request_error', 'invalid_request_error'],
    [401, 'invalid_request_error', 'authentication_error'],
    [403, 'invalid_request_error', 'permission_error'],
    [404, 'invalid_request_error', 'not_found_error'],
    [413, 'invalid_request_error', 'request_too_large'],
    [429, 'rate_limit_error', 'rate_limit_error'],
    [500, 'server_error', 'api_error'],
    [503, 'server_error', 'api_error'],
    [504, 'server_error', 'timeout_error'],
    [529, 'server_error', 'overloaded_error'],
  ]
  for (const [status, openai, anthropic] of typesByStatus) {
    it(`names the type of a ${status}`, () => {
      const parsed = (style: 'openai' | 'anthropic'): unknown => JSON.parse(errorBodyFor(style, { status, message: text }).toString())
      assert.deepEqual(parsed('openai'), { error: { message: text, type: openai, param: null, code: null } })
      assert.deepEqual(parsed('anthropic'), { type: 'error', error: { type: anthropic, message: text } })
    })
  }

  it('takes a type and a code', () => {
    const body = errorBodyFor('openai', { status: 429, message: 'm', type: 'tokens', code: 'rate_limit_exceeded' })
    assert.deepEqual(JSON.parse(body.toString()), { error: { message: 'm', type: 'tokens', param: null, code: 'rate_limit_exceeded' } })
  })
})
