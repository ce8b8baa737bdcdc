import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ShortNames } from './short-names.ts'

describe('short names', () => {
  it('are the text of the bytes, the first time and every time', () => {
    const names = new ShortNames()
    const bytes = Buffer.from('content-type:content-length')
    for (let time = 0; time < 3; time++) {
      assert.equal(names.get(bytes, 0, 12), 'content-type')
      assert.equal(names.get(bytes, 13, 27), 'content-length')
      assert.equal(names.get(bytes, 5, 5), '')
    }
  })

  it('are right when many share a slot', () => {
    const names = new ShortNames()
    const texts = Array.from({ length: 5000 }, (_, index) => `x-${index.toString(36)}`)
    for (const text of [...texts, ...texts]) assert.equal(names.get(Buffer.from(text), 0, text.length), text)
  })

  it('leave what is not ASCII to others', () => {
    assert.equal(new ShortNames().get(Buffer.from('naïve'), 0, 6), undefined)
  })

  it('keep nothing of the bytes they were read from', () => {
    const names = new ShortNames()
    const bytes = Buffer.from('host')
    const name = names.get(bytes, 0, 4)
    bytes.fill('x')
    assert.equal(name, 'host')
    assert.equal(names.get(bytes, 0, 4), 'xxxx')
  })
})
