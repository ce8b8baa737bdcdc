// Services for testing a transport: they echo, fail, end and flood, and a probe remembers what they have seen.

import { type GrpcCall, type GrpcCallHandler, type GrpcRoutes, grpcStatus } from '../../src/core/transport.ts'

export class Probe {
  /** Events of the calls of /test.Record/Events, in order. */
  readonly seen: string[] = []
  /** Calls that are open now. */
  open = 0
  /** Calls of any service that have closed. */
  closed = 0
  #tellClosed: () => void = () => undefined

  reset(): void {
    this.seen.length = 0
    this.closed = 0
    this.#tellClosed = () => undefined
  }

  close(): void {
    this.open -= 1
    this.closed += 1
    this.#tellClosed()
  }

  /** Resolves when `count` calls have closed. */
  whenClosed(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.#tellClosed = () => {
        if (this.closed >= count) resolve()
      }
      this.#tellClosed()
    })
  }
}

function recorded(call: GrpcCall, probe: Probe, onMessage: (message: Buffer) => void): GrpcCallHandler {
  probe.open += 1
  return { onMessage, onHalfClose: () => call.end(), onClose: () => probe.close() }
}

export function probeRoutes(probe: Probe): GrpcRoutes {
  return new Map<string, (call: GrpcCall) => GrpcCallHandler>([
    ['/test.Echo/Stream', (call) => recorded(call, probe, (message) => call.send(message))],
    [
      '/test.Echo/Unary',
      (call) =>
        recorded(call, probe, (message) => {
          call.send(message)
          call.end()
        }),
    ],
    ['/test.Echo/Metadata', (call) => recorded(call, probe, () => call.send(Buffer.from(`${call.path} ${call.metadata('x-stage')} ${call.metadata('x-absent')}`)))],
    ['/test.Fail/Status', (call) => recorded(call, probe, () => call.end({ code: grpcStatus.resourceExhausted, message: 'enough \u00e9\ud800' }))],
    [
      '/test.Fail/Open',
      () => {
        throw new Error('no opening')
      },
    ],
    [
      '/test.Fail/Message',
      (call) =>
        recorded(call, probe, () => {
          call.send(Buffer.from('first'))
          throw new Error('secret cause')
        }),
    ],
    [
      '/test.Fail/Close',
      (call) => ({
        onMessage: () => call.end(),
        onHalfClose: () => undefined,
        onClose: () => {
          throw new Error('even at the end')
        },
      }),
    ],
    [
      '/test.Record/Events',
      (call) => {
        probe.open += 1
        probe.seen.push('open')
        return {
          onMessage: (message) => {
            probe.seen.push(message.toString())
            call.send(message)
            if (message.toString() === 'stop') call.end()
          },
          onHalfClose: () => {
            probe.seen.push('half-close')
            call.end()
            call.end({ code: 13, message: 'a second end' })
            call.send(Buffer.from('after the end'))
          },
          onClose: () => {
            probe.seen.push('close')
            call.send(Buffer.from('after the close'))
            probe.close()
          },
        }
      },
    ],
    [
      '/test.Flood/Stream',
      (call) =>
        recorded(call, probe, (message) => {
          for (let sent = 0; sent < 100; sent += 1) call.send(Buffer.alloc(message.readUInt32BE(0)))
        }),
    ],
  ])
}
