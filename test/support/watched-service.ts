// A service whose calls a test holds in its hands: what they see is written down, what they do is up to the test.

import { EventEmitter, once } from 'node:events'
import type { GrpcCall, GrpcRoutes } from '../../src/core/transport.ts'

export interface WatchedCall {
  readonly call: GrpcCall
  /** `open`, `message`, `half-close` and `close` in order; `overlap` when one begins inside another. */
  readonly events: string[]
  readonly messages: Buffer[]
}

/** What the calls do when something happens to them. */
export interface Script {
  readonly onOpen?: (call: GrpcCall) => void
  readonly onMessage?: (call: GrpcCall, message: Buffer) => void
  readonly onHalfClose?: (call: GrpcCall) => void
  readonly onClose?: (call: GrpcCall) => void
}

/** Sends back what comes, and ends when its peer does. */
export const echo: Script = { onMessage: (call, message) => call.send(message), onHalfClose: (call) => call.end() }

export class WatchedService {
  static readonly path = '/test.Watched/Call'
  readonly calls: WatchedCall[] = []
  readonly routes: GrpcRoutes
  readonly #events = new EventEmitter().setMaxListeners(0)

  constructor(script: Script = {}) {
    this.routes = new Map([[WatchedService.path, (call: GrpcCall) => this.#open(call, script)]])
  }

  /** The call that was opened as number `index`, which must have happened. */
  at(index: number): WatchedCall {
    const found = this.calls[index]
    if (found === undefined) throw new Error(`no call was opened as number ${index}`)
    return found
  }

  /** Calls that were opened and have not closed. */
  get openCalls(): number {
    return this.calls.filter(({ events }) => !events.includes('close')).length
  }

  /** Until it is so, looked at with everything that happens to a call. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await once(this.#events, 'event')
  }

  untilClosed(index: number): Promise<void> {
    return this.until(() => this.calls[index]?.events.includes('close') === true)
  }

  #open(call: GrpcCall, script: Script) {
    const watched: WatchedCall = { call, events: [], messages: [] }
    let depth = 0
    const during = (event: string, step: (() => void) | undefined): void => {
      if (depth > 0) watched.events.push('overlap')
      watched.events.push(event)
      depth += 1
      try {
        step?.()
      } finally {
        depth -= 1
        this.#events.emit('event')
      }
    }
    this.calls.push(watched)
    during('open', () => script.onOpen?.(call))
    return {
      onMessage: (message: Buffer) => {
        watched.messages.push(message)
        during('message', () => script.onMessage?.(call, message))
      },
      onHalfClose: () => during('half-close', () => script.onHalfClose?.(call)),
      onClose: () => during('close', () => script.onClose?.(call)),
    }
  }
}
