import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFrameReader, encodeFrame } from './frames.ts'

test('gives the same messages however the stream is cut', () => {
  const batches = [[1, 'ä€😀'], [], [{ a: [null, 'x'.repeat(1000)] }, 'last']]
  const bytes = Buffer.concat(batches.map(encodeFrame))
  for (const size of [1, 2, 3, 5, 7, 100, bytes.length]) {
    const reader = createFrameReader()
    const messages: unknown[] = []
    for (let at = 0; at < bytes.length; at += size) messages.push(...reader.read(bytes.subarray(at, at + size)))
    assert.deepEqual(messages, batches.flat(), `in pieces of ${size}`)
  }
})

test('refuses what is no frame', () => {
  assert.throws(() => createFrameReader().read(Buffer.from('HTTP/1.1')), RangeError)
  const object = encodeFrame([])
  object.write('{}', 4)
  assert.throws(() => createFrameReader().read(object), TypeError)
})
