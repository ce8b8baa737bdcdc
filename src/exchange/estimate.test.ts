import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseJsonRequest } from '../formats/json-request.ts'
import { estimateRequest } from './estimate.ts'

function outputOf(body: object): number | undefined {
  const fields = { stream: undefined, hasUsageSwitch: false, maxOutputTokens: ['max_tokens'], choices: ['n'] } as const
  return estimateRequest('openai-chat', parseJsonRequest(Buffer.from(JSON.stringify(body)), fields)).outputTokens
}

describe('the estimate before an answer', () => {
  it('is the prior or the bound of the client, for each answer asked for', () => {
    assert.equal(outputOf({}), 256)
    assert.equal(outputOf({ max_tokens: 40, n: 3 }), 120)
    assert.equal(outputOf({ max_tokens: 9_000, n: 128 }), 128 * 256)
  })

  it('believes no number of answers that no provider gives', () => {
    assert.equal(outputOf({ n: 129 }), 128 * 256)
    assert.equal(outputOf({ n: Number.MAX_SAFE_INTEGER }), 128 * 256)
  })
})
