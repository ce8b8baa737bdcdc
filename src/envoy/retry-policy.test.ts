import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { defaultFallback } from '../../test/support/build-config.ts'
import { retryPolicy } from './retry-policy.ts'

const nothing = { ...defaultFallback, statuses: [], serverErrors: false, connectFailure: false, noHost: false, reset: false }

describe('retryPolicy', () => {
  it('knows the default in few words', () => {
    assert.deepEqual(retryPolicy(defaultFallback), {
      retry_on: '5xx,reset,connect-failure,refused-stream,envoy-ratelimited,retriable-status-codes',
      retriable_status_codes: [408, 429],
    })
  })

  it('names every server error where resets do not move on, because 5xx would include them', () => {
    const policy = retryPolicy({ ...nothing, statuses: [429, 529], serverErrors: true })
    assert.equal(policy['retry_on'], 'envoy-ratelimited,retriable-status-codes')
    assert.deepEqual(policy['retriable_status_codes'], [429, ...Array.from({ length: 100 }, (_, index) => 500 + index)])
  })

  it('moves on from nothing when told so', () => {
    assert.deepEqual(retryPolicy(nothing), { retry_on: '' })
  })

  it('moves on from a single status', () => {
    assert.deepEqual(retryPolicy({ ...nothing, statuses: [529] }), { retry_on: 'retriable-status-codes', retriable_status_codes: [529] })
  })

  it('gives both timeouts in Envoy’s spelling', () => {
    const policy = retryPolicy({ ...nothing, reset: true, connectFailure: true, perTryTimeoutMs: 1_500, perTryIdleTimeoutMs: 60_000 })
    assert.deepEqual(policy, { retry_on: 'reset,connect-failure,refused-stream', per_try_timeout: '1.5s', per_try_idle_timeout: '60s' })
  })
})
