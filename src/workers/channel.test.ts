import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { TollgateError } from '../core/errors.ts'
import { socketPair } from '../../test/support/socket-pair.ts'
import { type Channel, createChannel } from './channel.ts'

type Asked = { double: { question: number; answer: number }; later: { question: string; answer: string }; never: { question: null; answer: null } }
type Told = { word: string }
type Nothing = Record<string, never>

let sockets: readonly [Socket, Socket]
let client: Channel<Asked, Told>
let server: Channel<Nothing, Nothing>
let heard: string[]
let errors: unknown[]
let release: (() => void)[]

beforeEach(async () => {
  sockets = await socketPair()
  heard = []
  errors = []
  release = []
  client = createChannel<Asked, Told, Nothing, Nothing>(sockets[0], { answers: {}, hears: {}, onError: (error) => errors.push(error) })
  server = createChannel<Nothing, Nothing, Asked, Told>(sockets[1], {
    answers: {
      double: (value) => {
        if (value === 13) throw new TollgateError('limits_unavailable', 'thirteen is not doubled')
        if (value === 14) throw new Error('a secret cause')
        return 2 * value
      },
      later: (text) => new Promise((resolve) => release.push(() => resolve(text))),
      never: () => new Promise(() => undefined),
    },
    hears: { word: (word) => heard.push(word) },
    onError: (error) => errors.push(error),
  })
})
afterEach(async () => {
  client.close()
  server.close()
  await Promise.all([client.closed, server.closed])
})

describe('a channel', () => {
  it('answers a thousand questions that are asked at once', async () => {
    const values = Array.from({ length: 1000 }, (_, index) => index + 100)
    const answers = await Promise.all(values.map((value) => client.ask('double', value, 5000)))
    assert.deepEqual(answers, values.map((value) => 2 * value))
  })

  it('gives each its own answer, in whatever order they come', async () => {
    const first = client.ask('later', 'first', 5000)
    const second = client.ask('later', 'second', 5000)
    // Answered after both, on the same stream.
    await client.ask('double', 1, 5000)
    release[1]?.()
    assert.equal(await second, 'second')
    release[0]?.()
    assert.equal(await first, 'first')
  })

  it('carries more than a socket holds, in pieces', async () => {
    const text = 'ä€😀'.repeat(300_000)
    const answer = client.ask('later', text, 20_000)
    await client.ask('double', 1, 20_000)
    release[0]?.()
    assert.equal(await answer, text)
  })

  it('keeps news and questions in their order', async () => {
    for (const word of ['a', 'b', 'c']) client.tell('word', word)
    await client.ask('double', 1, 5000)
    assert.deepEqual(heard, ['a', 'b', 'c'])
  })

  it('tells what the other side refused, but no cause of what failed there', async () => {
    await assert.rejects(client.ask('double', 13, 5000), { code: 'limits_unavailable', message: 'thirteen is not doubled' })
    assert.deepEqual(errors, [])
    await assert.rejects(client.ask('double', 14, 5000), (error: Error) => error instanceof TollgateError && !error.message.includes('secret'))
    assert.match(String(errors[0]), /a secret cause/)
  })

  it('gives up after the time that was given, and ignores an answer that comes later', async () => {
    const late = client.ask('later', 'late', 1)
    await assert.rejects(late, { code: 'internal', message: 'The other process did not answer within 1 ms (later).' })
    await client.ask('double', 1, 5000)
    release[0]?.()
    assert.equal(await client.ask('double', 2, 5000), 4)
  })

  it('fails everybody who waits when the other side goes, and whoever asks afterwards', async () => {
    const waiting = client.ask('never', null, 60_000)
    await client.ask('double', 1, 5000)
    sockets[1].destroy()
    await assert.rejects(waiting, { message: 'The other process is gone.' })
    await client.closed
    await assert.rejects(client.ask('double', 1, 5000), { message: 'The other process is gone.' })
  })

  it('sends what was told before it is closed', async () => {
    client.tell('word', 'goodbye')
    client.close()
    await server.closed
    assert.deepEqual(heard, ['goodbye'])
  })

  it('ends on what is no message', async () => {
    sockets[0].write('GET / HTTP/1.1\r\n\r\n')
    await server.closed
    assert.match(String(errors[0]), /a frame of \d+ bytes/)
  })
})
