// envoy.config.core.v3.HeaderMap, from bytes to Headers. Half of what Envoy sends are headers, and it always writes them alike.

import { Headers } from '../core/headers.ts'
import { lengthTag, ProtoReader, utf8, utf8OrLatin1 } from '../core/protobuf-wire.ts'

const HEADERS = lengthTag(1)
const KEY = lengthTag(1)
const VALUE = lengthTag(2)
const RAW_VALUE = lengthTag(3)

/** Read in place of a byte behind the last one. */
const END = 256
/** Longer than any message. */
const TOO_LONG = 2 ** 30 - 1

/** Values are UTF-8 or, where they are not valid UTF-8, Latin-1. Throws WireError on malformed bytes. */
export function decodeHeaderMap(bytes: Buffer): Headers {
  return decodeUsual(bytes) ?? decodeAny(bytes)
}

/** The form in which Envoy writes: `key` and `raw_value` of each header, and nothing else. Undefined for every other form, malformed ones included. */
function decodeUsual(bytes: Buffer): Headers | undefined {
  const end = bytes.length
  // One call into native code for all values.
  const headers = new Headers(bytes.toString('latin1', 0, end))
  let at = 0
  while (at < end) {
    if (bytes[at] !== HEADERS) return undefined
    const keyAt = behindLength(bytes, at + 1)
    const headerEnd = keyAt + readLength(bytes, at + 1)
    const nameStart = behindLength(bytes, keyAt + 1)
    const nameEnd = nameStart + readLength(bytes, keyAt + 1)
    if (bytes[keyAt] !== KEY || nameEnd > headerEnd || headerEnd > end) return undefined
    const name = utf8(bytes, nameStart, nameEnd)
    if (nameEnd === headerEnd) headers.append(name, '')
    else {
      const valueStart = behindLength(bytes, nameEnd + 1)
      if (bytes[nameEnd] !== RAW_VALUE || valueStart + readLength(bytes, nameEnd + 1) !== headerEnd) return undefined
      if (areAscii(bytes, valueStart, headerEnd)) headers.appendPlace(name, valueStart, headerEnd)
      else headers.append(name, utf8OrLatin1(bytes, valueStart, headerEnd))
    }
    at = headerEnd
  }
  return headers
}

/** A length of one or two bytes; TOO_LONG for a longer one and at the end of the bytes. */
function readLength(bytes: Buffer, at: number): number {
  const first = bytes[at] ?? END
  if (first < 0x80) return first
  const second = bytes[at + 1] ?? END
  return second < 0x80 ? (first & 0x7f) | (second << 7) : TOO_LONG
}

function behindLength(bytes: Buffer, at: number): number {
  return (bytes[at] ?? END) < 0x80 ? at + 1 : at + 2
}

function areAscii(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) if (bytes[at]! >= 0x80) return false
  return true
}

function decodeAny(bytes: Buffer): Headers {
  const headers = new Headers()
  const reader = new ProtoReader(bytes)
  for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
    if (tag === HEADERS) decodeHeader(reader.message(), headers)
    else reader.skip()
  }
  return headers
}

/** Envoy sends the value in `raw_value`; releases before it existed, and other senders, in `value`. */
function decodeHeader(reader: ProtoReader, headers: Headers): void {
  let name = ''
  let value = ''
  let rawValue = ''
  for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
    switch (tag) {
      case KEY:
        name = reader.string()
        break
      case RAW_VALUE:
        rawValue = reader.stringOrLatin1()
        break
      case VALUE:
        value = reader.string()
        break
      default:
        reader.skip()
    }
  }
  headers.append(name, rawValue === '' ? value : rawValue)
}
