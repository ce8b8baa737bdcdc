import assert from 'node:assert/strict'
import { it } from 'node:test'
import { heapHeldBy } from '../../test/support/heap-held-by.ts'
import { Headers } from '../core/headers.ts'
import { readHeaders } from './read-headers.ts'

it('keeps the name of a caller, and not all the headers it was cut from', () => {
  const { value, bytes } = heapHeldBy(() =>
    Array.from({ length: 200 }, (_, index) => {
      const source = Buffer.alloc(100_000, String(index % 10)).toString('latin1')
      const headers = new Headers(source)
      headers.appendPlace('x-user-id', 0, 20)
      return readHeaders({ kind: 'headers', attributes: new Map([['user', 'x-user-id']]), models: undefined }, headers)
    }),
  )
  assert.ok(bytes < 2_000_000)
  assert.equal(value[7]?.attributes.get('user'), '7'.repeat(20))
})
