import assert from 'node:assert/strict'
import { it } from 'node:test'
import { heapHeldBy } from '../../test/support/heap-held-by.ts'
import { ownText } from './own-text.ts'

it('keeps a part of a text without keeping the whole', () => {
  const heldBy = (keep: (part: string) => string): number => {
    const { value, bytes } = heapHeldBy(() => Array.from({ length: 200 }, (_, index) => keep(Buffer.alloc(100_000, String(index % 10)).toString('latin1').slice(0, 20))))
    assert.equal(value[7], '7'.repeat(20))
    return bytes
  }
  assert.ok(heldBy((part) => part) > 10_000_000, 'a part alone keeps it: else this file is not needed any more')
  assert.ok(heldBy(ownText) < 2_000_000)
})
