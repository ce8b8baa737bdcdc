// A service hears that a call is over exactly once, last, and never while it is busy with the same call, however the call ends.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type DirectConnection, withConnection } from '../../test/support/direct-connection.ts'
import { HANGS_MS } from '../../test/support/grpc-client.ts'
import { callFrame, callWindowFrame, code, dataFrame, frame, grpcMessage, resetFrame, type, windowFrame } from '../../test/support/raw-http2.ts'
import { type Script, WatchedService } from '../../test/support/watched-service.ts'

const path = WatchedService.path
const FAILED = 'The call could not be processed. The log has the cause.'

interface Case {
  readonly what: string
  readonly script: Script
  /** What the peer says. */
  readonly sent: readonly Buffer[]
  /** What happens when all of that has been read. */
  readonly afterwards?: (connection: DirectConnection, service: WatchedService) => void
  readonly events: string
  /** Of the answer; undefined when there is none. */
  readonly status?: string
  readonly text?: string
  /** The handler has thrown, which the log is told. */
  readonly isFailure?: true
}

const half = [callFrame(1, path), dataFrame(1, grpcMessage('x'), true)]
const open = [callFrame(1, path), dataFrame(1, grpcMessage('x'))]
const throwing = (): never => {
  throw new Error('secret cause')
}

const CASES: readonly Case[] = [
  { what: 'an end while it is opened', script: { onOpen: (call) => call.end() }, sent: open, events: 'open close', status: '0' },
  { what: 'an end while it is opened by headers that are all', script: { onOpen: (call) => call.end() }, sent: [callFrame(1, path, { endStream: true })], events: 'open close', status: '0' },
  { what: 'an end inside onMessage, before the half-close', script: { onMessage: (call) => call.end() }, sent: [...open, dataFrame(1, grpcMessage('more'), true)], events: 'open message close', status: '0' },
  { what: 'an end inside onMessage, in the frame that half-closes', script: { onMessage: (call) => call.end() }, sent: half, events: 'open message close', status: '0' },
  { what: 'an end inside onMessage with more messages in the same frame', script: { onMessage: (call) => call.end() }, sent: [callFrame(1, path), dataFrame(1, Buffer.concat([grpcMessage('a'), grpcMessage('b')]), true)], events: 'open message close', status: '0' },
  { what: 'an end inside onHalfClose', script: { onHalfClose: (call) => call.end() }, sent: half, events: 'open message half-close close', status: '0' },
  { what: 'an end some time after the half-close', script: {}, sent: half, afterwards: (_, service) => service.at(0).call.end(), events: 'open message half-close close', status: '0' },
  { what: 'an end some time before the half-close', script: {}, sent: open, afterwards: (_, service) => service.at(0).call.end(), events: 'open message close', status: '0' },
  { what: 'a reset', script: {}, sent: [...open, resetFrame(1)], events: 'open message close' },
  { what: 'a reset behind the half-close', script: {}, sent: [...half, resetFrame(1), resetFrame(1)], events: 'open message half-close close' },
  { what: 'a reset behind an end', script: { onMessage: (call) => call.end() }, sent: [...open, resetFrame(1)], events: 'open message close', status: '0' },
  { what: 'a broken rule', script: {}, sent: [...open, windowFrame(0, 0)], events: 'open message close' },
  { what: 'a lost socket', script: {}, sent: open, afterwards: ({ peer }) => peer.socket.destroy(), events: 'open message close' },
  { what: 'a socket that fails on our side', script: {}, sent: open, afterwards: ({ served }) => served.destroy(new Error('broken')), events: 'open message close' },
  { what: 'a socket that the peer has ended', script: {}, sent: open, afterwards: ({ peer }) => peer.socket.end(), events: 'open message close' },
  { what: 'a drain whose time is up at once', script: {}, sent: open, afterwards: ({ transport }) => transport.drain(0), events: 'open message close' },
  { what: 'a failure while it is opened', script: { onOpen: throwing }, sent: half, events: 'open', status: '13', text: FAILED, isFailure: true },
  { what: 'a failure inside onMessage', script: { onMessage: throwing }, sent: half, events: 'open message close', status: '13', text: FAILED, isFailure: true },
  { what: 'a failure inside onHalfClose', script: { onHalfClose: throwing }, sent: half, events: 'open message half-close close', status: '13', text: FAILED, isFailure: true },
  { what: 'a failure inside onMessage behind its end', script: { onMessage: (call) => (call.end(), throwing()) }, sent: half, events: 'open message close', status: '0', isFailure: true },
  { what: 'a failure inside onClose', script: { onHalfClose: (call) => call.end(), onClose: throwing }, sent: half, events: 'open message half-close close', status: '0', isFailure: true },
  { what: 'a failure inside onClose after a reset', script: { onClose: throwing }, sent: [...open, resetFrame(1)], events: 'open message close', isFailure: true },
  { what: 'a message that cannot be read', script: {}, sent: [callFrame(1, path), dataFrame(1, Buffer.from([7, 0, 0, 0, 0])), dataFrame(1, grpcMessage('x'), true)], events: 'open close', status: '13', text: 'A message begins with a byte that gRPC does not know.' },
]

describe('the close of a call', { timeout: 3 * HANGS_MS }, () => {
  for (const { what, script, sent, afterwards, events, status, text, isFailure = false } of CASES) {
    it(`is told once after ${what}, and what is said afterwards is ignored`, () => {
      const service = new WatchedService({
        ...script,
        onClose: (call) => {
          call.send(Buffer.from('late'))
          call.end({ code: 2, message: 'late' })
          script.onClose?.(call)
        },
      })
      return withConnection(service.routes, async (connection) => {
        const { peer, lines } = connection
        peer.greet(...sent)
        await service.until(() => service.calls[0]?.events.join(' ').startsWith(events.replace(' close', '')) === true)
        afterwards?.(connection, service)
        if (events.endsWith('close')) await service.untilClosed(0)
        const { call } = service.at(0)
        call.send(Buffer.from('later'))
        call.end({ code: 2, message: 'later' })
        const answer = status === undefined ? undefined : await peer.readAnswer(1)
        assert.deepEqual([answer?.status['grpc-status'], answer?.status['grpc-message'], answer?.messages.length], [status, text, status === undefined ? undefined : 0])
        const others = status === undefined ? peer.frames : await peer.answers()
        assert.deepEqual(others.filter((one) => one.type === type.headers || one.type === type.data), [])
        connection.served.destroy()
        await peer.over()
        await nextTurn()
        assert.equal(service.at(0).events.join(' '), events)
        assert.deepEqual(lines.filter(({ message }) => message.startsWith('A gRPC connection failed')), [])
        assert.equal(lines.filter(({ message }) => message === 'A gRPC handler failed.').length, isFailure ? 1 : 0)
      })
    })
  }

  it('is not told inside another callback of the call when that drains the transport', () => {
    const transports: DirectConnection['transport'][] = []
    const service = new WatchedService({
      onMessage: (call) => {
        call.end()
        for (const transport of transports) transport.drain(60_000)
      },
    })
    return withConnection(service.routes, async ({ peer, transport }) => {
      transports.push(transport)
      peer.greet(...open)
      await service.untilClosed(0)
      assert.deepEqual(service.at(0).events, ['open', 'message', 'close'])
    })
  })

  it('waits until all that was said before the end has gone out', () => {
    const service = new WatchedService({
      onMessage: (call) => {
        for (let sent = 0; sent < 20; sent += 1) call.send(Buffer.alloc(sent, sent))
        call.end({ code: 5, message: 'that was all' })
        call.send(Buffer.from('too late'))
        call.end()
      },
    })
    return withConnection(service.routes, async ({ peer }) => {
      peer.greet(callWindowFrame(12), ...half)
      await service.until(() => service.calls[0]?.messages.length === 1)
      await nextTurn()
      assert.deepEqual(service.at(0).events, ['open', 'message'])
      peer.write(frame(type.ping, 0, 0, Buffer.alloc(8)), windowFrame(1, 1_000))
      const { messages, status } = await peer.readAnswer(1)
      assert.deepEqual(messages, Array.from({ length: 20 }, (_, index) => Buffer.alloc(index, index)))
      assert.deepEqual(status, { 'grpc-status': '5', 'grpc-message': 'that was all' })
      assert.deepEqual(service.at(0).events, ['open', 'message', 'close'])
    })
  })

  it('hears of a call that has ended while its messages wait when the peer gives it up', () => {
    const service = new WatchedService({
      onMessage: (call, message) => {
        call.send(message)
        call.end()
      },
    })
    return withConnection(service.routes, async ({ peer }) => {
      // More messages and the half-close come meanwhile, which nobody wants.
      peer.greet(callWindowFrame(0), ...open, dataFrame(1, grpcMessage('unwanted')), dataFrame(1, grpcMessage('unwanted'), true))
      await peer.answers()
      assert.deepEqual(service.at(0).events, ['open', 'message'])
      peer.write(resetFrame(1, code.noError))
      await service.untilClosed(0)
      assert.deepEqual(service.at(0).events, ['open', 'message', 'close'])
    })
  })

  it('tells all calls of a connection that is lost, and each may end others', () => {
    const service = new WatchedService({ onClose: () => service.calls.forEach(({ call }) => call.end()) })
    return withConnection(service.routes, async ({ peer }) => {
      peer.greet(...Array.from({ length: 100 }, (_, index) => callFrame(2 * index + 1, path)))
      await service.until(() => service.calls.length === 100)
      peer.socket.destroy()
      await service.until(() => service.openCalls === 0)
      assert.deepEqual([...new Set(service.calls.map(({ events }) => events.join(' ')))], ['open close'])
    })
  })

  it('tells calls that another call ends from its own callback', () => {
    const service = new WatchedService({ onMessage: () => service.calls.forEach(({ call }) => call.end()) })
    return withConnection(service.routes, async ({ peer }) => {
      peer.greet(callFrame(1, path), callFrame(3, path), callFrame(5, path), dataFrame(3, grpcMessage('all')))
      for (const id of [1, 3, 5]) assert.equal((await peer.readAnswer(id)).status['grpc-status'], '0')
      assert.deepEqual(service.calls.map(({ events }) => events.join(' ')), ['open close', 'open message close', 'open close'])
    })
  })
})
