// How one call begins and ends on the wire: what is no call, how a status looks, and what a peer is told that is still speaking.

import assert from 'node:assert/strict'
import { connect, type ClientHttp2Session } from 'node:http2'
import { describe, it } from 'node:test'
import { withConnection } from '../../test/support/direct-connection.ts'
import { HANGS_MS } from '../../test/support/grpc-client.ts'
import { callFrame, callWindowFrame, code, dataFrame, type Fields, type Frame, flag, grpcMessage, headersFrame, readFields, resetFrame, settingsFrame, splitMessages, type, windowFrame } from '../../test/support/raw-http2.ts'
import { socketPair } from '../../test/support/socket-pair.ts'
import { echo, WatchedService } from '../../test/support/watched-service.ts'
import { isCollected } from '../../test/support/is-collected.ts'
import { logToArray } from '../../test/support/log-to-array.ts'
import type { GrpcCall } from '../core/transport.ts'
import { createDirectTransport } from './direct-transport.ts'

const path = WatchedService.path
const FIRST = { ':status': '200', 'content-type': 'application/grpc' }
/** DATA and HEADERS larger than that may only be sent to a peer that has said so. */
const MAX_FRAME = 16_384
const GIVES_UP_MS = 2_000

const outline = (frames: readonly Frame[]) => frames.map(({ type: kind, flags, streamId }) => [kind, flags, streamId])
const request = (streamId: number, fields: Fields, endStream = true) => headersFrame(streamId, fields, endStream)
const whole = [[':method', 'POST'], [':scheme', 'http'], [':path', path], ['content-type', 'application/grpc']] as const
const without = (name: string) => whole.filter(([one]) => one !== name)
const withField = (name: string, value: string) => whole.map(([one, known]) => [one, one === name ? value : known] as const)

const REFUSED = [
  { what: 'GET', fields: withField(':method', 'GET'), status: '405' },
  { what: 'another content-type', fields: withField('content-type', 'application/json'), status: '415' },
  { what: 'no content-type', fields: without('content-type'), status: '415' },
] as const

describe('a call', { timeout: 3 * HANGS_MS }, () => {
  it('may end with its headers, without a message', () => {
    const service = new WatchedService(echo)
    return withConnection(service.routes, async ({ peer }) => {
      peer.greet(callFrame(1, path, { endStream: true }))
      const answers = await peer.answers()
      assert.deepEqual(answers.slice(1).map(readFields), [{ ...FIRST, 'grpc-status': '0' }])
      assert.deepEqual(outline(answers.slice(1)), [[type.headers, flag.endHeaders | flag.endStream, 1]])
      assert.deepEqual(service.at(0).events, ['open', 'half-close', 'close'])
    })
  })

  it('ends with an empty DATA frame, one with a message, or trailers alike', () => {
    const service = new WatchedService(echo)
    return withConnection(service.routes, async ({ peer }) => {
      peer.greet(callFrame(1, path), dataFrame(1, grpcMessage('a')), dataFrame(1, Buffer.alloc(0), true))
      peer.write(callFrame(3, path), dataFrame(3, grpcMessage('b'), true))
      peer.write(callFrame(5, path), dataFrame(5, grpcMessage('c')), headersFrame(5, [['x-checksum', '1']], true))
      const answers = (await peer.answers()).filter((one) => one.streamId !== 0)
      const ends = flag.endHeaders | flag.endStream
      assert.deepEqual(outline(answers), [1, 3, 5].flatMap((id) => [[type.headers, flag.endHeaders, id], [type.data, 0, id], [type.headers, ends, id]]))
      assert.deepEqual(answers.filter((one) => one.type === type.headers).map(readFields), [1, 3, 5].flatMap(() => [FIRST, { 'grpc-status': '0' }]))
      assert.deepEqual(answers.filter((one) => one.type === type.data).flatMap(({ payload }) => splitMessages(payload)).map(String), ['a', 'b', 'c'])
      assert.deepEqual(service.calls.map(({ events }) => events.join(' ')), Array.from({ length: 3 }, () => 'open message half-close close'))
    })
  })

  it('reads messages that are cut anywhere, and several in one frame', () => {
    const service = new WatchedService(echo)
    return withConnection(service.routes, async ({ peer }) => {
      const bytes = Buffer.concat(['one', '', 'three'].map(grpcMessage))
      peer.greet(callFrame(1, path), ...Array.from(bytes, (byte) => dataFrame(1, Buffer.of(byte))), dataFrame(1, bytes, true))
      assert.deepEqual((await peer.readAnswer(1)).messages.map(String), ['one', '', 'three', 'one', '', 'three'])
    })
  })

  it('ends with INTERNAL when the peer ends it in the middle of a message', () => {
    const service = new WatchedService(echo)
    return withConnection(service.routes, async ({ peer }) => {
      peer.greet(callFrame(1, path), dataFrame(1, grpcMessage('cut off').subarray(0, 8), true), callFrame(3, path), dataFrame(3, Buffer.of(0)), headersFrame(3, [], true))
      assert.equal((await peer.readAnswer(1)).status['grpc-status'], '13')
      assert.equal((await peer.readAnswer(3)).status['grpc-status'], '13')
      assert.deepEqual(service.calls.map(({ events }) => events.join(' ')), ['open close', 'open close'])
    })
  })

  for (const { what, fields, status } of REFUSED) {
    it(`answers ${what} with ${status} and lives on`, () => {
      const service = new WatchedService(echo)
      return withConnection(service.routes, async ({ peer }) => {
        peer.greet(request(1, fields), callFrame(3, path, { endStream: true }))
        const answers = (await peer.answers()).filter((one) => one.streamId === 1)
        assert.deepEqual(outline(answers), [[type.headers, flag.endHeaders | flag.endStream, 1]])
        assert.deepEqual(answers.map(readFields), [{ ':status': status }])
        assert.equal(service.calls.length, 1)
      })
    })
  }

  it('tells a peer to stop whose request is refused before its end, for it would wait for a window that never comes', () =>
    withConnection(new WatchedService().routes, async ({ peer }) => {
      peer.greet(request(1, withField(':method', 'PUT'), false), dataFrame(1, Buffer.alloc(MAX_FRAME)))
      const answers = (await peer.answers()).filter((one) => one.streamId === 1)
      assert.deepEqual(outline(answers), [[type.headers, flag.endHeaders | flag.endStream, 1], [type.reset, 0, 1]])
      assert.equal(answers.at(-1)?.payload.readUInt32BE(0), code.noError)
    }))

  for (const name of [':method', ':path']) {
    it(`resets a request without ${name} and lives on`, () => {
      const service = new WatchedService(echo)
      return withConnection(service.routes, async ({ peer }) => {
        peer.greet(request(1, without(name), false), dataFrame(1, grpcMessage('x'), true), callFrame(3, path, { endStream: true }))
        const answers = await peer.answers()
        const reset = answers.filter((one) => one.streamId === 1)
        assert.deepEqual(outline(reset), [[type.reset, 0, 1]])
        assert.equal(reset[0]?.payload.readUInt32BE(0), code.protocolError)
        assert.equal(answers.some((one) => one.streamId === 3 && one.type === type.headers), true)
        assert.equal(service.calls.length, 1)
      })
    })
  }

  it('ends with UNIMPLEMENTED in headers alone when there is no such method', () =>
    withConnection(new WatchedService().routes, async ({ peer }) => {
      peer.greet(callFrame(1, '/test.Watched/Missing'), dataFrame(1, grpcMessage('x'), true))
      const [answer, ...others] = (await peer.answers()).filter((one) => one.streamId !== 0)
      assert.deepEqual(answer === undefined ? undefined : readFields(answer), { ...FIRST, 'grpc-status': '12', 'grpc-message': 'This server has no such method.' })
      assert.deepEqual(others.map(({ type: kind, payload }) => [kind, payload.readUInt32BE(0)]), [[type.reset, code.noError]])
    }))

  it('is reset after its status while the peer is still speaking, and not when both sides have ended', () => {
    const service = new WatchedService({ onMessage: (call) => call.end() })
    return withConnection(service.routes, async ({ peer }) => {
      peer.greet(callFrame(1, path), dataFrame(1, grpcMessage('on')), callFrame(3, path), dataFrame(3, grpcMessage('off'), true))
      const answers = (await peer.answers()).filter((one) => one.streamId !== 0)
      const end = flag.endHeaders | flag.endStream
      assert.deepEqual(outline(answers), [[type.headers, end, 1], [type.reset, 0, 1], [type.headers, end, 3]])
      assert.equal(answers[1]?.payload.readUInt32BE(0), code.noError)
    })
  })

  it('is not reset when it ends while it is opened and its headers were the end of the request', () => {
    const service = new WatchedService({ onOpen: (call) => call.end() })
    return withConnection(service.routes, async ({ peer }) => {
      peer.greet(callFrame(1, '/test.Watched/Missing', { endStream: true }), callFrame(3, path, { endStream: true }))
      const end = flag.endHeaders | flag.endStream
      assert.deepEqual(outline((await peer.answers()).filter((one) => one.streamId !== 0)), [[type.headers, end, 1], [type.headers, end, 3]])
    })
  })

  it('is nothing any more when the peer resets it: what is said for it stays unsaid', () => {
    const service = new WatchedService()
    return withConnection(service.routes, async ({ peer }) => {
      peer.greet(callFrame(1, path), dataFrame(1, grpcMessage('x')), resetFrame(1))
      await service.untilClosed(0)
      service.at(0).call.send(Buffer.from('late'))
      service.at(0).call.end()
      assert.deepEqual((await peer.answers()).filter((one) => one.streamId !== 0), [])
      assert.deepEqual(service.at(0).events, ['open', 'message', 'close'])
    })
  })

  it('ends with DEADLINE_EXCEEDED when its time is over, once', () => {
    const service = new WatchedService({ onMessage: (call, message) => call.send(message) })
    return withConnection(service.routes, async ({ peer }) => {
      peer.greet(callFrame(1, path, { metadata: [['grpc-timeout', '1000u']] }), callFrame(3, path, { metadata: [['grpc-timeout', '1m']], endStream: true }))
      peer.write(callFrame(5, path, { metadata: [['grpc-timeout', '99999999H']] }), callFrame(7, path, { metadata: [['grpc-timeout', 'soon']] }))
      for (const index of [0, 1]) await service.untilClosed(index)
      for (const streamId of [1, 3]) assert.equal((await peer.readAnswer(streamId)).status['grpc-status'], '4')
      assert.equal((await peer.take(type.reset)).streamId, 1)
      for (const { call } of service.calls.slice(0, 2)) call.end()
      peer.write(resetFrame(1))
      assert.deepEqual((await peer.answers()).filter((one) => one.streamId !== 0), [])
      assert.deepEqual(service.calls.map(({ events }) => events.join(' ')), ['open close', 'open half-close close', 'open', 'open'])
    })
  })

  it('ends with DEADLINE_EXCEEDED also while its answer waits for a window, without what waits', () => {
    const service = new WatchedService({
      onOpen: (call) => {
        call.send(Buffer.from('never'))
        call.end()
      },
    })
    return withConnection(service.routes, async ({ peer }) => {
      peer.greet(callWindowFrame(0), callFrame(1, path, { metadata: [['grpc-timeout', '1m']] }))
      const { messages, status } = await peer.readAnswer(1)
      assert.deepEqual(messages, [])
      assert.equal(status['grpc-status'], '4')
      await service.untilClosed(0)
      peer.write(windowFrame(1, 1_000))
      assert.deepEqual(outline((await peer.answers()).filter((one) => one.streamId !== 0)), [[type.reset, 0, 1]])
      assert.deepEqual(service.at(0).events, ['open', 'close'])
    })
  })

  it('encodes the text of a status as gRPC says', async () => {
    const texts = ['plain ~ text', '100 %', 'two\r\nlines\t', '\u00e9 \u6f22 \u{1f600}', 'half \ud83d pair', '\u007f', '%41']
    const service = new WatchedService({ onMessage: (call, message) => call.end({ code: 5, message: texts[Number(String(message))] ?? '' }) })
    await withConnection(service.routes, async ({ peer }) => {
      peer.greet()
      const sent: (string | undefined)[] = []
      for (const index of texts.keys()) {
        peer.write(callFrame(2 * index + 1, path), dataFrame(2 * index + 1, grpcMessage(String(index)), true))
        sent.push((await peer.readAnswer(2 * index + 1)).status['grpc-message'])
      }
      assert.deepEqual(sent, ['plain ~ text', '100 %25', 'two%0D%0Alines%09', '%C3%A9 %E6%BC%A2 %F0%9F%98%80', 'half %EF%BF%BD pair', '%7F', '%2541'])
    })
  })

  for (const size of [16_383, 20_000, 70_000]) {
    it(`keeps to the size of a frame when the text of a status has ${size} characters`, () => {
      const service = new WatchedService({ onMessage: (call) => call.end({ code: 13, message: 'x'.repeat(1_000) + '\u6f22'.repeat(size) }) })
      return withConnection(service.routes, async ({ peer }) => {
        peer.greet(callFrame(1, path), dataFrame(1, grpcMessage('x'), true))
        const answers = await peer.answers()
        const [answer] = answers.filter((one) => one.streamId === 1)
        assert.match(answer === undefined ? '' : (readFields(answer)['grpc-message'] ?? ''), /^x{1000}/)
        assert.deepEqual(answers.filter(({ payload }) => payload.length > MAX_FRAME).map(({ payload }) => payload.length), [])
        assert.equal(service.openCalls, 0)
      })
    })
  }

  it('shows a status whose text begins or ends with spaces, which HTTP/2 forbids a field to do', async () => {
    const service = new WatchedService({ onHalfClose: (call) => call.end({ code: 8, message: ' too much ' }) })
    const headers = await askWithNode(service, {})
    assert.equal(headers['grpc-status'], '8')
    assert.equal(decodeURIComponent(String(headers['grpc-message'])), ' too much ')
  })

  it('says once that it has heard of another size of the table, with the next headers', () =>
    withConnection(new WatchedService(echo).routes, async ({ peer }) => {
      peer.greet(settingsFrame([1, 0]), callFrame(1, path), dataFrame(1, grpcMessage('x'), true), settingsFrame([1, 100]), headersFrame(3, withField(':method', 'GET'), true))
      const blocks = (await peer.answers()).filter((one) => one.type === type.headers)
      assert.deepEqual(blocks.map(({ streamId, payload }) => [streamId, payload[0]]), [[1, 0x20], [1, 0x00], [3, 0x20]])
    }))

  it('is held by nothing when it is over, whatever it was waiting for', () => {
    const held: GrpcCall[] = []
    const open = (call: GrpcCall) => {
      held.push(call)
      call.send(Buffer.from('waits'))
      return { onMessage: () => undefined, onHalfClose: () => undefined, onClose: () => undefined }
    }
    return withConnection(new Map([[path, open]]), async ({ peer }) => {
      peer.greet(callWindowFrame(0), callFrame(1, path, { metadata: [['grpc-timeout', '1H']] }), dataFrame(1, grpcMessage('x')), resetFrame(1))
      await peer.answers()
      assert.equal(held.length, 1)
      assert.equal(await isCollected(() => held.pop() ?? peer), true)
    })
  })

  for (const headerTableSize of [4_096, 4_095, 0]) {
    it(`answers a client whose table of headers has ${headerTableSize} bytes, which is to be repeated to it when it has shrunk`, async () => {
      assert.equal((await askWithNode(new WatchedService(echo), { headerTableSize }))['grpc-status'], '0')
    })
  }
})

/** The headers of the answer to an empty call, once the client's settings are acknowledged. */
async function askWithNode(service: WatchedService, settings: { readonly headerTableSize?: number }): Promise<Record<string, unknown>> {
  const [socket, served] = await socketPair()
  createDirectTransport({ routes: service.routes, maxMessageBytes: 1_000, maxQueuedBytes: 2_000, log: logToArray().log }).accept(served)
  let givesUp: NodeJS.Timeout | undefined
  const session: ClientHttp2Session = connect('http://test', { createConnection: () => socket, settings })
  try {
    await new Promise((resolve) => session.once('localSettings', resolve))
    return await new Promise((resolve, reject) => {
      const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc' })
      stream.once('response', resolve)
      for (const one of [session, stream]) {
        one.once('error', reject)
        one.once('close', () => reject(new Error('it closed without an answer')))
      }
      // Node's client says nothing at all when it cannot read an answer.
      givesUp = setTimeout(() => reject(new Error('no answer came')), GIVES_UP_MS)
      stream.end()
    })
  } finally {
    clearTimeout(givesUp)
    session.destroy()
    served.destroy()
  }
}
