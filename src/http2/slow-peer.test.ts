// A peer that stops reading for a while loses nothing and mixes up nothing, and what waits for it meanwhile has a bound.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { describe, it } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { withConnection } from '../../test/support/direct-connection.ts'
import { distinctBytes } from '../../test/support/distinct-bytes.ts'
import { HANGS_MS } from '../../test/support/grpc-client.ts'
import { createRandom } from '../../test/support/random.ts'
import { callFrame, callWindowFrame, code, dataFrame, frame, grpcMessage, LARGEST_WINDOW, type RawPeer, type, windowFrame } from '../../test/support/raw-http2.ts'
import { echo, WatchedService } from '../../test/support/watched-service.ts'

const MIB = 1024 * 1024
const path = WatchedService.path
/** What waits in the socket before DATA is held back, and one buffer of frames more. */
const MOST_IN_SOCKET = MIB + 2 * 64 * 1024
const EVERYTHING = { maxQueuedBytes: 1024 * MIB }
const allWindows = [callWindowFrame(LARGEST_WINDOW), windowFrame(0, LARGEST_WINDOW - 65_535)]

/** Opens a call of a peer that may be sent anything. */
async function openCall(service: WatchedService, peer: RawPeer) {
  peer.greet(...allWindows, callFrame(1, path))
  await peer.answers()
  return service.at(0).call
}

/** Does nothing until the socket keeps what is written to it. */
async function fill(served: Socket, write: () => void): Promise<void> {
  while (served.writableLength === 0) {
    write()
    await nextTurn()
  }
}

describe('a peer that does not read', { timeout: 3 * HANGS_MS }, () => {
  it('gets every byte right afterwards, while little more than 1 MiB waits in its socket', () => {
    const service = new WatchedService()
    return withConnection(
      service.routes,
      async ({ peer, served }) => {
        const call = await openCall(service, peer)
        const random = createRandom(1)
        const messages = Array.from({ length: 400 }, (_, index) => distinctBytes(index % 4 === 0 ? index % 20 : Math.floor(100_001 * random()), index))
        peer.socket.pause()
        let most = 0
        for (const message of messages) {
          call.send(message)
          most = Math.max(most, served.writableLength)
        }
        call.end()
        await nextTurn()
        assert.ok(most > MIB && most <= MOST_IN_SOCKET, `${most} bytes waited`)
        assert.deepEqual(service.at(0).events, ['open'], 'it is not over before its answer is written')
        peer.socket.resume()
        const { messages: read, status } = await peer.readAnswer(1)
        assert.equal(status['grpc-status'], '0')
        assert.deepEqual(read.map(({ length }) => length), messages.map(({ length }) => length))
        assert.equal(read.findIndex((message, index) => messages[index]?.equals(message) !== true), -1)
      },
      EVERYTHING,
    )
  })

  it('gets every byte right when it stops and reads on again and again, with messages of many calls in between', () => {
    const service = new WatchedService()
    return withConnection(service.routes, async ({ peer, served }) => {
      const ids = [1, 3, 5, 7, 9]
      peer.greet(...allWindows, ...ids.map((id) => callFrame(id, path)))
      await peer.answers()
      const random = createRandom(2)
      const sent = ids.map((): Buffer[] => [])
      for (let round = 0; round < 20; round += 1) {
        peer.socket.pause()
        for (let step = 0; step < 60; step += 1) {
          const index = Math.floor(5 * random())
          const message = distinctBytes(Math.floor((random() < 0.8 ? 300 : 50_000) * random()), 100 * round + step)
          sent[index]?.push(message)
          service.at(index).call.send(message)
          // Some together, some alone: each turn ends with a write.
          if (random() < 0.5) await nextTurn()
        }
        peer.socket.resume()
        while (random() < 0.5 && served.writableLength > 0) await nextTurn()
      }
      for (const { call } of service.calls) call.end()
      for (const [index, id] of ids.entries()) {
        const { messages } = await peer.readAnswer(id)
        assert.equal(Buffer.concat(messages.map(grpcMessage)).equals(Buffer.concat((sent[index] ?? []).map(grpcMessage))), true, `call ${id}`)
      }
    })
  })

  it('still hears of what is no DATA, and its call goes on when it reads', () => {
    const service = new WatchedService(echo)
    return withConnection(
      service.routes,
      async ({ peer, served }) => {
        const call = await openCall(service, peer)
        peer.socket.pause()
        for (let sent = 0; sent < 40; sent += 1) call.send(distinctBytes(100_000, sent))
        await nextTurn()
        const full = served.writableLength
        assert.ok(full > MIB)
        // A call that fails needs no window.
        peer.write(callFrame(3, '/test.Watched/Missing', { endStream: true }), callFrame(5, path), dataFrame(5, grpcMessage('waits'), true))
        await service.until(() => service.calls.length === 2 && service.at(1).events.includes('half-close'))
        assert.ok(served.writableLength <= full + 1_000, 'the echo was not written to the socket')
        peer.socket.resume()
        assert.equal((await peer.readAnswer(3)).status['grpc-status'], '12')
        assert.deepEqual((await peer.readAnswer(5)).messages.map(String), ['waits'])
        call.end()
        assert.equal((await peer.readAnswer(1)).messages.length, 40)
      },
      EVERYTHING,
    )
  })

  it('is hung up on when it floods us with pings whose answers it does not read', () => {
    const service = new WatchedService()
    return withConnection(service.routes, async ({ peer, served, lines }) => {
      await openCall(service, peer)
      peer.socket.pause()
      const gone = once(served, 'close').then(() => 'gone')
      const pings = Buffer.concat(Array.from({ length: 4_000 }, () => frame(type.ping, 0, 0, Buffer.alloc(8))))
      let most = 0
      let written = 0
      while (!served.destroyed && written < 64 * MIB) {
        written += pings.length
        await Promise.race([new Promise((resolve) => peer.socket.write(pings, resolve)), gone])
        most = Math.max(most, served.writableLength)
      }
      assert.equal(await gone, 'gone')
      assert.ok(most <= 16 * MIB + 2 * pings.length, `${most} bytes waited`)
      await service.untilClosed(0)
      assert.match(JSON.stringify(lines), /does not read what it asked for/)
    })
  })

  it('costs about as much memory as it has bytes to read, also when those come a few at a time', () => {
    const service = new WatchedService()
    return withConnection(service.routes, async ({ peer, served }) => {
      const call = await openCall(service, peer)
      peer.socket.pause()
      await fill(served, () => call.send(Buffer.alloc(10_000)))
      const read = served.bytesRead
      const before = process.memoryUsage().arrayBuffers
      const ping = frame(type.ping, 0, 0, Buffer.alloc(8))
      for (let pings = 1; pings <= 1_000; pings += 1) {
        peer.write(ping)
        while (served.bytesRead < read + pings * ping.length) await nextTurn()
      }
      const grown = process.memoryUsage().arrayBuffers - before
      assert.ok(grown < 4 * MIB, `${grown} bytes are held for 17,000`)
    })
  })

  it('gets very many small messages that have waited', () => {
    const service = new WatchedService()
    return withConnection(
      service.routes,
      async ({ peer }) => {
        const count = 200_000
        peer.greet(callWindowFrame(0), windowFrame(0, LARGEST_WINDOW - 65_535), callFrame(1, path))
        await peer.answers()
        const { call } = service.at(0)
        for (let sent = 0; sent < count; sent += 1) call.send(Buffer.alloc(0))
        call.end()
        peer.write(windowFrame(1, LARGEST_WINDOW - 65_535))
        const { messages, status } = await peer.readAnswer(1)
        assert.equal(messages.length, count)
        assert.equal(status['grpc-status'], String(code.noError))
      },
      EVERYTHING,
    )
  })
})
