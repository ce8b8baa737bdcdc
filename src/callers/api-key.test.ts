import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { createApiKey, hashApiKey, isApiKey, isApiKeyId } from './api-key.ts'

describe('an API key', () => {
  it('carries its id, and 40 letters of which every one depends on a random byte', () => {
    assert.deepEqual(createApiKey((bytes) => Buffer.alloc(bytes, 0)), { id: '0000000000', key: `tg-0000000000-${'0'.repeat(40)}` })
    const counted = createApiKey((bytes) => Buffer.from(Array.from({ length: bytes }, (_, index) => index)))
    assert.equal(counted.key, 'tg-0123456789-0123456789abcdefghjkmnpqrstvwxyz01234567')
  })

  it('is recognised by its form', () => {
    const { id, key } = createApiKey(randomBytes)
    assert.ok(isApiKey(key) && isApiKeyId(id))
    for (const other of ['', 'tg-', key.slice(1), `${key}0`, key.toUpperCase(), key.replace(/.$/, 'u'), `${key}\n`, 'sk-proj-abc']) assert.ok(!isApiKey(other), other)
    for (const other of ['', key, '../../../x', 'O123456789']) assert.ok(!isApiKeyId(other), other)
  })

  it('is kept as the SHA-256 of all of it', () => {
    // printf tg-0123456789-x | sha256sum
    assert.equal(hashApiKey('tg-0123456789-x'), '630f4dc094943aa4eb0d024aaea1ace127cbf2213c7341d56003f4b7fc818bf8')
  })
})
