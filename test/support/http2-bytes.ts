// Bytes of HTTP/2 to test ours with that Node's own client (nghttp2) writes, and cuts of them.

import assert from 'node:assert/strict'
import { connect, type ClientHttp2Session, type ClientHttp2Stream, type OutgoingHttpHeaders } from 'node:http2'
import { Duplex } from 'node:stream'
import { frame, PREFACE } from './raw-http2.ts'

const FRAME_HEAD = 9
const HEADERS = 1
const SETTINGS = 4
const CONTINUATION = 9
const END_HEADERS = 4
const SETTING_HEADER_TABLE_SIZE = 1

/** The bytes cut at places that are given as fractions of the length. */
export function cutAt(bytes: Buffer, fractions: readonly number[]): Buffer[] {
  const places = [0, ...fractions.map((fraction) => Math.floor(fraction * bytes.length)).toSorted((left, right) => left - right), bytes.length]
  return places.slice(1).map((place, index) => bytes.subarray(places[index], place))
}

/** A client of node:http2 whose bytes end here, and are answered only by what the test gives it. */
export class RecordedClient {
  readonly #session: ClientHttp2Session
  readonly #wire: Duplex
  readonly #streams: ClientHttp2Stream[] = []
  #written = Buffer.alloc(0)
  #onWritten = (): void => undefined

  constructor() {
    this.#wire = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _encoding, done) => {
        this.#written = Buffer.concat([this.#written, chunk])
        this.#onWritten()
        done()
      },
    })
    this.#session = connect('http://recorded', { createConnection: () => this.#wire })
    // It is torn down in the middle of everything.
    this.#session.on('error', () => undefined)
  }

  /** Everything it wrote so far. */
  get bytes(): Buffer {
    return this.#written
  }

  /** Sends a request and returns its block of headers as it came over the wire. */
  async request(headers: OutgoingHttpHeaders): Promise<Buffer> {
    const before = this.blocks().length
    const stream = this.#session.request(headers, { endStream: true })
    const failed = new Promise<never>((_, reject) => stream.once('error', reject))
    failed.catch(() => undefined)
    this.#streams.push(stream)
    await Promise.race([failed, this.#until(() => this.blocks().length > before)])
    return this.blocks()[before] ?? assert.fail('no block')
  }

  /** The latest request. */
  get stream(): ClientHttp2Stream {
    return this.#streams.at(-1) ?? assert.fail('no request')
  }

  /** Lets it read these bytes. */
  answer(bytes: Buffer): void {
    this.#wire.push(bytes)
  }

  /** Sends SETTINGS and waits until they are heard. */
  async setHeaderTableSize(size: number): Promise<void> {
    const before = this.#frames().filter(({ type, flags }) => type === SETTINGS && flags === 1).length
    const entry = Buffer.alloc(6)
    entry.writeUInt16BE(SETTING_HEADER_TABLE_SIZE, 0)
    entry.writeUInt32BE(size, 2)
    this.answer(frame(SETTINGS, 0, 0, entry))
    await this.#until(() => this.#frames().filter(({ type, flags }) => type === SETTINGS && flags === 1).length > before)
  }

  blocks(): Buffer[] {
    const blocks: Buffer[] = []
    let open: Buffer[] = []
    for (const { type, flags, payload } of this.#frames()) {
      if (type !== HEADERS && type !== CONTINUATION) continue
      open.push(type === HEADERS && (flags & 0x20) !== 0 ? payload.subarray(5) : payload)
      if ((flags & END_HEADERS) === 0) continue
      blocks.push(Buffer.concat(open))
      open = []
    }
    return blocks
  }

  destroy(): void {
    for (const stream of this.#streams) stream.on('error', () => undefined)
    this.#session.destroy()
    this.#wire.destroy()
  }

  #frames(): { type: number; flags: number; payload: Buffer }[] {
    const frames: { type: number; flags: number; payload: Buffer }[] = []
    for (let at = PREFACE.length; at + FRAME_HEAD <= this.#written.length; ) {
      const end = at + FRAME_HEAD + this.#written.readUIntBE(at, 3)
      if (end > this.#written.length) break
      frames.push({ type: this.#written.readUInt8(at + 3), flags: this.#written.readUInt8(at + 4), payload: this.#written.subarray(at + FRAME_HEAD, end) })
      at = end
    }
    return frames
  }

  async #until(isDone: () => boolean): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#onWritten = () => {
        if (isDone()) resolve()
      }
      this.#onWritten()
    })
    this.#onWritten = () => undefined
  }
}

/** Runs a step with a client of its own. */
export async function withRecordedClient<Result>(step: (client: RecordedClient) => Promise<Result>): Promise<Result> {
  const client = new RecordedClient()
  try {
    return await step(client)
  } finally {
    client.destroy()
  }
}

/** The strings of a block as they are written, and the static or dynamic indexes of names. Reads what RFC 7541 says, without a table. */
export interface Literal {
  readonly nameIndex: number
  readonly name: RawString | undefined
  readonly value: RawString
}
export interface RawString {
  readonly isHuffman: boolean
  readonly bytes: Buffer
}

export function literalsOf(block: Buffer): Literal[] {
  let at = 0
  const integer = (mask: number): number => {
    let value = block.readUInt8(at++) & mask
    if (value < mask) return value
    for (let shift = 0; ; shift += 7) {
      const byte = block.readUInt8(at++)
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
  }
  const text = (): RawString => {
    const isHuffman = block.readUInt8(at) >= 0x80
    const length = integer(0x7f)
    at += length
    return { isHuffman, bytes: block.subarray(at - length, at) }
  }
  const literals: Literal[] = []
  while (at < block.length) {
    const first = block.readUInt8(at)
    if (first >= 0x80) integer(0x7f)
    else if (first >= 0x20 && first < 0x40) integer(0x1f)
    else {
      const nameIndex = integer(first >= 0x40 ? 0x3f : 0x0f)
      literals.push({ nameIndex, name: nameIndex === 0 ? text() : undefined, value: text() })
    }
  }
  return literals
}
