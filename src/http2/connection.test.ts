// What a connection says of its own accord, and what it does with frames that belong to no call, to a call that is over or to none yet.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { withConnection } from '../../test/support/direct-connection.ts'
import { HANGS_MS } from '../../test/support/grpc-client.ts'
import { callFrame, callWindowFrame, code, dataFrame, flag, frame, grpcMessage, headersFrame, LARGEST_WINDOW, PREFACE, resetFrame, settingsFrame, type, uint32, windowFrame } from '../../test/support/raw-http2.ts'
import { echo, WatchedService } from '../../test/support/watched-service.ts'

const MIB = 1024 * 1024
const path = WatchedService.path

/** What a TLS client says first: a record of type handshake with version 1.0, in it a ClientHello. */
const CLIENT_HELLO = Buffer.from('16030100c8010000c40303' + '5f'.repeat(32) + '00'.repeat(64), 'hex')

/** Bytes in the place of a first frame or behind it, and the error they end the connection with. */
const ENDED = [
  { what: 'HTTP/1', sent: [Buffer.from('GET / HTTP/1.1\r\nhost: test\r\n\r\n')], error: code.protocolError },
  { what: 'the ClientHello of TLS', sent: [CLIENT_HELLO], error: code.protocolError },
  { what: 'a preface with another last byte', sent: [PREFACE.subarray(0, -1), Buffer.from('x')], error: code.protocolError },
  { what: 'a first frame that is a PING', sent: [PREFACE, frame(type.ping, 0, 0, Buffer.alloc(8))], error: code.protocolError },
  { what: 'a first frame that is HEADERS', sent: [PREFACE, callFrame(1, path)], error: code.protocolError },
  { what: 'a first frame of a type that nobody knows', sent: [PREFACE, frame(0xbe, 0, 0)], error: code.protocolError },
] as const

const greeting = [PREFACE, frame(type.settings, 0, 0)]
const halfClosed = [...greeting, callFrame(1, path, { endStream: true })]

const WRONG = [
  { what: 'HEADERS on stream 0', sent: [...greeting, callFrame(0, path)], error: code.protocolError },
  { what: 'HEADERS on a stream of the server', sent: [...greeting, callFrame(2, path)], error: code.protocolError },
  { what: 'DATA on stream 0', sent: [...greeting, dataFrame(0, grpcMessage('x'))], error: code.protocolError },
  { what: 'DATA on a stream that was never opened', sent: [...greeting, callFrame(3, path), dataFrame(5, grpcMessage('x'))], error: code.protocolError },
  { what: 'DATA on a stream of the server', sent: [...greeting, callFrame(3, path), dataFrame(2, grpcMessage('x'))], error: code.protocolError },
  { what: 'DATA behind the end of a stream', sent: [...halfClosed, dataFrame(1, grpcMessage('x'))], error: code.streamClosed },
  { what: 'RST_STREAM on stream 0', sent: [...greeting, resetFrame(0)], error: code.protocolError },
  { what: 'RST_STREAM on a stream that was never opened', sent: [...greeting, resetFrame(1)], error: code.protocolError },
  { what: 'WINDOW_UPDATE on a stream that was never opened', sent: [...greeting, windowFrame(1, 1)], error: code.protocolError },
  { what: 'WINDOW_UPDATE of nothing on the connection', sent: [...greeting, windowFrame(0, 0)], error: code.protocolError },
  { what: 'WINDOW_UPDATE of nothing on a stream', sent: [...greeting, callFrame(1, path), windowFrame(1, 0)], error: code.protocolError },
  { what: 'a window of the connection beyond 2^31-1', sent: [...greeting, windowFrame(0, LARGEST_WINDOW - 65_535 + 1)], error: code.flowControlError },
  { what: 'a window of a stream beyond 2^31-1', sent: [...greeting, callFrame(1, path), windowFrame(1, LARGEST_WINDOW - 65_535 + 1)], error: code.flowControlError },
  { what: 'an INITIAL_WINDOW_SIZE beyond 2^31-1', sent: [PREFACE, callWindowFrame(LARGEST_WINDOW + 1)], error: code.flowControlError },
  { what: 'an INITIAL_WINDOW_SIZE that takes a stream beyond 2^31-1', sent: [...greeting, callFrame(1, path), windowFrame(1, LARGEST_WINDOW - 65_535), callWindowFrame(65_536)], error: code.flowControlError },
  { what: 'a SETTINGS_ENABLE_PUSH of 2', sent: [PREFACE, settingsFrame([2, 2])], error: code.protocolError },
  { what: 'a SETTINGS_MAX_FRAME_SIZE below what everybody takes', sent: [PREFACE, settingsFrame([5, 16_383])], error: code.protocolError },
  { what: 'a SETTINGS_MAX_FRAME_SIZE beyond 2^24-1', sent: [PREFACE, settingsFrame([5, 2 ** 24])], error: code.protocolError },
  { what: 'headers behind the end of a stream', sent: [...halfClosed, headersFrame(1, [['x-late', '1']], true)], error: code.protocolError },
  { what: 'second headers that do not end their stream', sent: [...greeting, callFrame(1, path), headersFrame(1, [['x-more', '1']])], error: code.protocolError },
  { what: 'a block of headers that cannot be read', sent: [...greeting, frame(type.headers, flag.endHeaders, 1, Buffer.of(0xff, 0xff))], error: code.compressionError },
  { what: 'a frame that is too large', sent: [...greeting, frame(0xbe, 0, 0, Buffer.alloc(16_385))], error: code.frameSizeError },
] as const

describe('a connection', { timeout: 3 * HANGS_MS }, () => {
  it('begins with its settings and a window of 16 MiB, and acknowledges those of its peer', () =>
    withConnection(new Map(), async ({ peer }) => {
      const settings = await peer.take(type.settings)
      assert.deepEqual([settings.flags, settings.streamId, settings.payload.toString('hex')], [0, 0, '0004' + uint32(MIB).toString('hex')])
      const window = await peer.take(type.windowUpdate)
      assert.deepEqual([window.streamId, window.payload.readUInt32BE(0)], [0, 16 * MIB - 65_535])
      assert.deepEqual(peer.frames, [], 'nothing else, before the peer has spoken')
      peer.greet()
      const ack = await peer.take(type.settings)
      assert.deepEqual([ack.flags, ack.streamId, ack.payload.length], [flag.ack, 0, 0])
      // Our own settings are acknowledged too, which is not answered.
      peer.write(frame(type.settings, flag.ack, 0))
      assert.deepEqual(await peer.answers(), [])
    }))

  it('answers each SETTINGS frame once, and each PING with the same eight bytes', () =>
    withConnection(new Map(), async ({ peer }) => {
      peer.greet(settingsFrame(), frame(type.ping, 0, 0, Buffer.from('01234567')), settingsFrame(), frame(type.ping, 0, 0, Buffer.from('abcdefgh')))
      // The last answer, so all others have come.
      const answer = await peer.answers()
      assert.deepEqual(answer.filter((one) => one.type === type.ping).map(({ flags, streamId, payload }) => [flags, streamId, String(payload)]), [[flag.ack, 0, '01234567'], [flag.ack, 0, 'abcdefgh']])
      peer.greet()
      assert.equal(await peer.over(), code.frameSizeError, 'the preface is no frame')
    }))

  it('counts an acknowledgement for each SETTINGS frame', () =>
    withConnection(new Map(), async ({ peer }) => {
      peer.greet(settingsFrame(), settingsFrame())
      for (let count = 0; count < 4; count += 1) assert.equal((await peer.take(type.settings)).flags, count === 0 ? 0 : flag.ack)
    }))

  it('takes a greeting that comes byte by byte', () => {
    const service = new WatchedService(echo)
    return withConnection(service.routes, async ({ peer }) => {
      for (const byte of Buffer.concat([PREFACE, frame(type.settings, 0, 0), callFrame(1, path), dataFrame(1, grpcMessage('slow'), true)])) {
        await new Promise((resolve) => peer.socket.write(Buffer.of(byte), resolve))
      }
      assert.deepEqual((await peer.readAnswer(1)).messages.map(String), ['slow'])
    })
  })

  it('skips frames, flags and settings that it does not know', () => {
    const service = new WatchedService(echo)
    return withConnection(service.routes, async ({ peer }) => {
      const priority = Buffer.concat([uint32(0x8000_0003), Buffer.of(255)])
      peer.write(PREFACE, settingsFrame([0xbeef, 7], [1, 4_096], [3, 0], [6, 0]))
      peer.write(frame(0xbe, 0xff, 7, Buffer.from('unknown')), frame(0xbf, 0, 0), frame(type.priority, 0, 9, priority), frame(type.goaway, 0, 0, Buffer.alloc(8)))
      peer.write(callFrame(1, path), frame(type.data, 0xf0 | flag.endStream, 1, grpcMessage('known')))
      assert.deepEqual((await peer.readAnswer(1)).messages.map(String), ['known'])
    })
  })

  for (const { what, sent, error } of ENDED) {
    it(`says goodbye to ${what} and hangs up`, () =>
      withConnection(new Map(), async ({ peer, lines }) => {
        peer.write(...sent)
        assert.equal(await peer.over(), error)
        assert.deepEqual(lines.map(({ level, message }) => [level, message]), [['warn', 'A gRPC peer broke the rules of HTTP/2; its connection was closed.']])
      }))
  }

  for (const { what, sent, error } of WRONG) {
    it(`ends the connection for ${what}, and with it the calls`, () => {
      const service = new WatchedService()
      return withConnection(service.routes, async ({ peer, lines }) => {
        peer.write(...sent, frame(type.ping, 0, 0, Buffer.alloc(8)))
        assert.equal(await peer.over(), error)
        assert.equal(peer.frames.some((one) => one.type === type.ping), false, 'nothing is read any more')
        await service.until(() => service.openCalls === 0)
        assert.equal(lines.filter(({ level }) => level === 'error').length, 0)
      })
    })
  }

  it('names the last call it has seen in its goodbye', () =>
    withConnection(new WatchedService().routes, async ({ peer }) => {
      peer.greet(callFrame(1, path), callFrame(7, path), windowFrame(0, 0))
      assert.equal((await peer.take(type.goaway)).payload.readUInt32BE(0), 7)
    }))

  it('takes frames for a call that is over as late, and counts their bytes for the connection', () => {
    const service = new WatchedService({ onMessage: (call) => call.end() })
    return withConnection(service.routes, async ({ peer }) => {
      peer.greet(callFrame(1, path), dataFrame(1, grpcMessage('stop')))
      await service.untilClosed(0)
      const late = Buffer.alloc(16_000)
      const sent: Buffer[] = []
      // More than half of the connection's window.
      for (let bytes = 0; bytes <= 8 * MIB; bytes += late.length) sent.push(dataFrame(1, late))
      peer.write(...sent, windowFrame(1, 5), resetFrame(1), headersFrame(1, [['x-late', '1']], true), dataFrame(1, late, true))
      const answers = await peer.answers()
      const opening = 16 * MIB - 65_535
      assert.deepEqual(answers.filter((one) => one.type === type.windowUpdate && one.streamId === 1), [])
      assert.ok(answers.some((one) => one.type === type.windowUpdate && one.streamId === 0 && one.payload.readUInt32BE(0) > 8 * MIB && one.payload.readUInt32BE(0) !== opening))
      assert.deepEqual(service.calls.map(({ events }) => events), [['open', 'message', 'close']])
    })
  })

  it('opens no call with a number that was used or passed over, and lives on', () => {
    const service = new WatchedService(echo)
    return withConnection(service.routes, async ({ peer }) => {
      peer.greet(callFrame(5, path, { endStream: true }), callFrame(5, path, { endStream: true }), callFrame(3, path, { endStream: true }), dataFrame(3, grpcMessage('x')), callFrame(7, path, { endStream: true }))
      const answers = await peer.answers()
      assert.deepEqual(answers.filter((one) => one.type === type.headers).map(({ streamId }) => streamId), [5, 7])
      assert.equal(service.calls.length, 2)
    })
  })

  it('takes WINDOW_UPDATE and RST_STREAM for a call whose peer has ended its side', () => {
    const service = new WatchedService()
    return withConnection(service.routes, async ({ peer }) => {
      peer.greet(callFrame(1, path, { endStream: true }), windowFrame(1, 100), resetFrame(1))
      await service.untilClosed(0)
      assert.deepEqual(await peer.answers().then((all) => all.filter((one) => one.streamId !== 0)), [])
    })
  })
})
