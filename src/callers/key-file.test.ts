import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { formatKeyFile, parseKeyFile } from './key-file.ts'
import type { KeyRecord } from './key-record.ts'

const alice: KeyRecord = {
  id: '0123456789',
  hash: 'a'.repeat(64),
  attributes: new Map([['user', 'alice'], ['team', 'research']]),
  models: ['gpt-4o*'],
  createdAtMs: Date.parse('2026-01-01T00:00:00Z'),
  expiresAtMs: Date.parse('2027-01-01T00:00:00Z'),
  revokedAtMs: Date.parse('2026-06-01T12:30:00.5Z'),
}
const bob: KeyRecord = { ...alice, id: 'abcdefghjk', hash: 'b'.repeat(64), attributes: new Map([['user', 'bob']]), models: undefined, expiresAtMs: undefined, revokedAtMs: undefined }

describe('a file of keys', () => {
  it('gives back what was written, one key per line', () => {
    const text = formatKeyFile([alice, bob])
    assert.deepEqual(parseKeyFile(text), [alice, bob])
    assert.equal(text.split('\n').length, 5)
    assert.deepEqual(parseKeyFile(formatKeyFile([])), [])
    assert.deepEqual(parseKeyFile('\n'), [])
  })

  it('may be kept by hand, as YAML', () => {
    const text = `keys:\n  # the nightly job\n  - id: abcdefghjk\n    hash: ${'b'.repeat(64)}\n    attributes: {user: bob}\n    created: 2026-01-01T00:00:00Z\n`
    assert.deepEqual(parseKeyFile(text), [bob])
  })

  it('is refused whole when something in it is not understood, and the message names the key, never its hash', () => {
    const line = (changes: object): string => JSON.stringify({ keys: [{ id: bob.id, hash: bob.hash, attributes: { user: 'bob' }, ...changes }] })
    const mistakes: readonly (readonly [string, RegExp])[] = [
      ['keys: [', /neither JSON nor YAML/],
      ['[]', /no mapping with a list of keys/],
      ['{"keys": [3]}', /a key is not a mapping/],
      [line({ id: 'x' }), /no valid id/],
      [line({ hash: 'B'.repeat(64) }), /abcdefghjk has no valid hash/],
      [line({ expire: '2027-01-01' }), /unknown field "expire"/],
      [line({ expires: 'next year' }), /a time in "expires" that cannot be read/],
      [line({ revoked: true }), /a time in "revoked" that cannot be read/],
      [line({ models: 'gpt-4o' }), /models that are no list/],
      [line({ attributes: { user: 'bob, eve' } }), /attribute "user" that cannot be an identity/],
      [line({ attributes: undefined }), /no attributes/],
      [formatKeyFile([bob, bob]), /the same key twice/],
      [formatKeyFile([bob, { ...bob, id: alice.id }]), /the same key twice/],
    ]
    for (const [text, reason] of mistakes) assert.throws(() => parseKeyFile(text), (thrown: Error) => reason.test(thrown.message) && !thrown.message.includes(bob.hash.slice(0, 8)), text)
  })
})
