// How a connection says goodbye: calls that are on their way are still served, later ones are not, and nothing is left when it is over.

import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { describe, it } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { withConnection } from '../../test/support/direct-connection.ts'
import { distinctBytes } from '../../test/support/distinct-bytes.ts'
import { HANGS_MS } from '../../test/support/grpc-client.ts'
import { logToArray } from '../../test/support/log-to-array.ts'
import { callFrame, callWindowFrame, code, dataFrame, flag, frame, grpcMessage, PREFACE, RawPeer, resetFrame, splitMessages, type, windowFrame } from '../../test/support/raw-http2.ts'
import { echo, WatchedService } from '../../test/support/watched-service.ts'
import { startGrpcServer } from '../edge/grpc-server.ts'

const path = WatchedService.path
const LAST_OF_ALL = 2 ** 31 - 1
const NEVER_MS = 60_000
const call = (streamId: number) => [callFrame(streamId, path), dataFrame(streamId, grpcMessage(String(streamId)), true)]

/** Takes the first half of a goodbye, and returns what has to be answered to it. */
async function takeGoodbye(peer: RawPeer): Promise<Buffer> {
  const goaway = await peer.take(type.goaway)
  assert.deepEqual([goaway.streamId, goaway.payload.readUInt32BE(0), goaway.payload.readUInt32BE(4)], [0, LAST_OF_ALL, code.noError])
  const ping = await peer.take(type.ping)
  assert.deepEqual([ping.flags, ping.payload.length], [0, 8])
  return frame(type.ping, flag.ack, 0, ping.payload)
}

describe('a connection that is drained', { timeout: 3 * HANGS_MS }, () => {
  it('serves what was opened before its peer has heard of it, and hangs up after the last call', () => {
    const service = new WatchedService({ onMessage: (one, message) => one.send(message) })
    return withConnection(service.routes, async ({ peer, transport, lines }) => {
      peer.greet(callFrame(1, path))
      await peer.answers()
      transport.drain(NEVER_MS)
      const ack = await takeGoodbye(peer)
      peer.write(...call(3), ack, ...call(5), dataFrame(1, grpcMessage('late'), true))
      const goaway = await peer.take(type.goaway)
      assert.deepEqual([goaway.payload.readUInt32BE(0), goaway.payload.readUInt32BE(4)], [3, code.noError])
      const answers = await peer.answers()
      assert.deepEqual(answers.filter((one) => one.type === type.data).map(({ streamId, payload }) => [streamId, ...splitMessages(payload).map(String)]), [[3, '3'], [1, 'late']])
      assert.deepEqual(answers.filter((one) => one.streamId === 5), [])
      assert.equal(service.calls.length, 2)
      service.at(0).call.end()
      assert.equal((await peer.readAnswer(1)).status['grpc-status'], '0')
      assert.deepEqual(await peer.answers(), [], 'it is still there for the other call')
      service.at(1).call.end()
      assert.equal((await peer.readAnswer(3)).status['grpc-status'], '0')
      await peer.over()
      assert.deepEqual(service.calls.map(({ events }) => events.join(' ')), Array.from({ length: 2 }, () => 'open message half-close close'))
      assert.deepEqual(lines, [])
    })
  })

  it('hangs up at the answer to its ping when there is no call', () =>
    withConnection(new Map(), async ({ peer, transport }) => {
      peer.greet()
      await peer.answers()
      transport.drain(NEVER_MS)
      const ack = await takeGoodbye(peer)
      assert.equal(peer.isOver, false)
      peer.write(ack)
      assert.equal((await peer.take(type.goaway)).payload.readUInt32BE(0), 0)
      await peer.over()
    }))

  it('does not take the answer to another ping for that, or one that comes unasked', () =>
    withConnection(new WatchedService(echo).routes, async ({ peer, transport }) => {
      peer.greet()
      await peer.answers()
      transport.drain(NEVER_MS)
      const ack = await takeGoodbye(peer)
      peer.write(frame(type.ping, flag.ack, 0, Buffer.alloc(8)), ...call(1))
      assert.deepEqual((await peer.readAnswer(1)).messages.map(String), ['1'])
      peer.write(ack, ack)
      assert.equal((await peer.take(type.goaway)).payload.readUInt32BE(0), 1)
      await peer.over()
      assert.deepEqual(peer.frames.filter((one) => one.type === type.goaway), [], 'the second answer changes nothing')
    }))

  it('takes frames of calls that it does not serve any more as late, and keeps to HTTP/2', () => {
    const service = new WatchedService()
    return withConnection(service.routes, async ({ peer, transport }) => {
      peer.greet(callFrame(1, path))
      await peer.answers()
      transport.drain(NEVER_MS)
      peer.write(await takeGoodbye(peer), ...call(3), windowFrame(3, 10), resetFrame(3), ...call(5))
      await peer.answers()
      assert.equal(service.calls.length, 1)
      peer.write(resetFrame(1))
      await peer.over()
      assert.deepEqual(service.at(0).events, ['open', 'close'])
    })
  })

  it('waits for a call that is ended but whose messages wait for a window', () => {
    const service = new WatchedService(echo)
    return withConnection(service.routes, async ({ peer, transport }) => {
      peer.greet(callWindowFrame(0), ...call(1))
      await peer.answers()
      transport.drain(NEVER_MS)
      peer.write(await takeGoodbye(peer))
      await peer.answers()
      peer.write(windowFrame(1, 100))
      assert.deepEqual((await peer.readAnswer(1)).messages.map(String), ['1'])
      await peer.over()
    })
  })

  it('says goodbye once, however often it is asked to', () =>
    withConnection(new Map(), async ({ peer, transport }) => {
      peer.greet()
      await peer.answers()
      transport.drain(NEVER_MS)
      transport.drain(NEVER_MS)
      const ack = await takeGoodbye(peer)
      transport.drain(NEVER_MS)
      assert.deepEqual(await peer.answers(), [])
      peer.write(ack)
      await peer.take(type.goaway)
      await peer.over()
      transport.drain(NEVER_MS)
      assert.deepEqual(peer.frames, [])
    }))

  it('hangs up at once on a peer that has said nothing, or half of its preface', async () => {
    for (const said of [Buffer.alloc(0), PREFACE.subarray(0, 10)]) {
      await withConnection(new Map(), async ({ peer, transport, served }) => {
        peer.write(said)
        while (served.bytesRead < said.length) await nextTurn()
        transport.drain(NEVER_MS)
        await peer.over()
        assert.equal(peer.frames.some((one) => one.type === type.goaway), false)
      })
    }
  })

  it('is cut when its time is up and the peer has not answered the ping: calls are reset and told', () => {
    const service = new WatchedService()
    return withConnection(service.routes, async ({ peer, transport }) => {
      peer.greet(callFrame(1, path), callFrame(3, path, { endStream: true }))
      await peer.answers()
      transport.drain(1)
      await peer.over()
      assert.deepEqual(peer.frames.filter((one) => one.type === type.reset).map(({ streamId, payload }) => [streamId, payload.readUInt32BE(0)]), [[1, code.cancel], [3, code.cancel]])
      assert.deepEqual(service.calls.map(({ events }) => events.at(-1)), ['close', 'close'])
    })
  })

  for (const { what, passedMs, isRead } of [
    { what: 'waits for a peer that is slow to read its last answer', passedMs: NEVER_MS - 1, isRead: true },
    { what: 'does not wait for such a peer when its time is up', passedMs: NEVER_MS, isRead: false },
  ]) {
    it(what, async ({ mock }) => {
      const service = new WatchedService()
      await withConnection(service.routes, async ({ peer, transport, served }) => {
        peer.greet(callWindowFrame(LAST_OF_ALL), windowFrame(0, LAST_OF_ALL - 65_535), callFrame(1, path, { endStream: true }))
        await peer.answers()
        mock.timers.enable({ apis: ['setTimeout'] })
        transport.drain(NEVER_MS)
        const ack = await takeGoodbye(peer)
        peer.socket.pause()
        const answer = distinctBytes(900_000, 1)
        service.at(0).call.send(answer)
        service.at(0).call.end()
        peer.write(ack)
        while (!served.writableEnded) await nextTurn()
        mock.timers.tick(passedMs)
        assert.equal(served.destroyed, !isRead)
        peer.socket.resume()
        const read = await peer.readAnswer(1).then(({ messages }) => messages.map((message) => message.equals(answer)), () => 'cut off')
        assert.deepEqual(read, isRead ? [true] : 'cut off')
        await peer.over()
      })
    })
  }

  it('is cut also while its peer does not read, without waiting for it', () => {
    const service = new WatchedService()
    return withConnection(service.routes, async ({ peer, transport, served }) => {
      peer.greet(callWindowFrame(LAST_OF_ALL), windowFrame(0, LAST_OF_ALL - 65_535), callFrame(1, path))
      await peer.answers()
      peer.socket.pause()
      while (served.writableLength < 1_000_000) service.at(0).call.send(Buffer.alloc(10_000))
      const closed = new Promise((resolve) => served.once('close', resolve))
      transport.drain(0)
      await service.untilClosed(0)
      await closed
      assert.deepEqual(service.at(0).events, ['open', 'close'])
    })
  })

  it('has nothing left of 10,000 calls that were reset, each as soon as it was opened', () => {
    const service = new WatchedService(echo)
    return withConnection(service.routes, async ({ peer, transport, lines }) => {
      peer.greet()
      for (let batch = 0; batch < 100; batch += 1) {
        const frames: Buffer[] = []
        for (let one = 0; one < 100; one += 1) {
          const id = 2 * (100 * batch + one) + 1
          // Some with a message, some with all of it.
          frames.push(callFrame(id, path), ...(one % 3 === 0 ? [dataFrame(id, grpcMessage('x'), one % 2 === 0)] : []), resetFrame(id))
        }
        peer.write(...frames)
      }
      await peer.answers()
      assert.equal(service.calls.length, 10_000)
      assert.equal(service.openCalls, 0)
      peer.write(...call(20_001))
      assert.deepEqual((await peer.readAnswer(20_001)).messages.map(String), ['20001'])
      transport.drain(NEVER_MS)
      peer.write(await takeGoodbye(peer))
      assert.equal((await peer.take(type.goaway)).payload.readUInt32BE(0), 20_001)
      await peer.over()
      assert.deepEqual(lines, [])
    })
  })
})

describe('a server that closes', { timeout: 3 * HANGS_MS }, () => {
  it('is closed when each of its connections is, and takes no others meanwhile', async () => {
    const service = new WatchedService({ onMessage: (one, message) => one.send(message) })
    const server = await startGrpcServer({ address: '127.0.0.1:0', transport: 'direct', routes: service.routes, maxMessageBytes: 1_000, log: logToArray().log })
    const open = () => new RawPeer(connect({ host: '127.0.0.1', port: Number(server.address.split(':').at(-1)) }))
    const [busy, idle] = [open(), open()]
    busy.greet(...call(1))
    idle.greet()
    await busy.take(type.data)
    await idle.answers()
    let isClosed = false
    const closing = server.close(NEVER_MS).then(() => (isClosed = true))
    assert.equal(server.close(NEVER_MS) === server.close(0), true, 'asked again, it is the same close')
    idle.write(await takeGoodbye(idle))
    await idle.over()
    const refused = open()
    await refused.over()
    assert.equal(refused.frames.length, 0)
    busy.write(await takeGoodbye(busy))
    await busy.answers()
    assert.equal(isClosed, false)
    service.at(0).call.end()
    await busy.over()
    await closing
    for (const peer of [busy, idle, refused]) peer.socket.destroy()
  })
})
