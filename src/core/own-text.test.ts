import assert from 'node:assert/strict'
import { it } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { ownText } from './own-text.ts'

it('keeps a part of a text without keeping the whole', () => {
  setFlagsFromString('--expose-gc')
  // Node types no way to turn it on later; this is the one it documents.
  const collect = runInNewContext('gc') as () => void
  const heldBy = (keep: (part: string) => string): number => {
    collect()
    const before = process.memoryUsage().heapUsed
    const kept = Array.from({ length: 200 }, (_, index) => keep(Buffer.alloc(100_000, String(index % 10)).toString('latin1').slice(0, 20)))
    collect()
    const held = process.memoryUsage().heapUsed - before
    assert.equal(kept[7], '7'.repeat(20))
    return held
  }
  assert.ok(heldBy((part) => part) > 10_000_000, 'a part alone keeps it: else this file is not needed any more')
  assert.ok(heldBy(ownText) < 2_000_000)
})
