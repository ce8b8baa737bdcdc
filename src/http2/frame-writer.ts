// Frames to a socket. They gather in one buffer and go out together with `flush`, since one write costs more than the frames in it.

import type { Duplex } from 'node:stream'
import { MESSAGE_HEAD_BYTES, writeMessageHead } from './message-head.ts'
import { errorCode, type ErrorCode, FRAME_HEAD_BYTES, frameFlag, frameType } from './protocol.ts'

const BUFFER_BYTES = 64 * 1024
/** What may wait in the socket before no more DATA is written, in bytes; more waits in its call, where it is counted. */
const MAX_WAITING_BYTES = 1024 * 1024

export class FrameWriter {
  readonly #socket: Duplex
  #buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES)
  #length = 0
  /** The socket has not taken yet what it was given. */
  #isWaiting = false
  readonly #onWritten = (): void => {
    if (this.#socket.writableLength > 0) return
    this.#isWaiting = false
    this.flush()
  }

  constructor(socket: Duplex) {
    this.#socket = socket
  }

  /** Frames that are written after this stay behind in the socket, because the peer does not read. */
  get isFull(): boolean {
    return this.#socket.writableLength > MAX_WAITING_BYTES
  }

  /** Bytes that the peer has not taken yet. */
  get waitingBytes(): number {
    return this.#socket.writableLength
  }

  /** `entries` by the numbers of `setting`. */
  settings(entries: readonly (readonly [id: number, value: number])[]): void {
    let at = this.#head(frameType.settings, 0, 0, 6 * entries.length)
    for (const [id, value] of entries) {
      at = this.#buffer.writeUInt16BE(id, at)
      at = this.#buffer.writeUInt32BE(value, at)
    }
  }

  settingsAck(): void {
    this.#head(frameType.settings, frameFlag.ack, 0, 0)
  }

  /** `payload` has eight bytes. */
  ping(payload: Buffer, ack: boolean): void {
    const at = this.#head(frameType.ping, ack ? frameFlag.ack : 0, 0, payload.length)
    payload.copy(this.#buffer, at)
  }

  windowUpdate(streamId: number, increment: number): void {
    const at = this.#head(frameType.windowUpdate, 0, streamId, 4)
    this.#buffer.writeUInt32BE(increment, at)
  }

  reset(streamId: number, code: ErrorCode): void {
    const at = this.#head(frameType.rstStream, 0, streamId, 4)
    this.#buffer.writeUInt32BE(code, at)
  }

  goaway(lastStreamId: number, code: ErrorCode = errorCode.noError): void {
    const at = this.#head(frameType.goaway, 0, 0, 8)
    this.#buffer.writeUInt32BE(lastStreamId, at)
    this.#buffer.writeUInt32BE(code, at + 4)
  }

  /** A block that fits into one frame. */
  headers(streamId: number, block: Buffer, endStream: boolean): void {
    const at = this.#head(frameType.headers, frameFlag.endHeaders | (endStream ? frameFlag.endStream : 0), streamId, block.length)
    block.copy(this.#buffer, at)
  }

  /** Bytes that fit into one DATA frame. */
  data(streamId: number, bytes: Uint8Array, start: number, end: number): void {
    const at = this.#head(frameType.data, 0, streamId, end - start)
    this.#buffer.set(bytes.subarray(start, end), at)
  }

  /** A whole gRPC message, not compressed, that fits into one DATA frame. */
  message(streamId: number, message: Uint8Array): void {
    const at = this.#head(frameType.data, 0, streamId, MESSAGE_HEAD_BYTES + message.length)
    writeMessageHead(this.#buffer, at, message.length)
    this.#buffer.set(message, at + MESSAGE_HEAD_BYTES)
  }

  /** Lets out what was written. While the socket still has something, it waits here and follows as soon as that is gone. */
  flush(): void {
    if (this.#length > 0 && !this.#isWaiting) this.#writeOut()
  }

  /** Lets out the last frames and ends our side of the socket. `onGone`: the system has taken all of it. */
  end(onGone?: () => void): void {
    if (this.#length > 0) this.#writeOut()
    this.#socket.end(onGone)
  }

  #writeOut(): void {
    this.#socket.write(this.#buffer.subarray(0, this.#length), this.#onWritten)
    this.#length = 0
    // Either Node has given all of it to the kernel, or it holds on to the buffer.
    if (this.#socket.writableLength === 0) return
    this.#isWaiting = true
    this.#buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES)
  }

  /** Makes room for a frame and writes its first nine bytes; returns where its payload goes. */
  #head(type: number, flags: number, streamId: number, length: number): number {
    if (this.#length + FRAME_HEAD_BYTES + length > BUFFER_BYTES) this.#writeOut()
    const buffer = this.#buffer
    const at = this.#length
    buffer[at] = length >>> 16
    buffer[at + 1] = length >>> 8
    buffer[at + 2] = length
    buffer[at + 3] = type
    buffer[at + 4] = flags
    buffer[at + 5] = streamId >>> 24
    buffer[at + 6] = streamId >>> 16
    buffer[at + 7] = streamId >>> 8
    buffer[at + 8] = streamId
    this.#length = at + FRAME_HEAD_BYTES + length
    return at + FRAME_HEAD_BYTES
  }
}
