// What a peer may send us: it is told in time that it may go on, padding counts like bytes that mean something, and bodies have no end.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import { describe, it } from 'node:test'
import { withConnection } from '../../test/support/direct-connection.ts'
import { distinctBytes } from '../../test/support/distinct-bytes.ts'
import { callBidi, collect, connectClient, HANGS_MS } from '../../test/support/grpc-client.ts'
import { logToArray } from '../../test/support/log-to-array.ts'
import { callFrame, code, dataFrame, type Frame, flag, frame, grpcMessage, splitMessages, type, windowFrame } from '../../test/support/raw-http2.ts'
import { type Script, WatchedService } from '../../test/support/watched-service.ts'
import { type GrpcServer } from '../core/transport.ts'
import { startGrpcServer } from '../edge/grpc-server.ts'

const MIB = 1024 * 1024
const MAX_FRAME = 16_384
const path = WatchedService.path
/** 100 MB in messages of 1 MB. */
const COUNT = 100
const MEGABYTE = distinctBytes(1_000_000, 1)

const increments = (frames: readonly Frame[], streamId: number): number[] => frames.filter((one) => one.type === type.windowUpdate && one.streamId === streamId).map(({ payload }) => payload.readUInt32BE(0))
const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0)

/** A frame of `bytes`, most of it padding. */
function paddedFrame(streamId: number, bytes: number, content: Buffer, endStream = false): Buffer {
  const padding = bytes - 1 - content.length
  return frame(type.data, flag.padded | (endStream ? flag.endStream : 0), streamId, Buffer.concat([Buffer.of(padding), content, Buffer.alloc(padding)]))
}

/** Answers what it was sent with its SHA-256 and says nothing else. */
function hashing(): Script {
  const hash = createHash('sha256')
  return {
    onMessage: (_call, message) => void hash.update(message),
    onHalfClose: (call) => {
      call.send(hash.digest())
      call.end()
    },
  }
}

function expectedHash(): string {
  const hash = createHash('sha256')
  for (let sent = 0; sent < COUNT; sent += 1) hash.update(MEGABYTE)
  return hash.digest('hex')
}

async function withServer(service: WatchedService, run: (server: GrpcServer) => Promise<void>): Promise<void> {
  const server = await startGrpcServer({ address: '127.0.0.1:0', transport: 'direct', routes: service.routes, maxMessageBytes: 2 * MIB, log: logToArray().log })
  try {
    await run(server)
  } finally {
    await server.close(0)
  }
}

describe('flow control of what we read', { timeout: 3 * HANGS_MS }, () => {
  it('lets a call go on before half of its window is used up, and the connection likewise', () => {
    const service = new WatchedService()
    return withConnection(service.routes, async ({ peer }) => {
      peer.greet(callFrame(1, path))
      await peer.answers()
      const bytes = Buffer.alloc(MAX_FRAME)
      // All of it belongs to one message.
      grpcMessage(Buffer.alloc(20 * MIB)).copy(bytes, 0, 0, 5)
      let sent = 0
      let granted = 0
      let grantedToAll = 0
      while (sent < 18 * MIB) {
        peer.write(dataFrame(1, sent === 0 ? bytes : Buffer.alloc(MAX_FRAME)))
        sent += MAX_FRAME
        const frames = await peer.answers()
        granted += sum(increments(frames, 1))
        grantedToAll += sum(increments(frames, 0))
        assert.ok(sent - granted <= MIB / 2 && granted <= sent, `${sent} bytes were sent and ${granted} given back`)
        assert.ok(sent - grantedToAll <= 8 * MIB && grantedToAll <= sent)
      }
      assert.ok(grantedToAll > 8 * MIB)
    }, { maxMessageBytes: 32 * MIB })
  })

  it('counts padding', () => {
    const service = new WatchedService()
    return withConnection(service.routes, async ({ peer }) => {
      peer.greet(callFrame(1, path))
      await peer.answers()
      const padded = paddedFrame(1, 261, grpcMessage(''))
      // The first frames that use up more than half of the window.
      const count = Math.floor(MIB / 2 / 261) + 1
      for (let sent = 0; sent < count - 1; sent += 1) peer.write(padded)
      assert.deepEqual(increments(await peer.answers(), 1), [])
      peer.write(padded)
      assert.deepEqual(increments(await peer.answers(), 1), [count * 261])
      assert.equal(service.at(0).messages.length, count)
    })
  })

  it('reads frames that have nothing but padding, or an empty end', () => {
    const service = new WatchedService()
    return withConnection(service.routes, async ({ peer }) => {
      peer.greet(callFrame(1, path), paddedFrame(1, 256, Buffer.alloc(0)), paddedFrame(1, 1, Buffer.alloc(0)), paddedFrame(1, 7, grpcMessage('a')), paddedFrame(1, 256, Buffer.alloc(0), true))
      await service.until(() => service.calls[0]?.events.includes('half-close') === true)
      assert.deepEqual(service.at(0).messages.map(String), ['a'])
    })
  })

  it('ends the connection when there is more padding than frame', () => {
    const service = new WatchedService()
    return withConnection(service.routes, async ({ peer }) => {
      peer.greet(callFrame(1, path), frame(type.data, flag.padded, 1, Buffer.of(4, 0, 0, 0)))
      assert.equal(await peer.over(), code.protocolError)
      await service.untilClosed(0)
    })
  })

  it('gives back to the connection what it reads for calls that are over and for requests that were refused', () => {
    const service = new WatchedService({ onOpen: (call) => call.end() })
    return withConnection(service.routes, async ({ peer }) => {
      peer.greet(callFrame(1, path))
      const opening = sum(increments(await peer.answers(), 0))
      assert.equal(opening, 16 * MIB - 65_535)
      let granted = 0
      for (let sent = 0; sent < 40 * MIB; sent += 16 * MAX_FRAME) {
        peer.write(...Array.from({ length: 16 }, () => dataFrame(1, Buffer.alloc(MAX_FRAME))))
        granted += sum(increments(await peer.answers(), 0))
      }
      assert.ok(granted >= 32 * MIB, `${granted} bytes were given back`)
    })
  })

  it('reads on while its own answers wait for a window', () => {
    const service = new WatchedService({ onMessage: (call, message) => call.send(message) })
    return withConnection(service.routes, async ({ peer }) => {
      peer.greet(callFrame(1, path))
      const message = distinctBytes(300_000, 2)
      const framed = grpcMessage(message)
      for (let at = 0; at < framed.length; at += MAX_FRAME) peer.write(dataFrame(1, framed.subarray(at, at + MAX_FRAME)))
      await service.until(() => service.calls[0]?.messages.length === 1)
      const first = await peer.answers()
      peer.write(windowFrame(0, 300_000), windowFrame(1, 300_000))
      const frames = [...first, ...(await peer.answers())].filter((one) => one.type === type.data)
      assert.equal(splitMessages(Buffer.concat(frames.map(({ payload }) => payload)))[0]?.equals(message), true)
    })
  })

  it('reads 100 MB of a client that is grpc-js', () =>
    withServer(new WatchedService(hashing()), async ({ address }) => {
      const client = connectClient(address)
      try {
        const stream = callBidi(client, path)
        const collected = collect(stream)
        for (let sent = 0; sent < COUNT; sent += 1) if (!stream.write(MEGABYTE)) await once(stream, 'drain')
        stream.end()
        const { messages, code: status } = await collected
        assert.equal(status, 0)
        assert.deepEqual(messages.map((message) => message.toString('hex')), [expectedHash()])
      } finally {
        client.close()
      }
    }))

  it('reads 100 MB of a client that is Node itself', () =>
    withServer(new WatchedService(hashing()), async ({ address }) => {
      const session = connectHttp2('http://test', { createConnection: () => connect({ host: '127.0.0.1', port: Number(address.split(':').at(-1)) }) })
      try {
        const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc' })
        const chunks: Buffer[] = []
        stream.on('data', (chunk: Buffer) => chunks.push(chunk))
        const trailers = once(stream, 'trailers')
        const framed = grpcMessage(MEGABYTE)
        for (let sent = 0; sent < COUNT; sent += 1) if (!stream.write(framed)) await once(stream, 'drain')
        stream.end()
        const [fields] = (await trailers) as [Record<string, unknown>]
        assert.equal(fields['grpc-status'], '0')
        assert.deepEqual(splitMessages(Buffer.concat(chunks)).map((message) => message.toString('hex')), [expectedHash()])
      } finally {
        session.destroy()
      }
    }))
})
