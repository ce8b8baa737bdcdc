// What we send never exceeds what the peer lets us send, and all of it goes out when the peer lets us: windows of calls, of the connection, and both.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { withConnection } from '../../test/support/direct-connection.ts'
import { distinctBytes } from '../../test/support/distinct-bytes.ts'
import { HANGS_MS } from '../../test/support/grpc-client.ts'
import { callFrame, callWindowFrame, dataFrame, type Frame, flag, grpcMessage, LARGEST_WINDOW, type RawPeer, resetFrame, splitMessages, type, windowFrame } from '../../test/support/raw-http2.ts'
import { echo, type Script, WatchedService } from '../../test/support/watched-service.ts'

const path = WatchedService.path
const CONNECTION_WINDOW = 65_535
const END = [type.headers, flag.endHeaders | flag.endStream] as const

const dataOf = (frames: readonly Frame[], streamId: number): Buffer => Buffer.concat(frames.filter((one) => one.type === type.data && one.streamId === streamId).map(({ payload }) => payload))
const hasEnd = (frames: readonly Frame[], streamId: number): boolean => frames.some((one) => one.streamId === streamId && one.type === END[0] && one.flags === END[1])

/** Sends these and ends when it is opened. */
function answering(...messages: readonly Buffer[]): Script {
  return {
    onOpen: (call) => {
      for (const message of messages) call.send(message)
      call.end()
    },
  }
}

/** Gives `bytes` to a call again and again until its answer has ended, and returns what came each time. */
async function readInSteps(peer: RawPeer, streamId: number, bytes: number): Promise<Buffer[]> {
  const steps: Buffer[] = []
  for (let isOver = false; !isOver; ) {
    peer.write(windowFrame(streamId, bytes))
    const frames = await peer.answers()
    steps.push(dataOf(frames, streamId))
    isOver = hasEnd(frames, streamId)
  }
  return steps
}

describe('flow control of what we send', { timeout: 3 * HANGS_MS }, () => {
  const messages = [distinctBytes(30, 1), Buffer.alloc(0), distinctBytes(300, 2), Buffer.alloc(0), distinctBytes(7, 3)]
  const framed = Buffer.concat(messages.map(grpcMessage))

  for (const window of [0, 1, 5, 100]) {
    it(`sends no more than a first window of ${window}, the head of a message cut if need be`, () => {
      const service = new WatchedService(answering(...messages))
      return withConnection(service.routes, async ({ peer }) => {
        peer.greet(callWindowFrame(window), callFrame(1, path, { endStream: true }))
        const first = await peer.answers()
        assert.equal(dataOf(first, 1).equals(framed.subarray(0, window)), true)
        assert.equal(hasEnd(first, 1), false)
        assert.deepEqual(service.at(0).events, ['open'])
        const step = window === 0 ? 3 : window
        const steps = await readInSteps(peer, 1, step)
        const left = framed.length - window
        assert.deepEqual(steps.map(({ length }) => length), [...Array.from({ length: Math.floor(left / step) }, () => step), ...(left % step === 0 ? [] : [left % step])])
        assert.equal(Buffer.concat([dataOf(first, 1), ...steps]).equals(framed), true)
        assert.deepEqual(service.at(0).events, ['open', 'close'])
      })
    })
  }

  it('sends headers and a status without a message also when nothing may be sent', () => {
    const service = new WatchedService(echo)
    return withConnection(service.routes, async ({ peer }) => {
      peer.greet(callWindowFrame(0), callFrame(1, path, { endStream: true }))
      assert.equal(hasEnd(await peer.answers(), 1), true)
    })
  })

  it('sends a message that fits exactly as one frame, with a window that is empty afterwards', () => {
    const service = new WatchedService(echo)
    return withConnection(service.routes, async ({ peer }) => {
      peer.greet(callWindowFrame(15), callFrame(1, path), dataFrame(1, grpcMessage('0123456789')))
      assert.deepEqual((await peer.answers()).filter((one) => one.type === type.data).map(({ payload }) => payload.length), [15])
      peer.write(dataFrame(1, grpcMessage(''), true))
      assert.equal(hasEnd(await peer.answers(), 1), false)
      peer.write(windowFrame(1, 5))
      const last = await peer.answers()
      assert.deepEqual(splitMessages(dataOf(last, 1)).map(String), [''])
      assert.equal(hasEnd(last, 1), true)
    })
  })

  it('sends no frame over 16,384 bytes, however much it may', () => {
    const message = distinctBytes(60_000, 4)
    const service = new WatchedService(answering(message))
    return withConnection(service.routes, async ({ peer }) => {
      peer.greet(callWindowFrame(LARGEST_WINDOW), callFrame(1, path, { endStream: true }))
      const frames = await peer.answers()
      assert.ok(frames.every(({ payload }) => payload.length <= 16_384))
      assert.deepEqual(splitMessages(dataOf(frames, 1)).map((one) => one.equals(message)), [true])
    })
  })

  it('goes on when the first window grows, also for calls that wait, and for new ones', () => {
    const service = new WatchedService(answering(distinctBytes(50, 5)))
    return withConnection(service.routes, async ({ peer }) => {
      peer.greet(callWindowFrame(10), callFrame(1, path, { endStream: true }))
      assert.equal(dataOf(await peer.answers(), 1).length, 10)
      peer.write(callWindowFrame(25), callFrame(3, path, { endStream: true }))
      const grown = await peer.answers()
      assert.deepEqual([dataOf(grown, 1).length, dataOf(grown, 3).length], [15, 25])
      peer.write(callWindowFrame(55))
      const last = await peer.answers()
      assert.deepEqual([dataOf(last, 1).length, dataOf(last, 3).length], [30, 30])
      assert.deepEqual([hasEnd(last, 1), hasEnd(last, 3)], [true, true])
    })
  })

  it('counts from below zero when the first window shrinks under what was sent', () => {
    const service = new WatchedService(answering(distinctBytes(200, 6)))
    return withConnection(service.routes, async ({ peer }) => {
      peer.greet(callWindowFrame(100), callFrame(1, path, { endStream: true }))
      assert.equal(dataOf(await peer.answers(), 1).length, 100)
      // 100 were sent, 20 are allowed: 80 below zero.
      peer.write(callWindowFrame(20))
      assert.equal(dataOf(await peer.answers(), 1).length, 0)
      peer.write(windowFrame(1, 80))
      assert.equal(dataOf(await peer.answers(), 1).length, 0, 'zero is not enough')
      peer.write(windowFrame(1, 1))
      assert.equal(dataOf(await peer.answers(), 1).length, 1)
      peer.write(callWindowFrame(0), callWindowFrame(24))
      assert.equal(dataOf(await peer.answers(), 1).length, 4)
      peer.write(windowFrame(1, 100))
      const last = await peer.answers()
      assert.equal(dataOf(last, 1).length, 100)
      assert.equal(hasEnd(last, 1), true)
    })
  })

  it('takes the last of several values in one SETTINGS frame, and does not change the window of the connection by it', () => {
    const service = new WatchedService(answering(distinctBytes(90_000, 7)))
    return withConnection(service.routes, async ({ peer }) => {
      const many = Buffer.concat([callWindowFrame(7), callWindowFrame(LARGEST_WINDOW)])
      many.writeUIntBE(12, 0, 3)
      peer.greet(Buffer.concat([many.subarray(0, 15), many.subarray(24)]), callFrame(1, path, { endStream: true }))
      assert.equal(dataOf(await peer.answers(), 1).length, CONNECTION_WINDOW)
      peer.write(windowFrame(0, 1))
      assert.equal(dataOf(await peer.answers(), 1).length, 1)
    })
  })

  it('lets two calls that wait for the connection go on in turns', () => {
    const service = new WatchedService(answering(distinctBytes(100_000, 8)))
    return withConnection(service.routes, async ({ peer }) => {
      peer.greet(callWindowFrame(1_000_000), callFrame(1, path, { endStream: true }), callFrame(3, path, { endStream: true }), callFrame(5, path, { endStream: true }))
      const first = await peer.answers()
      assert.deepEqual([1, 3, 5].map((id) => dataOf(first, id).length), [CONNECTION_WINDOW, 0, 0])
      const turns: number[] = []
      for (let turn = 0; turn < 9; turn += 1) {
        peer.write(windowFrame(0, 1_000))
        turns.push(...(await peer.answers()).filter((one) => one.type === type.data).map(({ streamId }) => streamId))
      }
      assert.deepEqual(turns, [1, 3, 5, 1, 3, 5, 1, 3, 5])
    })
  })

  it('does not let a call that waits for its own window hold up others', () => {
    const service = new WatchedService(echo)
    return withConnection(service.routes, async ({ peer }) => {
      const message = grpcMessage(distinctBytes(1_000, 9))
      peer.greet(callWindowFrame(100), callFrame(1, path), dataFrame(1, message), callFrame(3, path), dataFrame(3, message, true), windowFrame(3, 10_000))
      const frames = await peer.answers()
      assert.deepEqual([dataOf(frames, 1).length, dataOf(frames, 3).length], [100, message.length])
      assert.equal(hasEnd(frames, 3), true)
    })
  })

  it('sends what waits in order when more is said meanwhile, and nothing out of turn', () => {
    const service = new WatchedService(echo)
    return withConnection(service.routes, async ({ peer }) => {
      const said = Array.from({ length: 40 }, (_, index) => distinctBytes(index, index))
      peer.greet(callWindowFrame(3), callFrame(1, path))
      const frames: Frame[] = []
      for (const [index, message] of said.entries()) {
        // Windows that are now larger, now smaller than the next message.
        peer.write(dataFrame(1, grpcMessage(message), index === 39), windowFrame(1, index % 3 === 0 ? 60 : 7))
        frames.push(...(await peer.answers()))
      }
      peer.write(windowFrame(1, 10_000))
      frames.push(...(await peer.answers()))
      assert.equal(dataOf(frames, 1).equals(Buffer.concat(said.map(grpcMessage))), true)
      assert.equal(hasEnd(frames, 1), true)
    })
  })

  it('forgets what waits when the peer resets the call, and the connection keeps its window', () => {
    const service = new WatchedService(answering(distinctBytes(CONNECTION_WINDOW, 10)))
    return withConnection(service.routes, async ({ peer }) => {
      peer.greet(callWindowFrame(1_000), callFrame(1, path, { endStream: true }))
      assert.equal(dataOf(await peer.answers(), 1).length, 1_000)
      peer.write(resetFrame(1), windowFrame(1, 5_000), windowFrame(0, 1_000), callWindowFrame(CONNECTION_WINDOW))
      assert.deepEqual((await peer.answers()).filter((one) => one.streamId === 1), [])
      assert.deepEqual(service.at(0).events, ['open', 'close'])
      peer.write(callFrame(3, path, { endStream: true }))
      assert.equal(dataOf(await peer.answers(), 3).length, CONNECTION_WINDOW, 'all of it, as the peer gave back what the first call took')
    })
  })

  it('lets any amount wait one after the other, for what was read counts no more', () => {
    const service = new WatchedService(echo)
    return withConnection(
      service.routes,
      async ({ peer, lines }) => {
        peer.greet(callWindowFrame(0), callFrame(1, path))
        for (let sent = 0; sent < 20; sent += 1) {
          peer.write(dataFrame(1, grpcMessage(Buffer.alloc(95))), windowFrame(1, 60))
          assert.equal(dataOf(await peer.answers(), 1).length, 60)
          peer.write(windowFrame(1, 40))
          assert.equal(dataOf(await peer.answers(), 1).length, 40)
        }
        assert.deepEqual(lines, [])
      },
      { maxQueuedBytes: 150 },
    )
  })

  it('ends a call for which more waits than may, after what waits', () => {
    const service = new WatchedService({
      onOpen: (call) => {
        for (let sent = 0; sent < 10; sent += 1) call.send(Buffer.alloc(95, sent))
      },
    })
    return withConnection(
      service.routes,
      async ({ peer, lines }) => {
        peer.greet(callWindowFrame(50), callFrame(1, path))
        await service.until(() => service.calls.length === 1)
        assert.deepEqual(lines.map(({ message }) => message), ['A gRPC peer does not read its answers; its call was ended.'])
        assert.deepEqual(service.at(0).events, ['open'])
        peer.write(windowFrame(1, 10_000))
        const { messages: read, status } = await peer.readAnswer(1)
        // 50 bytes were sent before anything waited, so 50 + 2 · 100 wait, and a fourth would be more than 300.
        assert.deepEqual(read.map((message) => message[0]), [0, 1, 2])
        assert.equal(status['grpc-status'], '8')
        assert.deepEqual(service.at(0).events, ['open', 'close'])
      },
      { maxQueuedBytes: 300 },
    )
  })
})
