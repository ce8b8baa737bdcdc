// Our codec of the rate limit service against the .proto files, both ways.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { decodeRequest } from '../../src/ratelimit/decode-request.ts'
import { encodeResponse } from '../../src/ratelimit/encode-response.ts'
import type { RateLimitRequest, RateLimitResponse } from '../../src/ratelimit/messages.ts'
import { limitUnits } from '../../src/ratelimit/window.ts'
import { loadShouldRateLimit } from '../support/rate-limit-service.ts'

const shouldRateLimit = loadShouldRateLimit({ defaults: true })
// Plain objects, as our codec makes them.
const plain = { noNullPrototype: true }

const text = fc.string({ unit: 'binary', maxLength: 30 })
const uint32 = fc.integer({ min: 0, max: 4_294_967_295 })
const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })

const entry = fc.record({ key: text, value: text }, plain)
const override = fc.record({ requestsPerUnit: uint32, unitNumber: fc.integer({ min: 0, max: 100 }) }, plain)
const descriptorFields = {
  entries: fc.array(entry, { maxLength: 4 }),
  limit: fc.option(override, { nil: undefined }),
  hitsAddend: fc.option(fc.oneof(fc.constant(0n), uint64), { nil: undefined }),
  isNegativeHits: fc.boolean(),
}
const descriptors = fc.array(fc.record(descriptorFields, plain), { maxLength: 4 })
const request: fc.Arbitrary<RateLimitRequest> = fc.record({ domain: text, hitsAddend: uint32, descriptors }, plain)

const headerText = fc.string({ maxLength: 20 })
const response: fc.Arbitrary<RateLimitResponse> = fc.record({
  overLimit: fc.boolean(),
  statuses: fc.array(
    fc.record({
      overLimit: fc.boolean(),
      currentLimit: fc.option(fc.record({ requestsPerUnit: uint32, unit: fc.constantFrom(...limitUnits), name: text }), { nil: undefined }),
      limitRemaining: uint32,
      resetSeconds: fc.option(fc.integer({ min: 1, max: 31_536_000 }), { nil: undefined }),
    }),
    { maxLength: 4 },
  ),
  responseHeaders: fc.array(fc.record({ name: headerText, value: headerText }), { maxLength: 3 }),
  rawBody: fc.string({ unit: 'binary', maxLength: 300 }),
})

function protoRequest({ domain, descriptors, hitsAddend }: RateLimitRequest): object {
  return {
    domain,
    hits_addend: hitsAddend,
    descriptors: descriptors.map(({ entries, limit, hitsAddend: own, isNegativeHits }) => ({
      entries,
      ...(limit === undefined ? {} : { limit: { requests_per_unit: limit.requestsPerUnit, unit: limit.unitNumber } }),
      ...(own === undefined ? {} : { hits_addend: { value: String(own) } }),
      is_negative_hits: isNegativeHits,
    })),
  }
}

describe('the codec of the rate limit service', () => {
  it('reads every request as the .proto files do', () => {
    fc.assert(fc.property(request, (value) => assert.deepEqual(decodeRequest(shouldRateLimit.requestSerialize(protoRequest(value))), value)), { numRuns: 1000 })
  })

  it('writes every response so that the .proto files read it', () => {
    fc.assert(
      fc.property(response, (value) => {
        const { overLimit, statuses, responseHeaders, rawBody } = value
        const code = (over: boolean): string => (over ? 'OVER_LIMIT' : 'OK')
        const expected = shouldRateLimit.responseDeserialize(
          shouldRateLimit.responseSerialize({
            overall_code: code(overLimit),
            statuses: statuses.map(({ overLimit: over, currentLimit, limitRemaining, resetSeconds }) => ({
              code: code(over),
              ...(currentLimit === undefined
                ? {}
                : { current_limit: { requests_per_unit: currentLimit.requestsPerUnit, unit: currentLimit.unit.toUpperCase(), name: currentLimit.name } }),
              limit_remaining: limitRemaining,
              ...(resetSeconds === undefined ? {} : { duration_until_reset: { seconds: String(resetSeconds) } }),
            })),
            response_headers_to_add: responseHeaders.map(({ name, value: text }) => ({ key: name, value: text })),
            raw_body: Buffer.from(rawBody),
          }),
        )
        assert.deepEqual(shouldRateLimit.responseDeserialize(encodeResponse(value)), expected)
      }),
      { numRuns: 1000 },
    )
  })

  it('skips what a later API adds', () => {
    const known = { domain: 'd', hitsAddend: 0, descriptors: [{ entries: [], limit: undefined, hitsAddend: 0n, isNegativeHits: false }] }
    const later = Buffer.from('9206026869', 'hex')
    assert.deepEqual(decodeRequest(Buffer.concat([shouldRateLimit.requestSerialize(protoRequest(known)), later])), known)
  })

  it('tells hits of 0 from no hits, and takes the last of a repeated field', () => {
    // Descriptor field 3, an empty UInt64Value; and domain twice.
    const [descriptor] = decodeRequest(Buffer.from('12021a00', 'hex')).descriptors
    assert.equal(descriptor?.hitsAddend, 0n)
    assert.equal(decodeRequest(Buffer.from('0a01610a0162', 'hex')).domain, 'b')
  })
})
