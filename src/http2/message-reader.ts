// The bytes of one call to gRPC messages: five bytes in front of each say whether it is compressed and how long it is
// (grpc.io, "gRPC over HTTP2", Length-Prefixed-Message).

import { gunzipSync, inflateSync } from 'node:zlib'
import { type GrpcEnd, grpcStatus } from '../core/transport.ts'
import { MESSAGE_HEAD_BYTES } from './message-head.ts'

/** Room that is made for a message on its own word; for a longer one it grows with what comes. */
const TRUSTED_BYTES = 64 * 1024
/** A message that is a smaller part of the bytes it came with is copied out of them, so that keeping it does not keep them all. */
const SMALLEST_PART = 1 / 4
/** In the place of a position: no more messages are wanted. */
const ENOUGH = -1

/** What ends a call whose messages cannot be read. */
export class MessageError extends Error {
  readonly status: GrpcEnd

  constructor(status: GrpcEnd) {
    super(status.message)
    this.status = status
  }
}

export interface MessageSink {
  readonly maxMessageBytes: number
  /** The call's `grpc-encoding`. */
  readonly encoding: string | undefined
  /** The bytes are the callee's to keep. Returns whether it wants more; if not, all that still comes is dropped. */
  onMessage(message: Buffer): boolean
}

export class MessageReader {
  readonly #sink: MessageSink
  #head: Buffer | undefined
  #headBytes = 0
  #hasEnough = false
  #isCompressed = false
  /** Of the message that has begun. */
  #length = 0
  #body: Buffer | undefined
  #bodyBytes = 0

  constructor(sink: MessageSink) {
    this.#sink = sink
  }

  /** Whether a message has begun whose end has not come. */
  get isInside(): boolean {
    return this.#headBytes > 0
  }

  /** Reads on. Throws a MessageError. */
  read(chunk: Buffer, start: number, end: number): void {
    let at = this.#hasEnough ? ENOUGH : start
    while (at < end && at !== ENOUGH) {
      at = this.#headBytes === 0 ? this.#readWhole(chunk, at, end) : this.#readPart(chunk, at, end)
    }
  }

  /** Reads messages as long as they are whole; returns where it stopped, or ENOUGH. A message that has only begun is left to #readPart. */
  #readWhole(chunk: Buffer, start: number, end: number): number {
    let at = start
    while (end - at >= MESSAGE_HEAD_BYTES) {
      const length = this.#checkHead(chunk, at)
      const from = at + MESSAGE_HEAD_BYTES
      if (from + length > end) break
      const message = length < chunk.length * SMALLEST_PART ? Buffer.from(chunk.subarray(from, from + length)) : chunk.subarray(from, from + length)
      at = from + length
      if (!this.#deliver(message)) return ENOUGH
    }
    return at < end ? this.#readPart(chunk, at, end) : at
  }

  /** Reads on in a message that comes in parts; returns like #readWhole. */
  #readPart(chunk: Buffer, start: number, end: number): number {
    let at = start
    if (this.#headBytes < MESSAGE_HEAD_BYTES) {
      const head = (this.#head ??= Buffer.alloc(MESSAGE_HEAD_BYTES))
      const copied = chunk.copy(head, this.#headBytes, at, Math.min(end, at + MESSAGE_HEAD_BYTES - this.#headBytes))
      this.#headBytes += copied
      at += copied
      if (this.#headBytes < MESSAGE_HEAD_BYTES) return at
      this.#length = this.#checkHead(head, 0)
      this.#body = Buffer.allocUnsafe(Math.min(this.#length, TRUSTED_BYTES))
      this.#bodyBytes = 0
    }
    const bytes = Math.min(end - at, this.#length - this.#bodyBytes)
    const body = this.#roomFor(bytes)
    chunk.copy(body, this.#bodyBytes, at, at + bytes)
    this.#bodyBytes += bytes
    if (this.#bodyBytes < this.#length) return at + bytes
    this.#headBytes = 0
    this.#body = undefined
    return this.#deliver(body) ? at + bytes : ENOUGH
  }

  #roomFor(bytes: number): Buffer {
    const body = this.#body ?? Buffer.alloc(0)
    const needed = this.#bodyBytes + bytes
    if (needed <= body.length) return body
    const grown = Buffer.allocUnsafe(Math.min(this.#length, Math.max(needed, 2 * body.length)))
    body.copy(grown, 0, 0, this.#bodyBytes)
    this.#body = grown
    return grown
  }

  #checkHead(bytes: Buffer, at: number): number {
    const flag = bytes[at] ?? 0
    if (flag > 1) throw new MessageError({ code: grpcStatus.internal, message: 'A message begins with a byte that gRPC does not know.' })
    this.#isCompressed = flag === 1
    const length = bytes.readUInt32BE(at + 1)
    if (length > this.#sink.maxMessageBytes) throw tooLarge(this.#sink.maxMessageBytes)
    return length
  }

  #deliver(message: Buffer): boolean {
    this.#hasEnough = !this.#sink.onMessage(this.#isCompressed ? this.#decompress(message) : message)
    return !this.#hasEnough
  }

  /** At once: it is rare (Envoy never does it), and in order. */
  #decompress(message: Buffer): Buffer {
    const { encoding, maxMessageBytes } = this.#sink
    const unpack = encoding === 'gzip' ? gunzipSync : encoding === 'deflate' ? inflateSync : undefined
    if (encoding === undefined || encoding === 'identity') throw new MessageError({ code: grpcStatus.internal, message: 'A message is compressed, and the call does not say how.' })
    if (unpack === undefined) throw new MessageError({ code: grpcStatus.unimplemented, message: 'Messages may be compressed with gzip or deflate, nothing else.' })
    try {
      // zlib hands out parts of buffers of 16 KiB.
      return Buffer.from(unpack(message, { maxOutputLength: maxMessageBytes }))
    } catch (error) {
      if (error instanceof RangeError && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maxMessageBytes)
      throw new MessageError({ code: grpcStatus.internal, message: 'A compressed message cannot be read.' })
    }
  }
}

function tooLarge(maxBytes: number): MessageError {
  return new MessageError({ code: grpcStatus.resourceExhausted, message: `A message is larger than ${maxBytes} bytes.` })
}
