// The protobuf wire format, read and written by hand: Envoy waits for each of our answers, and a codec that builds
// no intermediate objects costs a third of a generic one. Source: protobuf.dev, "Encoding". Field numbers live with the codecs.

import { isUtf8 } from 'node:buffer'
import { ShortNames } from './short-names.ts'

/** The bytes are not protobuf, or not the protobuf they should be. Nothing in it is secret. */
export class WireError extends Error {
  override readonly name = 'WireError'
}

/** Wire types 3 and 4 (groups) are only ever skipped. */
const VARINT = 0
const FIXED64 = 1
const LENGTH = 2
const START_GROUP = 3
const END_GROUP = 4
const FIXED32 = 5

/** Deepest nesting that is followed: protobuf's own default, and far above anything Envoy sends. */
export const MAX_DEPTH = 100

/** Longest text that is copied character by character, which beats the call into native code up to about here. */
const SHORT_TEXT = 24

const shortNames = new ShortNames()

const TWO_32 = 4_294_967_296

/** What `next()` returns for a field of this number that holds an integer, a bool or an enum. */
export function varintTag(field: number): number {
  return ((field << 3) | VARINT) >>> 0
}

/** … for a string, bytes, a message, a map entry or packed numbers. */
export function lengthTag(field: number): number {
  return ((field << 3) | LENGTH) >>> 0
}

/** … for a double or a 64-bit fixed integer. */
export function fixed64Tag(field: number): number {
  return ((field << 3) | FIXED64) >>> 0
}

/** … for a float or a 32-bit fixed integer. */
export function fixed32Tag(field: number): number {
  return ((field << 3) | FIXED32) >>> 0
}

/**
 * Reads the fields of one message in the order in which they were sent:
 * `while ((tag = reader.next()) !== 0) switch (tag) { case NAME: name = reader.string(); break; default: reader.skip() }`.
 * After `next()`, exactly one read or `skip()`. A field with a wire type that was not expected has another tag, so it is
 * skipped like an unknown one, as the specification asks. Every method throws WireError when the bytes do not hold what they claim.
 */
export class ProtoReader {
  readonly #bytes: Buffer
  readonly #end: number
  #position: number
  /** Of the value that comes next; skip() needs it. */
  #tag = 0
  /** The two halves of the varint last read by #readVarint; a pair is not worth an object each time. */
  #low = 0
  #high = 0

  constructor(bytes: Buffer, start = 0, end = bytes.length) {
    this.#bytes = bytes
    this.#position = start
    this.#end = end
  }

  /** Tag of the next field, or 0 at the end of the message. */
  next(): number {
    if (this.#position >= this.#end) return 0
    const tag = this.uint()
    if (tag >= TWO_32 || tag < 8) throw new WireError('protobuf: a field number is out of range')
    this.#tag = tag
    return tag
  }

  /** Unsigned integer; exact up to 2^53, rounded above. Use `uint64` where that matters. */
  uint(): number {
    const first = this.#bytes[this.#position]
    if (first !== undefined && first < 0x80 && this.#position < this.#end) {
      this.#position += 1
      return first
    }
    this.#readVarint()
    return this.#high * TWO_32 + this.#low
  }

  /** int32, int64 or enum: two's complement of 64 bits; exact between ±2^53. */
  int(): number {
    this.#readVarint()
    return (this.#high | 0) * TWO_32 + this.#low
  }

  uint64(): bigint {
    this.#readVarint()
    return (BigInt(this.#high) << 32n) | BigInt(this.#low)
  }

  int64(): bigint {
    return BigInt.asIntN(64, this.uint64())
  }

  bool(): boolean {
    this.#readVarint()
    return this.#low !== 0 || this.#high !== 0
  }

  double(): number {
    return this.#bytes.readDoubleLE(this.#advance(8))
  }

  float(): number {
    return this.#bytes.readFloatLE(this.#advance(4))
  }

  fixed32(): number {
    return this.#bytes.readUInt32LE(this.#advance(4))
  }

  fixed64(): bigint {
    return this.#bytes.readBigUInt64LE(this.#advance(8))
  }

  /** A view on the bytes of the field, not a copy. */
  bytes(): Buffer {
    const start = this.#advanceLength()
    return this.#bytes.subarray(start, this.#position)
  }

  /** Text in UTF-8; bytes that are not UTF-8 become U+FFFD. */
  string(): string {
    const start = this.#advanceLength()
    const end = this.#position
    return (end - start <= SHORT_TEXT ? shortNames.get(this.#bytes, start, end) : undefined) ?? this.#bytes.toString('utf8', start, end)
  }

  /** Text in UTF-8 or, if it is not valid UTF-8, in Latin-1, so that every byte stays visible: header values may hold either. */
  stringOrLatin1(): string {
    const start = this.#advanceLength()
    const end = this.#position
    const short = this.#shortAscii(start)
    if (short !== undefined) return short
    const text = this.#bytes.toString('utf8', start, end)
    const isText = !text.includes('\ufffd') || isUtf8(this.#bytes.subarray(start, end))
    return isText ? text : this.#bytes.toString('latin1', start, end)
  }

  /** The text from `start` to here if it is short and ASCII, as nearly all header names and most values are. */
  #shortAscii(start: number): string | undefined {
    const end = this.#position
    if (end - start > SHORT_TEXT) return undefined
    const bytes = this.#bytes
    let text = ''
    for (let at = start; at < end; at += 1) {
      const byte = bytes[at]!
      if (byte >= 0x80) return undefined
      text += String.fromCharCode(byte)
    }
    return text
  }

  /** A reader for the nested message that comes next; this one continues behind it. */
  message(): ProtoReader {
    const start = this.#advanceLength()
    return new ProtoReader(this.#bytes, start, this.#position)
  }

  /** Passes over the value that comes next, whatever it is. */
  skip(): void {
    this.#skipValue(this.#tag, 0)
  }

  #skipValue(tag: number, depth: number): void {
    switch (tag & 7) {
      case VARINT:
        this.#readVarint()
        break
      case FIXED64:
        this.#advance(8)
        break
      case LENGTH:
        this.#advanceLength()
        break
      case START_GROUP:
        this.#skipGroup(tag, depth + 1)
        break
      case FIXED32:
        this.#advance(4)
        break
      default:
        throw new WireError('protobuf: unknown wire type')
    }
  }

  /** A group ends with an END_GROUP tag of its own field number. */
  #skipGroup(startTag: number, depth: number): void {
    if (depth > MAX_DEPTH) throw new WireError('protobuf: nested too deeply')
    const endTag = ((startTag & ~7) | END_GROUP) >>> 0
    for (let tag = this.next(); tag !== endTag; tag = this.next()) {
      if (tag === 0) throw new WireError('protobuf: a group does not end')
      this.#skipValue(tag, depth)
    }
  }

  /** Seven bits a byte, lowest first, at most ten bytes. What does not fit into 64 bits is dropped, as other readers do. */
  #readVarint(): void {
    let low = 0
    let high = 0
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.#position >= this.#end) throw new WireError('protobuf: truncated number')
      const byte = this.#bytes[this.#position]!
      this.#position += 1
      const bits = byte & 0x7f
      if (shift < 28) low |= bits << shift
      else if (shift === 28) {
        low |= bits << 28
        high = bits >> 4
      } else high |= bits << (shift - 32)
      if (byte < 0x80) {
        this.#low = low >>> 0
        this.#high = high >>> 0
        return
      }
    }
    throw new WireError('protobuf: a number has more than ten bytes')
  }

  /** Moves on by `count` bytes; returns where they start. */
  #advance(count: number): number {
    const start = this.#position
    if (count > this.#end - start) throw new WireError('protobuf: truncated message')
    this.#position = start + count
    return start
  }

  #advanceLength(): number {
    return this.#advance(this.uint())
  }
}

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
    this.#writeVarint(Buffer.byteLength(value))
    this.#position += this.#bytes.write(value, this.#position)
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
    const lengthBytes = varintBytes(expectedBytes)
    this.#position += lengthBytes
    this.#open.push(this.#position, lengthBytes)
  }

  /** Closes the message opened last. Its content moves only if the guess at `begin` was off by a factor of 128. */
  end(): void {
    const lengthBytes = this.#open.pop()
    const start = this.#open.pop()
    if (lengthBytes === undefined || start === undefined) throw new WireError('protobuf: end() without begin()')
    const length = this.#position - start
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
    const length = value.length
    const start = this.#position + 1
    const bytes = this.#bytes
    for (let index = 0; index < length; index += 1) {
      const unit = value.charCodeAt(index)
      if (unit >= 0x80) return false
      bytes[start + index] = unit
    }
    bytes[this.#position] = length
    this.#position = start + length
    return true
  }

  #writeVarint(value: number): void {
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

function varintBytes(value: number): number {
  let count = 1
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 128)) count += 1
  return count
}
