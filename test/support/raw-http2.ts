// An HTTP/2 client that writes its frames by hand, also wrong ones, and shows every frame that comes back. It shares no code with src/http2.

import { EventEmitter, once } from 'node:events'
import type { Socket } from 'node:net'

export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1')
export const type = { data: 0, headers: 1, priority: 2, reset: 3, settings: 4, ping: 6, goaway: 7, windowUpdate: 8, continuation: 9 } as const
export const flag = { endStream: 0x1, ack: 0x1, endHeaders: 0x4, padded: 0x8 } as const
export const code = { noError: 0, protocolError: 1, flowControlError: 3, streamClosed: 5, frameSizeError: 6, cancel: 8, compressionError: 9 } as const
export const LARGEST_WINDOW = 2 ** 31 - 1
const INITIAL_WINDOW_SIZE = 4

export interface Frame {
  readonly type: number
  readonly flags: number
  readonly streamId: number
  readonly payload: Buffer
}

export function frame(kind: number, flags: number, streamId: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = kind
  head[4] = flags
  head.writeUInt32BE(streamId, 5)
  return Buffer.concat([head, payload])
}

export function settingsFrame(...entries: readonly (readonly [id: number, value: number])[]): Buffer {
  const payload = Buffer.alloc(6 * entries.length)
  for (const [index, [id, value]] of entries.entries()) {
    payload.writeUInt16BE(id, 6 * index)
    payload.writeUInt32BE(value, 6 * index + 2)
  }
  return frame(type.settings, 0, 0, payload)
}

/** What the peer may send on each stream. */
export const callWindowFrame = (bytes: number): Buffer => settingsFrame([INITIAL_WINDOW_SIZE, bytes])
export const windowFrame = (streamId: number, bytes: number): Buffer => frame(type.windowUpdate, 0, streamId, uint32(bytes))
export const resetFrame = (streamId: number, error: number = code.cancel): Buffer => frame(type.reset, 0, streamId, uint32(error))
export const dataFrame = (streamId: number, bytes: Buffer, endStream = false): Buffer => frame(type.data, endStream ? flag.endStream : 0, streamId, bytes)

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

export type Fields = readonly (readonly [name: string, value: string])[]

export function headersFrame(streamId: number, fields: Fields, endStream = false): Buffer {
  const block = Buffer.concat(fields.flatMap(([name, value]) => [Buffer.of(0), literal(name), literal(value)]))
  return frame(type.headers, flag.endHeaders | (endStream ? flag.endStream : 0), streamId, block)
}

/** The request that begins a gRPC call. */
export function callFrame(streamId: number, path: string, { metadata = [], endStream = false }: { readonly metadata?: Fields; readonly endStream?: boolean } = {}): Buffer {
  return headersFrame(streamId, [[':method', 'POST'], [':scheme', 'http'], [':path', path], [':authority', 'test'], ['content-type', 'application/grpc'], ['te', 'trailers'], ...metadata], endStream)
}

/** A message as gRPC frames it. */
export function grpcMessage(content: string | Buffer): Buffer {
  const bytes = Buffer.from(content)
  return Buffer.concat([Buffer.of(0), uint32(bytes.length), bytes])
}

/** The messages in a run of bytes, which ends with the end of one. */
export function splitMessages(bytes: Buffer): Buffer[] {
  const messages: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const end = at + 5 + bytes.readUInt32BE(at + 1)
    if (bytes[at] !== 0 || end > bytes.length) throw new Error(`no whole message at byte ${at}`)
    messages.push(bytes.subarray(at + 5, end))
    at = end
  }
  return messages
}

/** The fields of a block that consists of literals that no table remembers, between changes of the table's size. */
export function readFields({ payload }: Frame): Record<string, string> {
  const fields: Record<string, string> = {}
  let at = 0
  while ((payload[at] ?? 0) >> 5 === 1) [, at] = readInteger(payload, at, 0x1f)
  while (at < payload.length) {
    if (payload[at] !== 0) throw new Error(`not a literal: ${payload[at]}`)
    const [name, behindName] = readLiteral(payload, at + 1)
    const [value, behindValue] = readLiteral(payload, behindName)
    fields[name] = value
    at = behindValue
  }
  return fields
}

export class RawPeer {
  /** Frames that have come and that nobody has taken. */
  readonly frames: Frame[] = []
  readonly socket: Socket
  /** The other side has ended the connection. */
  isOver = false
  readonly #events = new EventEmitter().setMaxListeners(0)
  #unread: Buffer[] = []
  #pings = 0

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => this.#read(chunk))
    socket.on('error', () => undefined)
    for (const event of ['end', 'close']) {
      socket.on(event, () => {
        this.isOver = true
        this.#events.emit('change')
      })
    }
  }

  write(...frames: readonly Buffer[]): void {
    this.socket.write(Buffer.concat(frames))
  }

  /** Says what a client has to say first, with `frames` behind. */
  greet(...frames: readonly Buffer[]): void {
    this.write(PREFACE, frame(type.settings, 0, 0), ...frames)
  }

  /** Takes the first frame of that kind, also from behind others. */
  async take(kind: number, streamId?: number): Promise<Frame> {
    for (;;) {
      const index = this.frames.findIndex((one) => one.type === kind && (streamId === undefined || one.streamId === streamId))
      const [found] = index < 0 ? [] : this.frames.splice(index, 1)
      if (found !== undefined) return found
      if (this.isOver) throw new Error(`the connection ended before a frame of type ${kind} came, behind ${this.#outline()}`)
      await this.change()
    }
  }

  /** Takes what has been answered to all that was written so far. Frames of settings are left out. */
  async answers(): Promise<Frame[]> {
    const payload = Buffer.alloc(8)
    payload.writeUInt32BE((this.#pings += 1), 4)
    this.write(frame(type.ping, 0, 0, payload))
    const isAnswer = (one: Frame): boolean => one.type === type.ping && one.flags === flag.ack && one.payload.equals(payload)
    while (!this.frames.some(isAnswer)) {
      if (this.isOver) throw new Error(`the connection ended before the answer to a ping came, behind ${this.#outline()}`)
      await this.change()
    }
    const taken = this.frames.splice(0, this.frames.findIndex(isAnswer) + 1)
    return taken.filter((one) => one.type !== type.settings && !isAnswer(one))
  }

  /** Takes all DATA of a call until it ends, and its status. */
  async readAnswer(streamId: number): Promise<{ readonly messages: Buffer[]; readonly status: Record<string, string> }> {
    const data: Buffer[] = []
    for (;;) {
      const isEnd = (one: Frame): boolean => one.streamId === streamId && one.type === type.headers && (one.flags & flag.endStream) !== 0
      await this.until(() => this.frames.some(isEnd))
      const index = this.frames.findIndex(isEnd)
      for (const one of this.frames.slice(0, index)) if (one.streamId === streamId && one.type === type.data) data.push(one.payload)
      const [end] = this.frames.slice(index)
      const left = this.frames.filter((one) => one.streamId !== streamId || one.type === type.reset)
      this.frames.splice(0, this.frames.length, ...left)
      if (end !== undefined) return { messages: splitMessages(Buffer.concat(data)), status: readFields(end) }
    }
  }

  /** Until it is so, looked at with every frame. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      if (this.isOver) throw new Error(`the connection ended behind ${this.#outline()}`)
      await this.change()
    }
  }

  /** Until the other side has ended the connection; returns the error of its goodbye, if it said one. */
  async over(): Promise<number | undefined> {
    while (!this.isOver) await this.change()
    return this.frames.findLast((one) => one.type === type.goaway)?.payload.readUInt32BE(4)
  }

  change(): Promise<unknown> {
    return once(this.#events, 'change')
  }

  #outline(): string {
    return `${this.frames.length} frames, the last of them ${JSON.stringify(this.frames.slice(-5).map(({ type: kind, streamId, payload }) => [kind, streamId, payload.length]))}`
  }

  #read(chunk: Buffer): void {
    this.#unread.push(chunk)
    let bytes = Buffer.concat(this.#unread)
    while (bytes.length >= 9 && bytes.length >= 9 + bytes.readUIntBE(0, 3)) {
      const end = 9 + bytes.readUIntBE(0, 3)
      this.frames.push({ type: bytes[3] ?? 0, flags: bytes[4] ?? 0, streamId: bytes.readUInt32BE(5), payload: bytes.subarray(9, end) })
      bytes = bytes.subarray(end)
    }
    this.#unread = [bytes]
    this.#events.emit('change')
  }
}

function literal(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1')
  if (bytes.length < 127) return Buffer.concat([Buffer.of(bytes.length), bytes])
  const length: number[] = [127]
  let left = bytes.length - 127
  for (; left >= 128; left = left >> 7) length.push((left & 127) | 128)
  return Buffer.concat([Buffer.of(...length, left), bytes])
}

function readInteger(bytes: Buffer, start: number, mask: number): [value: number, at: number] {
  let at = start
  let value = (bytes[at++] ?? 0) & mask
  if (value < mask) return [value, at]
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++] ?? 0
    value += (byte & 127) << shift
    if (byte < 128) return [value, at]
  }
}

function readLiteral(bytes: Buffer, at: number): [text: string, at: number] {
  const [length, start] = readInteger(bytes, at, 127)
  return [bytes.toString('latin1', start, start + length), start + length]
}
