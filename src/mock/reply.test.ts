// Token counts of the mock are a promise to the tests that compare books with it.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { noInstructions } from './instructions.ts'
import { createReply, splitReply, tokensOfPiece } from './reply.ts'

const asked = { prompt: 'Hello', model: 'gpt-4o', inputTokens: 5, maxTokens: undefined, instructions: noInstructions }

describe('createReply', () => {
  it('refers to the prompt and counts four characters a token', () => {
    const reply = createReply(asked)
    assert.match(reply.text, /Hello/)
    assert.equal(reply.tokens.outputTokens, Math.ceil(reply.text.length / 4))
    assert.equal(reply.isCut, false)
  })

  it('stops at the limit of the request', () => {
    const reply = createReply({ ...asked, maxTokens: 3 })
    assert.deepEqual([reply.text.length, reply.tokens.outputTokens, reply.isCut], [12, 3, true])
  })

  it('is as long as the tokens that are asked for, without the reasoning', () => {
    const reply = createReply({ ...asked, instructions: { ...noInstructions, outputTokens: 100, reasoningTokens: 40 } })
    assert.deepEqual([reply.text.length, reply.tokens.outputTokens, reply.tokens.reasoningTokens], [240, 100, 40])
  })

  it('makes up no more than a mebibyte of text', () => {
    const reply = createReply({ ...asked, instructions: { ...noInstructions, outputTokens: 1_000_000_000 } })
    assert.deepEqual([reply.text.length, reply.tokens.outputTokens], [1_048_576, 1_000_000_000])
  })

  it('never cuts a character in two', () => {
    const reply = createReply({ ...asked, prompt: `a${'😀'.repeat(50)}` })
    assert.equal(Buffer.from(reply.text).toString(), reply.text)
  })
})

describe('splitReply', () => {
  it('splits by words and loses nothing', () => {
    assert.deepEqual(splitReply('one two  three', undefined), ['one ', 'two  ', 'three'])
  })

  it('makes exactly as many pieces as asked for, none of them empty', () => {
    for (const pieces of [1, 2, 7, 300]) {
      const parts = splitReply('Hi 😀😀😀', pieces)
      assert.equal(parts.length, pieces)
      assert.equal(parts.filter((part) => part === '').length, 0)
    }
  })
})

describe('tokensOfPiece', () => {
  it('adds up to the total', () => {
    for (const [total, pieces] of [[0, 3], [1, 3], [10, 3], [100, 7], [7, 100]] as const) {
      const sum = Array.from({ length: pieces }, (_, index) => tokensOfPiece(total, index, pieces)).reduce((left, right) => left + right, 0)
      assert.equal(sum, total)
    }
  })
})
