// The other half of protobuf-wire.ts: one message, field by field, into one buffer.

import { fixed64Tag, lengthTag, SHORT_TEXT, TWO_32, varintTag, WireError } from './protobuf-wire.ts'

/**
 * Writes the fields of one message, in any order, into a buffer that grows. Every method writes its field even when the value
 * is the default: what a missing field means is the caller's business. One writer makes one message.
 */
export class ProtoWriter {
  #bytes: Buffer
  #position = 0
  /** Open messages, two numbers each: where the content starts and how many bytes were left for its length. */
  readonly #open: number[] = []

  /** `expectedBytes`: size of the message if it can be guessed; a good guess saves a copy. */
  constructor(expectedBytes = 256) {
    this.#bytes = Buffer.allocUnsafe(expectedBytes)
  }

  /** uint32, uint64, bool or enum from a non-negative integer up to 2^53. */
  uint(field: number, value: number): void {
    this.#reserve(15)
    this.#writeVarint(varintTag(field))
    this.#writeVarint(value)
  }

  /** int32 or int64 from an integer between ±2^53. */
  int(field: number, value: number): void {
    if (value < 0) this.uint64(field, BigInt.asUintN(64, BigInt(value)))
    else this.uint(field, value)
  }

  uint64(field: number, value: bigint): void {
    this.#reserve(15)
    this.#writeVarint(varintTag(field))
    let rest = value
    for (; rest > 0x7fn; rest >>= 7n) this.#bytes[this.#position++] = Number(rest & 0x7fn) | 0x80
    this.#bytes[this.#position++] = Number(rest)
  }

  bool(field: number, value: boolean): void {
    this.uint(field, value ? 1 : 0)
  }

  double(field: number, value: number): void {
    this.#reserve(13)
    this.#writeVarint(fixed64Tag(field))
    this.#position = this.#bytes.writeDoubleLE(value, this.#position)
  }

  bytes(field: number, value: Uint8Array): void {
    this.#reserve(10 + value.length)
    this.#writeVarint(lengthTag(field))
    this.#writeVarint(value.length)
    this.#bytes.set(value, this.#position)
    this.#position += value.length
  }

  /** Text as UTF-8; also right for a bytes field that holds text. */
  string(field: number, value: string): void {
    // UTF-8 needs at most three bytes for a UTF-16 code unit.
    this.#reserve(10 + 3 * value.length)
    this.#writeVarint(lengthTag(field))
    if (value.length <= SHORT_TEXT && this.#writeShortAscii(value)) return
    const start = this.#position
    // Nearly all texts are ASCII: as many bytes as characters, which says how long the length is before they are counted.
    const lengthBytes = varintBytes(value.length)
    const length = this.#bytes.write(value, start + lengthBytes)
    if (length >= 0x80 && varintBytes(length) !== lengthBytes) this.#bytes.copyWithin(start + varintBytes(length), start + lengthBytes, start + lengthBytes + length)
    this.#writeVarint(length)
    this.#position += length
  }

  /**
   * Adds `count` bytes, which the caller fills: for short forms that are written often and whose lengths are known beforehand. Returns where
   * they start in `buffer`, which the next write may replace.
   */
  claim(count: number): number {
    this.#reserve(count)
    const start = this.#position
    this.#position += count
    return start
  }

  /** Gives back what was claimed last. */
  release(start: number): void {
    this.#position = start
  }

  get buffer(): Buffer {
    return this.#bytes
  }

  /** Fields that were encoded before, as they are. */
  raw(encoded: Uint8Array): void {
    this.#reserve(encoded.length)
    this.#bytes.set(encoded, this.#position)
    this.#position += encoded.length
  }

  /** Opens a nested message; what follows is part of it until `end()`. `expectedBytes` as in the constructor. */
  begin(field: number, expectedBytes = 0): void {
    this.#reserve(10 + expectedBytes)
    this.#writeVarint(lengthTag(field))
    const lengthBytes = expectedBytes < 0x80 ? 1 : varintBytes(expectedBytes)
    this.#position += lengthBytes
    this.#open.push(this.#position, lengthBytes)
  }

  /** Closes the message opened last. Its content moves only if the guess at `begin` was off by a factor of 128. */
  end(): void {
    const lengthBytes = this.#open.pop()
    const start = this.#open.pop()
    if (lengthBytes === undefined || start === undefined) throw new WireError('protobuf: end() without begin()')
    const length = this.#position - start
    if (lengthBytes === 1 && length < 0x80) {
      this.#bytes[start - 1] = length
      return
    }
    const moved = varintBytes(length) - lengthBytes
    if (moved > 0) this.#reserve(moved)
    if (moved !== 0) this.#bytes.copyWithin(start + moved, start, this.#position)
    this.#position = start - lengthBytes
    this.#writeVarint(length)
    this.#position += length
  }

  /** The message. The writer must not be used afterwards. */
  finish(): Buffer {
    if (this.#open.length > 0) throw new WireError('protobuf: finish() inside an open message')
    return this.#bytes.subarray(0, this.#position)
  }

  /** Writes length and text if the text is ASCII; otherwise writes nothing and returns false. */
  #writeShortAscii(value: string): boolean {
    if (!writeAscii(this.#bytes, this.#position + 1, value)) return false
    this.#bytes[this.#position] = value.length
    this.#position += 1 + value.length
    return true
  }

  #writeVarint(value: number): void {
    if (value < 0x80) {
      this.#bytes[this.#position++] = value
      return
    }
    let rest = value
    // Bit operations work on 32 bits, so what is above them goes by arithmetic.
    for (; rest >= TWO_32; rest = Math.floor(rest / 128)) this.#bytes[this.#position++] = (rest % 128) | 0x80
    for (; rest > 0x7f; rest >>>= 7) this.#bytes[this.#position++] = (rest & 0x7f) | 0x80
    this.#bytes[this.#position++] = rest
  }

  #reserve(count: number): void {
    const needed = this.#position + count
    if (needed <= this.#bytes.length) return
    const grown = Buffer.allocUnsafe(Math.max(needed, 2 * this.#bytes.length))
    this.#bytes.copy(grown, 0, 0, this.#position)
    this.#bytes = grown
  }
}

/**
 * Writes the text from `at` on; false when it is not ASCII, and then some of it is there. Faster than native code up to some 30 characters.
 * V8 has many kinds of texts, and where it has seen five of them it looks up `text.charCodeAt` for every character anew.
 */
export function writeAscii(bytes: Uint8Array, at: number, text: string): boolean {
  const length = text.length
  for (let index = 0; index < length; index += 1) {
    const unit = String.prototype.charCodeAt.call(text, index)
    if (unit >= 0x80) return false
    bytes[at + index] = unit
  }
  return true
}

function varintBytes(value: number): number {
  let count = 1
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 128)) count += 1
  return count
}
