// Clients that other people wrote, with many calls at a time: every byte comes back as it was sent.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { distinctBytes } from '../../test/support/distinct-bytes.ts'
import { callBidi, collect, connectClient, HANGS_MS } from '../../test/support/grpc-client.ts'
import { logToArray } from '../../test/support/log-to-array.ts'
import { createRandom } from '../../test/support/random.ts'
import { grpcMessage, splitMessages } from '../../test/support/raw-http2.ts'
import { echo, WatchedService } from '../../test/support/watched-service.ts'
import type { GrpcServer } from '../core/transport.ts'
import { startGrpcServer } from '../edge/grpc-server.ts'

const path = WatchedService.path
const STREAMS = 200

/** Mostly small, some beyond a frame, a few beyond the first windows. */
function messagesOf(stream: number): Buffer[] {
  const random = createRandom(stream)
  return Array.from({ length: 1 + Math.floor(8 * random()) }, (_, index) => distinctBytes(Math.floor(200_000 ** random()) - 1, 10 * stream + index))
}

const streams = Array.from({ length: STREAMS }, (_, index) => messagesOf(index))
const framed = (messages: readonly Buffer[]): Buffer => Buffer.concat(messages.map(grpcMessage))
/** Where an answer differs; a comparison that shows megabytes shows nothing. */
const differing = (answers: readonly (readonly Buffer[])[]): number[] => [...streams.keys()].filter((index) => !framed(answers[index] ?? []).equals(framed(streams[index] ?? [])))

describe('clients of the direct transport', { timeout: 3 * HANGS_MS }, () => {
  let server: GrpcServer
  const { log, lines } = logToArray()
  const service = new WatchedService(echo)

  before(async () => {
    server = await startGrpcServer({ address: '127.0.0.1:0', transport: 'direct', routes: service.routes, maxMessageBytes: 1_000_000, log })
  })
  after(async () => {
    await server.close(0)
    assert.deepEqual(lines, [])
    assert.deepEqual([...new Set(service.calls.map(({ events }) => events.filter((event) => event !== 'message').join(' ')))], ['open half-close close'])
  })

  it('carries 200 calls of grpc-js at a time', async () => {
    const client = connectClient(server.address)
    try {
      const answers = await Promise.all(
        streams.map(async (messages) => {
          const stream = callBidi(client, path)
          const collected = collect(stream)
          for (const message of messages) if (!stream.write(message)) await once(stream, 'drain')
          stream.end()
          return collected
        }),
      )
      assert.deepEqual([...new Set(answers.map(({ code }) => code))], [0])
      assert.deepEqual(differing(answers.map(({ messages }) => messages)), [])
    } finally {
      client.close()
    }
  })

  for (const initialWindowSize of [65_535, 1_000, 4_000_000]) {
    it(`carries 200 calls of Node itself at a time, with windows of ${initialWindowSize} bytes`, async () => {
      const session = connectHttp2('http://test', { settings: { initialWindowSize }, createConnection: () => connect({ host: '127.0.0.1', port: Number(server.address.split(':').at(-1)) }) })
      try {
        assert.deepEqual(differing(await Promise.all(streams.map((messages) => ask(session, messages)))), [])
      } finally {
        session.destroy()
      }
    })
  }

  it('lets a client cancel half of its calls and serves the others', async () => {
    const client = connectClient(server.address)
    try {
      const codes = await Promise.all(
        streams.slice(0, 100).map((messages, index) => {
          const stream = callBidi(client, path)
          const collected = collect(stream)
          for (const message of messages) stream.write(message)
          if (index % 2 === 0) stream.end()
          else stream.once('data', () => stream.cancel())
          return collected.then(({ code }) => code)
        }),
      )
      assert.deepEqual(codes.filter((_, index) => index % 2 === 0), Array.from({ length: 50 }, () => 0))
      assert.deepEqual([...new Set(codes.filter((_, index) => index % 2 === 1))], [1])
      await service.until(() => service.openCalls === 0)
      // What a cancelled call has seen ends with its close, without a half-close.
      service.calls.splice(-100)
    } finally {
      client.close()
    }
  })
})

async function ask(session: ClientHttp2Session, messages: readonly Buffer[]): Promise<Buffer[]> {
  const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc' })
  const chunks: Buffer[] = []
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  const ended = once(stream, 'end')
  const trailers = once(stream, 'trailers')
  // In pieces that have nothing to do with messages.
  const bytes = framed(messages)
  for (let at = 0; at < bytes.length; at += 30_001) if (!stream.write(bytes.subarray(at, at + 30_001))) await once(stream, 'drain')
  stream.end()
  const [fields] = (await trailers) as [Record<string, unknown>]
  await ended
  assert.equal(fields['grpc-status'], '0')
  return splitMessages(Buffer.concat(chunks))
}
