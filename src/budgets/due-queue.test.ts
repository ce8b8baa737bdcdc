import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createDueQueue, type DueEntry } from './due-queue.ts'

function takeAll(queue: ReturnType<typeof createDueQueue>, nowMs: number): DueEntry[] {
  const taken: DueEntry[] = []
  for (let entry = queue.takeDue(nowMs); entry !== undefined; entry = queue.takeDue(nowMs)) taken.push(entry)
  return taken
}

const entries = fc.array(fc.record({ atMs: fc.nat(20), id: fc.stringMatching(/^[a-c]{1,2}$/) }, { noNullPrototype: true }))

describe('the queue of what is due', () => {
  it('gives out what is due, the earliest first, and keeps the rest', () => {
    fc.assert(
      fc.property(entries, entries, fc.nat(20), (some, more, nowMs) => {
        const queue = createDueQueue()
        queue.replaceAll(some)
        const early = takeAll(queue, nowMs)
        for (const entry of more) queue.add(entry)
        const late = takeAll(queue, 20)
        const inOrder = (list: readonly DueEntry[]) => list.toSorted((a, b) => a.atMs - b.atMs || (a.id < b.id ? -1 : Number(a.id > b.id)))
        assert.deepEqual(early, inOrder(some.filter(({ atMs }) => atMs <= nowMs)))
        assert.deepEqual(late, inOrder([...some.filter(({ atMs }) => atMs > nowMs), ...more]))
        assert.equal(queue.size, 0)
      }),
    )
  })
})
