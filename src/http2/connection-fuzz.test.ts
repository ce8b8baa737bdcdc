// Frames at random, each whole, but of any type, with any flags and any content: a connection may end over them, and nothing else may.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { withConnection } from '../../test/support/direct-connection.ts'
import { HANGS_MS } from '../../test/support/grpc-client.ts'
import { logToArray } from '../../test/support/log-to-array.ts'
import { createRandom, pickOne } from '../../test/support/random.ts'
import { callFrame, callWindowFrame, dataFrame, frame, grpcMessage, headersFrame, PREFACE, RawPeer, resetFrame, settingsFrame, type, uint32, windowFrame } from '../../test/support/raw-http2.ts'
import { socketPair } from '../../test/support/socket-pair.ts'
import { WatchedService } from '../../test/support/watched-service.ts'
import { createDirectTransport } from './direct-transport.ts'

const path = WatchedService.path
const ROUNDS = 150
const FRAMES = 120

type Random = () => number
const below = (random: Random, limit: number): number => Math.floor(limit * random())
const someBytes = (random: Random, most: number): Buffer => Buffer.from(Array.from({ length: below(random, most + 1) }, () => below(random, 256)))
const someId = (random: Random): number => pickOne(random, [0, 1, 1, 3, 3, 5, 7, 2, 9, 11 + 2 * below(random, 50), below(random, 2 ** 31)])

/** A frame that makes no sense except by chance. */
function wildFrame(random: Random): Buffer {
  const lengths = [0, 1, 4, 5, 6, 8, 12, below(random, 300)] as const
  return frame(below(random, 12), pickOne(random, [0, 1, 4, 5, 8, 9, 0x0c, 0x0d, 0x20, 0x2d, below(random, 256)]), someId(random), someBytes(random, pickOne(random, lengths)))
}

/** A frame that might come from somebody who means it. */
function tameFrame(random: Random): Buffer {
  const id = pickOne(random, [1, 3, 5, 7, 9, 11, 13])
  const isEnd = random() < 0.1
  return pickOne<() => Buffer>(random, [
    () => callFrame(13 + 2 * below(random, 100), random() < 0.9 ? path : '/nowhere', { endStream: isEnd, metadata: random() < 0.2 ? [['grpc-timeout', '1u']] : [] }),
    () => dataFrame(id, grpcMessage(someBytes(random, 60)), isEnd),
    () => dataFrame(id, someBytes(random, 9), isEnd),
    () => frame(type.data, 8, id, Buffer.concat([Buffer.of(3), someBytes(random, 20), Buffer.alloc(3)])),
    () => resetFrame(id, below(random, 16)),
    () => windowFrame(random() < 0.5 ? 0 : id, 1 + below(random, 1_000)),
    () => callWindowFrame(below(random, 200)),
    () => settingsFrame([below(random, 9), below(random, 2)]),
    () => frame(type.ping, random() < 0.5 ? 1 : 0, 0, uint32(1)),
    () => frame(type.ping, random() < 0.5 ? 1 : 0, 0, Buffer.from('tollgate')),
    () => headersFrame(id, [['x-end', '1']], true),
    () => frame(type.priority, 0, id, Buffer.alloc(5)),
  ])()
}

/** A service that does something else with every message. */
function moodyService(random: Random): WatchedService {
  return new WatchedService({
    onOpen: (call) => {
      if (random() < 0.1) call.end()
    },
    onMessage: (call, message) => {
      const mood = random()
      if (mood < 0.7) call.send(message)
      else if (mood < 0.8) call.end({ code: below(random, 17), message: String(message) })
      else if (mood < 0.85) throw new Error('bad mood')
      else setImmediate(() => call.send(message))
    },
    onHalfClose: (call) => {
      if (random() < 0.5) call.end()
      else setImmediate(() => call.end())
    },
  })
}

describe('a connection with a peer that sends anything', { timeout: 3 * HANGS_MS }, () => {
  for (const { what, prelude, wild } of [
    { what: 'frames without sense from the beginning', prelude: false, wild: 1 },
    { what: 'frames without sense among others when calls are open', prelude: true, wild: 0.3 },
    { what: 'frames that mostly make sense', prelude: true, wild: 0.01 },
  ]) {
    it(`fails in no way, and others serve on: ${what}`, () => {
      const random = createRandom(ROUNDS * wild)
      const service = moodyService(random)
      return withConnection(new WatchedService({ onMessage: (call, message) => call.send(message), onHalfClose: (call) => call.end() }).routes, async ({ peer: other }) => {
        other.greet()
        const { log, lines } = logToArray()
        const transport = createDirectTransport({ routes: service.routes, maxMessageBytes: 1_000, maxQueuedBytes: 500, log })
        let survivors = 0
        for (let round = 0; round < ROUNDS; round += 1) {
          const [client, served] = await socketPair()
          transport.accept(served)
          const peer = new RawPeer(client)
          const sent = [PREFACE, settingsFrame(), ...(prelude ? [1, 3, 5, 7, 9, 11].map((id) => callFrame(id, path)) : [])]
          for (let count = 0; count < FRAMES; count += 1) sent.push(random() < wild ? wildFrame(random) : tameFrame(random))
          const bytes = Buffer.concat(sent)
          const cut = below(random, bytes.length)
          peer.write(bytes.subarray(0, cut))
          peer.write(bytes.subarray(cut))
          if (await survived(peer)) survivors += 1
          const gone = new Promise((resolve) => served.once('close', resolve))
          client.destroy()
          if (!served.destroyed) await gone
          other.write(callFrame(2 * round + 1, path), dataFrame(2 * round + 1, grpcMessage(String(round)), true))
          assert.deepEqual((await other.readAnswer(2 * round + 1)).messages.map(String), [String(round)])
        }
        await service.until(() => service.openCalls === 0)
        assert.ok(survivors < ROUNDS, 'nothing was ever wrong')
        assert.ok(wild === 1 || service.calls.length > ROUNDS, 'hardly a call was opened')
        const expected = new Set(['A gRPC peer broke the rules of HTTP/2; its connection was closed.', 'A gRPC handler failed.', 'A gRPC peer does not read its answers; its call was ended.'])
        assert.deepEqual(lines.filter(({ message }) => !expected.has(message)), [])
        for (const { events } of service.calls) assert.match(events.join(' '), /^open( message)*( half-close)? close$/)
      })
    })
  }
})

/** Whether the connection still answers after all that was written. */
async function survived(peer: RawPeer): Promise<boolean> {
  const last = Buffer.from('the last')
  peer.write(frame(type.ping, 0, 0, last))
  const isAnswer = () => peer.frames.some((one) => one.type === type.ping && one.payload.equals(last))
  while (!peer.isOver && !isAnswer()) await peer.change()
  return !peer.isOver
}
