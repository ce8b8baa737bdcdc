import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRestarts } from './restart-delay.ts'

test('one accident costs a moment, a row of them ever more, up to ten seconds', () => {
  const restarts = createRestarts()
  assert.deepEqual(Array.from({ length: 9 }, () => restarts.next(0)), [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000])
})

test('after half a minute of service the row is over', () => {
  const restarts = createRestarts()
  for (const servedMs of [0, 0, 29_999]) restarts.next(servedMs)
  assert.equal(restarts.next(30_000), 100)
})
