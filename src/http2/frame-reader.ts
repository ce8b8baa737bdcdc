// Bytes of a connection, however they are cut, to frames. What DATA frames carry is passed on as it comes; every other frame is
// small and is passed on whole, blocks of headers with all their CONTINUATION frames.

import { ConnectionError, errorCode, FRAME_HEAD_BYTES, frameFlag, frameType, MAX_FRAME_BYTES } from './protocol.ts'

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1')
const PRIORITY_BYTES = 5
/** Far more than a request has; also what a peer can make us keep with CONTINUATION frames without end. */
const MAX_BLOCK_BYTES = 65_535
/** An empty CONTINUATION frame adds no bytes and costs as much as any other. */
const MAX_CONTINUATIONS = 64

/** Frames in the order they came. Payloads are only valid during the call. */
export interface FrameSink {
  onHeaders(streamId: number, block: Buffer, endStream: boolean): void
  /** A DATA frame begins; `bytes` counts towards the windows. Then come its bytes, in any number of pieces, and its end. */
  onDataStart(streamId: number, bytes: number, endStream: boolean): void
  onData(chunk: Buffer, start: number, end: number): void
  onDataEnd(): void
  onReset(streamId: number, code: number): void
  onSettings(payload: Buffer): void
  onSettingsAck(): void
  onPing(payload: Buffer, ack: boolean): void
  /** `increment` may be 0, which is an error of the stream or connection. */
  onWindowUpdate(streamId: number, increment: number): void
}

export class FrameReader {
  readonly #sink: FrameSink
  #prefaceLeft = PREFACE.length
  #sawSettings = false
  /** Of the DATA frame that is being passed on. */
  #dataLeft = 0
  /** A frame whose end has not come yet, head included: its room, and how much of it is filled. */
  #partial = Buffer.alloc(FRAME_HEAD_BYTES + MAX_FRAME_BYTES)
  #partialBytes = 0
  /** Headers whose CONTINUATION frames have not all come; nothing else may come before them. */
  #open: { readonly streamId: number; readonly endStream: boolean; readonly fragments: Buffer[]; bytes: number } | undefined

  constructor(sink: FrameSink) {
    this.#sink = sink
  }

  /** False until the peer has shown that it speaks HTTP/2. */
  get isHttp2(): boolean {
    return this.#prefaceLeft === 0
  }

  /** Reads on. Throws a ConnectionError, after which nothing more may be read. */
  read(chunk: Buffer): void {
    let at = this.#prefaceLeft > 0 ? this.#readPreface(chunk) : 0
    while (at < chunk.length) {
      if (this.#dataLeft > 0) at = this.#readData(chunk, at)
      else if (this.#partialBytes > 0) at = this.#readPartial(chunk, at)
      else at = this.#readFrame(chunk, at)
    }
  }

  #readPreface(chunk: Buffer): number {
    const bytes = Math.min(this.#prefaceLeft, chunk.length)
    const from = PREFACE.length - this.#prefaceLeft
    if (PREFACE.compare(chunk, 0, bytes, from, from + bytes) !== 0) throw new ConnectionError(errorCode.protocolError, 'it does not speak HTTP/2 (plain text, without TLS)')
    this.#prefaceLeft -= bytes
    return bytes
  }

  #readData(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.#dataLeft)
    this.#dataLeft -= end - at
    this.#sink.onData(chunk, at, end)
    if (this.#dataLeft === 0) this.#sink.onDataEnd()
    return end
  }

  #readFrame(chunk: Buffer, at: number): number {
    const available = chunk.length - at
    if (available < FRAME_HEAD_BYTES) return this.#keep(chunk, at)
    const length = chunk.readUIntBE(at, 3)
    if (this.#startsData(chunk, at, length)) return at + FRAME_HEAD_BYTES
    if (available < FRAME_HEAD_BYTES + length) return this.#keep(chunk, at)
    this.#dispatch(chunk, at, length)
    return at + FRAME_HEAD_BYTES + length
  }

  /** Begins to pass the frame at `at` on if it is one that is not read whole. */
  #startsData(bytes: Buffer, at: number, length: number): boolean {
    if (length > MAX_FRAME_BYTES) throw new ConnectionError(errorCode.frameSizeError, `a frame has ${length} bytes, allowed: ${MAX_FRAME_BYTES}`)
    const flags = bytes[at + 4] ?? 0
    if (bytes[at + 3] !== frameType.data || (flags & frameFlag.padded) !== 0) return false
    this.#checkOrder(frameType.data, streamIdAt(bytes, at))
    this.#sink.onDataStart(streamIdAt(bytes, at), length, (flags & frameFlag.endStream) !== 0)
    this.#dataLeft = length
    if (length === 0) this.#sink.onDataEnd()
    return true
  }

  #keep(chunk: Buffer, at: number): number {
    this.#partialBytes = chunk.copy(this.#partial, 0, at)
    return chunk.length
  }

  #readPartial(chunk: Buffer, start: number): number {
    const at = this.#fill(FRAME_HEAD_BYTES, chunk, start)
    if (this.#partialBytes < FRAME_HEAD_BYTES) return at
    const length = this.#partial.readUIntBE(0, 3)
    if (this.#partialBytes === FRAME_HEAD_BYTES && this.#startsData(this.#partial, 0, length)) {
      this.#partialBytes = 0
      return at
    }
    const end = this.#fill(FRAME_HEAD_BYTES + length, chunk, at)
    if (this.#partialBytes < FRAME_HEAD_BYTES + length) return end
    this.#partialBytes = 0
    this.#dispatch(this.#partial, 0, length)
    return end
  }

  /** Fills what is kept up to `bytes`, and returns where it stopped reading. */
  #fill(bytes: number, chunk: Buffer, at: number): number {
    if (this.#partialBytes >= bytes) return at
    const copied = chunk.copy(this.#partial, this.#partialBytes, at, at + bytes - this.#partialBytes)
    this.#partialBytes += copied
    return at + copied
  }

  #checkOrder(type: number, streamId: number, isAck = false): void {
    if (!this.#sawSettings && (type !== frameType.settings || isAck)) throw new ConnectionError(errorCode.protocolError, 'its first frame is not SETTINGS')
    if (this.#open !== undefined && (type !== frameType.continuation || streamId !== this.#open.streamId)) throw new ConnectionError(errorCode.protocolError, 'a block of headers is interrupted by another frame')
  }

  #dispatch(bytes: Buffer, at: number, length: number): void {
    const type = bytes[at + 3] ?? 0
    const flags = bytes[at + 4] ?? 0
    const streamId = streamIdAt(bytes, at)
    const payload = bytes.subarray(at + FRAME_HEAD_BYTES, at + FRAME_HEAD_BYTES + length)
    this.#checkOrder(type, streamId, (flags & frameFlag.ack) !== 0)
    switch (type) {
      case frameType.data:
        return this.#paddedData(streamId, flags, payload)
      case frameType.headers:
        return this.#headers(streamId, flags, payload)
      case frameType.continuation:
        return this.#continuation(flags, payload)
      case frameType.settings:
        return this.#settings(streamId, flags, payload)
      case frameType.ping:
        expectStream('PING', streamId, false)
        expectBytes('PING', payload, 8)
        return this.#sink.onPing(payload, (flags & frameFlag.ack) !== 0)
      case frameType.windowUpdate:
        expectBytes('WINDOW_UPDATE', payload, 4)
        return this.#sink.onWindowUpdate(streamId, payload.readUInt32BE(0) & 0x7fff_ffff)
      case frameType.rstStream:
        expectBytes('RST_STREAM', payload, 4)
        return this.#sink.onReset(streamId, payload.readUInt32BE(0))
      case frameType.pushPromise:
        throw new ConnectionError(errorCode.protocolError, 'a client sent PUSH_PROMISE')
      case frameType.goaway:
        // From a client it says nothing: only we could open streams after it, and do not.
        expectStream('GOAWAY', streamId, false)
        if (payload.length < 8) throw new ConnectionError(errorCode.frameSizeError, 'a GOAWAY frame is too short')
        return
      case frameType.priority:
        return expectStream('PRIORITY', streamId, true)
      default:
      // Types that we do not know are to be skipped.
    }
  }

  #paddedData(streamId: number, flags: number, payload: Buffer): void {
    const { start, end } = withoutPadding(flags, payload)
    // What comes of it is kept, and the payload may lie in our own room for frames.
    const bytes = Buffer.from(payload.subarray(start, end))
    this.#sink.onDataStart(streamId, payload.length, (flags & frameFlag.endStream) !== 0)
    if (bytes.length > 0) this.#sink.onData(bytes, 0, bytes.length)
    this.#sink.onDataEnd()
  }

  #headers(streamId: number, flags: number, payload: Buffer): void {
    const { start, end } = withoutPadding(flags, payload)
    const from = start + ((flags & frameFlag.priority) === 0 ? 0 : PRIORITY_BYTES)
    if (from > payload.length) throw new ConnectionError(errorCode.frameSizeError, 'a HEADERS frame is shorter than it says')
    if (from > end) throw new ConnectionError(errorCode.protocolError, 'a frame has more padding than bytes')
    const endStream = (flags & frameFlag.endStream) !== 0
    const fragment = payload.subarray(from, end)
    if ((flags & frameFlag.endHeaders) !== 0) return this.#sink.onHeaders(streamId, fragment, endStream)
    this.#open = { streamId, endStream, fragments: [Buffer.from(fragment)], bytes: fragment.length }
  }

  #continuation(flags: number, payload: Buffer): void {
    const open = this.#open
    if (open === undefined) throw new ConnectionError(errorCode.protocolError, 'a CONTINUATION frame continues nothing')
    open.fragments.push(Buffer.from(payload))
    open.bytes += payload.length
    if (open.bytes > MAX_BLOCK_BYTES || open.fragments.length > MAX_CONTINUATIONS) throw new ConnectionError(errorCode.enhanceYourCalm, `a block of headers has more than ${MAX_BLOCK_BYTES} bytes or ${MAX_CONTINUATIONS} frames`)
    if ((flags & frameFlag.endHeaders) === 0) return
    this.#open = undefined
    this.#sink.onHeaders(open.streamId, Buffer.concat(open.fragments), open.endStream)
  }

  #settings(streamId: number, flags: number, payload: Buffer): void {
    expectStream('SETTINGS', streamId, false)
    const isAck = (flags & frameFlag.ack) !== 0
    if (payload.length % 6 !== 0 || (isAck && payload.length > 0)) throw new ConnectionError(errorCode.frameSizeError, 'a SETTINGS frame has a wrong size')
    this.#sawSettings = true
    if (isAck) this.#sink.onSettingsAck()
    else this.#sink.onSettings(payload)
  }
}

function streamIdAt(bytes: Buffer, at: number): number {
  return bytes.readUInt32BE(at + 5) & 0x7fff_ffff
}

function withoutPadding(flags: number, payload: Buffer): { readonly start: number; readonly end: number } {
  if ((flags & frameFlag.padded) === 0) return { start: 0, end: payload.length }
  const padding = payload[0]
  if (padding === undefined) throw new ConnectionError(errorCode.frameSizeError, 'a frame is too short for its padding')
  if (1 + padding > payload.length) throw new ConnectionError(errorCode.protocolError, 'a frame has more padding than bytes')
  return { start: 1, end: payload.length - padding }
}

function expectBytes(what: string, payload: Buffer, bytes: number): void {
  if (payload.length !== bytes) throw new ConnectionError(errorCode.frameSizeError, `a ${what} frame has ${payload.length} bytes instead of ${bytes}`)
}

function expectStream(what: string, streamId: number, isWanted: boolean): void {
  if ((streamId !== 0) !== isWanted) throw new ConnectionError(errorCode.protocolError, `a ${what} frame belongs to ${isWanted ? 'no stream' : `stream ${streamId}`}`)
}
