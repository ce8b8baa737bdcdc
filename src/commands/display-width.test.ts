import assert from 'node:assert/strict'
import { it } from 'node:test'
import { displayWidth, fitText, printable } from './display-width.ts'

it('counts cells, not characters', () => {
  for (const [text, width] of [['', 0], ['alice', 5], ['é', 1], ['e\u0301', 1], ['日本', 4], ['한', 2], ['🙂', 2], ['…─█', 3]] as const) assert.equal(displayWidth(text), width, text)
})

it('cuts texts so that they fit, and says so', () => {
  assert.deepEqual([5, 4, 1, 0].map((width) => fitText('alice', width)), ['alice', 'ali…', '…', ''])
  assert.deepEqual([4, 3, 2].map((width) => fitText('日本', width)), ['日本', '日…', '…'])
})

it('lets nothing through that a terminal would obey', () => {
  assert.equal(printable('a\u001b[2Jb\r\n\t\u0007\u009bc\u202ed\u2028'), 'a�[2Jb�����c�d�')
  assert.equal(printable('Zoë 日本 🙂'), 'Zoë 日本 🙂')
})
