// The protobuf wire format, read by hand and written by protobuf-writer.ts: Envoy waits for each of our answers, and a codec that builds
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

/** Longest text that is handled character by character, which beats the call into native code up to about here. */
export const SHORT_TEXT = 24

const shortNames = new ShortNames()

export const TWO_32 = 4_294_967_296

/** Text in UTF-8, found again if it is short and came before; bytes that are not UTF-8 become U+FFFD. */
export function utf8(bytes: Buffer, start: number, end: number): string {
  return (end - start <= SHORT_TEXT ? shortNames.get(bytes, start, end) : undefined) ?? bytes.toString('utf8', start, end)
}

/** Text in UTF-8 or, if it is not valid UTF-8, in Latin-1, so that every byte stays visible. */
export function utf8OrLatin1(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('utf8', start, end)
  const isText = !text.includes('\ufffd') || isUtf8(bytes.subarray(start, end))
  return isText ? text : bytes.toString('latin1', start, end)
}

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
    return utf8(this.#bytes, start, this.#position)
  }

  /** As `utf8OrLatin1`: header values may hold either. */
  stringOrLatin1(): string {
    const start = this.#advanceLength()
    return utf8OrLatin1(this.#bytes, start, this.#position)
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
