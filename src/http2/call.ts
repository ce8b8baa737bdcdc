// One gRPC call on a connection of ours: its messages in, its answers out as far as the windows let them, its end.

import { endIfUnread, type GrpcCall, type GrpcCallHandler, type GrpcEnd, type GrpcOpener, grpcStatus, type GrpcTransportOptions, guardHandler } from '../core/transport.ts'
import { encodeHeaders } from './header-blocks.ts'
import { MESSAGE_HEAD_BYTES, writeMessageHead } from './message-head.ts'
import { MessageError, MessageReader, type MessageSink } from './message-reader.ts'
import { findMetadata, type RequestHead } from './request-head.ts'

/** setTimeout takes no more; a caller who gives us longer gives us for ever. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** Of a status, in characters: with twelve bytes for each of them it still fits into one frame. */
const LONGEST_MESSAGE = 1_024

/** Places of sent messages that may stay in the list of what waits, if they are not the larger part of it; and what is in them. */
const SENT_KEPT = 1_000
const SENT = Buffer.alloc(0)

const FIRST_HEADERS = [[':status', '200'], ['content-type', 'application/grpc']] as const
const HEADERS = encodeHeaders(FIRST_HEADERS)
const OK = encodeHeaders([['grpc-status', '0']])
const OK_ALONE = encodeHeaders([...FIRST_HEADERS, ['grpc-status', '0']])

/** What a call asks of its connection. */
export interface CallWire extends Omit<GrpcTransportOptions, 'routes'> {
  /** How many bytes may be sent in one DATA frame now, for all calls together. */
  sendable(): number
  headers(call: Call, block: Buffer, endStream: boolean): void
  /** A whole message whose bytes, head included, are `sendable`. */
  message(call: Call, message: Uint8Array): void
  /** Part of a message, `sendable`. */
  data(call: Call, bytes: Uint8Array, start: number, end: number): void
  /** Its answers wait: `pump` it when more may be sent. */
  block(call: Call): void
  /** Our side of the call is closed. */
  closed(call: Call): void
}

export interface CallStart extends Pick<Call, 'id' | 'sendWindow' | 'receiveWindow' | 'isRemoteClosed'> {
  readonly head: RequestHead
}

export class Call implements GrpcCall, MessageSink {
  readonly id: number
  readonly path: string
  readonly encoding: string | undefined
  /** How much the peer lets us send, and how much we let it send. */
  sendWindow: number
  receiveWindow: number
  /** The peer has ended its side, or does so with the frame that is being read. */
  isRemoteClosed: boolean
  readonly #wire: CallWire
  readonly #metadata: readonly string[]
  readonly #reader: MessageReader
  /** Undefined until the service has opened the call, and for good if that failed. */
  #handler: GrpcCallHandler | undefined
  /** Framed messages, of which the first `#sentMessages` are sent, and `#sentBytes` of the next one. */
  #waiting: Buffer[] | undefined
  #sentMessages = 0
  #sentBytes = 0
  #waitingBytes = 0
  #hasSentHeaders = false
  /** Set when the call has been ended by us: nothing more is sent, and of what comes only the close is passed on. */
  #end: GrpcEnd | undefined
  #isClosed = false
  #deadline: NodeJS.Timeout | undefined

  constructor(wire: CallWire, { id, head, sendWindow, receiveWindow, isRemoteClosed }: CallStart) {
    this.#wire = wire
    this.id = id
    this.path = head.path
    this.#metadata = head.metadata
    this.sendWindow = sendWindow
    this.receiveWindow = receiveWindow
    this.isRemoteClosed = isRemoteClosed
    this.encoding = findMetadata(head.metadata, 'grpc-encoding')
    this.#reader = new MessageReader(this)
    if (head.timeoutMs !== undefined && head.timeoutMs < LONGEST_TIMER_MS) {
      this.#deadline = setTimeout(() => this.#abort({ code: grpcStatus.deadlineExceeded, message: 'The deadline of the call is over.' }), head.timeoutMs).unref()
    }
  }

  get maxMessageBytes(): number {
    return this.#wire.maxMessageBytes
  }

  metadata(name: string): string | undefined {
    return findMetadata(this.#metadata, name)
  }

  send(message: Uint8Array): void {
    if (this.#end !== undefined || this.#isClosed) return
    const bytes = MESSAGE_HEAD_BYTES + message.length
    if (this.#waiting === undefined && bytes <= this.#sendable()) {
      this.#sendHeaders()
      this.#wire.message(this, message)
      return
    }
    if (endIfUnread(this, this.#wire, this.#waitingBytes, bytes)) return
    const framed = Buffer.allocUnsafe(bytes)
    writeMessageHead(framed, 0, message.length)
    framed.set(message, MESSAGE_HEAD_BYTES)
    this.#waitingBytes += bytes
    ;(this.#waiting ??= []).push(framed)
    this.pump()
  }

  end(status: GrpcEnd = { code: grpcStatus.ok, message: '' }): void {
    if (this.#end !== undefined || this.#isClosed) return
    this.#end = status
    if (this.#waiting === undefined) this.#sendTrailers(status)
  }

  /** Lets the service have the call. */
  open(open: GrpcOpener): void {
    this.#guard(() => {
      this.#handler = open(this)
    })
  }

  /** Bytes that came for this call. */
  read(chunk: Buffer, start: number, end: number): void {
    if (this.#end !== undefined) return
    try {
      this.#reader.read(chunk, start, end)
    } catch (error) {
      if (!(error instanceof MessageError)) throw error
      this.end(error.status)
    }
  }

  onMessage(message: Buffer): boolean {
    this.#guard(() => this.#handler?.onMessage(message))
    return this.#end === undefined
  }

  remoteEnded(): void {
    this.isRemoteClosed = true
    if (this.#end !== undefined) return
    if (this.#reader.isInside) this.end({ code: grpcStatus.internal, message: 'The call ended in the middle of a message.' })
    else this.#guard(() => this.#handler?.onHalfClose())
  }

  /** Sends of what waits as much as may be sent now. */
  pump(): void {
    const waiting = this.#waiting
    if (waiting === undefined) return
    this.#sendHeaders()
    for (let first = waiting[this.#sentMessages]; first !== undefined; first = waiting[this.#sentMessages]) {
      const bytes = Math.min(this.#sendable(), first.length - this.#sentBytes)
      if (bytes <= 0) return this.#wire.block(this)
      this.#wire.data(this, first, this.#sentBytes, this.#sentBytes + bytes)
      this.#sentBytes += bytes
      this.#waitingBytes -= bytes
      if (this.#sentBytes === first.length) this.#nextWaiting(waiting)
    }
    this.#waiting = undefined
    this.#sentMessages = 0
    if (this.#end !== undefined) this.#sendTrailers(this.#end)
  }

  /** The call is over, whoever ended it: nothing goes out any more. `tellClosed` has to follow. */
  close(): void {
    this.#isClosed = true
    this.#waiting = undefined
    clearTimeout(this.#deadline)
  }

  /** Once, after `close`, when none of the service's other callbacks is running. */
  tellClosed(): void {
    this.#guard(() => this.#handler?.onClose())
  }

  /** The places of sent messages are given up many at once: taking the first from a long list costs as much as the list is long. */
  #nextWaiting(waiting: Buffer[]): void {
    waiting[this.#sentMessages] = SENT
    this.#sentBytes = 0
    this.#sentMessages += 1
    if (this.#sentMessages < Math.max(SENT_KEPT, waiting.length / 2)) return
    waiting.splice(0, this.#sentMessages)
    this.#sentMessages = 0
  }

  /** What may go out in one frame now; less than a message is nothing for a message, but something for its parts. */
  #sendable(): number {
    return Math.min(this.sendWindow, this.#wire.sendable())
  }

  /** Ends the call without what still waits. */
  #abort(status: GrpcEnd): void {
    this.#end ??= status
    if (this.#isClosed) return
    this.#waiting = undefined
    this.#sendTrailers(status)
  }

  #sendHeaders(): void {
    if (this.#hasSentHeaders) return
    this.#hasSentHeaders = true
    this.#wire.headers(this, HEADERS, false)
  }

  #sendTrailers({ code, message }: GrpcEnd): void {
    this.#wire.headers(this, this.#trailers(code, message), true)
    this.#wire.closed(this)
  }

  #trailers(code: number, message: string): Buffer {
    if (code === grpcStatus.ok) return this.#hasSentHeaders ? OK : OK_ALONE
    const status = [['grpc-status', String(code)], ['grpc-message', percentEncode(message.slice(0, LONGEST_MESSAGE))]] as const
    return encodeHeaders(this.#hasSentHeaders ? status : [...FIRST_HEADERS, ...status])
  }

  #guard(step: () => void): void {
    guardHandler(this, this.#wire.log, step)
  }
}

/** Bytes of UTF-8 other than printable ASCII, and the percent sign, as %XX; so is a space at either end, where no field may have one. */
function percentEncode(message: string): string {
  // Through a Buffer half a surrogate pair, which encodeURIComponent refuses, becomes U+FFFD.
  return Buffer.from(message).toString().replaceAll(/^ | $|[^ -$&-~]/gu, encodeURIComponent)
}
