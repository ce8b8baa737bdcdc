// HPACK (RFC 7541), the reading half: blocks of one connection to header fields. What an encoder has said once it repeats as an index into
// a table of 4 KiB, which both sides keep, so every block has to be read, also those of calls that nobody serves.

import { decodeHuffman } from './huffman.ts'
import { ConnectionError, errorCode } from './protocol.ts'
import { staticTable } from './static-table.ts'

/** SETTINGS_HEADER_TABLE_SIZE before anyone says otherwise, which we do not. */
const MAX_TABLE_BYTES = 4_096
/** What an entry counts beside its bytes (RFC 7541, 4.1). */
const ENTRY_OVERHEAD = 32
const MAX_ENTRIES = MAX_TABLE_BYTES / ENTRY_OVERHEAD
/** Far more than a request has; an index of one byte can stand for 4 KiB, so the bytes of a block say little about what it means. */
const MAX_LIST_BYTES = 256 * 1024
const MAX_INTEGER = 2 ** 31
const NOTHING = Buffer.alloc(0)

export class HeaderDecoder {
  /** A ring of name and value, the latest entry at `#latest`. */
  readonly #ring: string[] = Array.from({ length: 2 * MAX_ENTRIES }, () => '')
  #latest = 0
  #count = 0
  #tableBytes = 0
  #maxTableBytes = MAX_TABLE_BYTES
  #block: Buffer = NOTHING
  #at = 0

  /** Reads one block: names and values in turns, bytes as the characters U+0000 to U+00FF. Throws a ConnectionError when it makes no sense. */
  decode(block: Buffer): string[] {
    this.#block = block
    this.#at = 0
    const fields: string[] = []
    let bytes = 0
    while (this.#at < block.length) {
      const first = block[this.#at] ?? 0
      if (first >= 0x20 && first < 0x40) {
        if (fields.length > 0) throw broken('a change of the table size comes after a field')
        this.#resize(this.#integer(0x1f))
        continue
      }
      const length = fields.length
      if (first >= 0x80) this.#indexed(this.#integer(0x7f), fields)
      else if (first >= 0x40) this.#literal(this.#integer(0x3f), fields, true)
      else this.#literal(this.#integer(0x0f), fields, false)
      bytes += sizeOf(fields[length], fields[length + 1])
      if (bytes > MAX_LIST_BYTES) throw new ConnectionError(errorCode.enhanceYourCalm, `the headers of a request have more than ${MAX_LIST_BYTES} bytes`)
    }
    // It may be a small part of all the bytes that came with it.
    this.#block = NOTHING
    return fields
  }

  #indexed(index: number, fields: string[]): void {
    const known = staticTable[index - 1]
    if (known !== undefined) {
      fields.push(known[0], known[1])
      return
    }
    const slot = this.#slotOf(index)
    fields.push(this.#ring[slot] ?? '', this.#ring[slot + 1] ?? '')
  }

  #literal(nameIndex: number, fields: string[], isRemembered: boolean): void {
    const name = nameIndex === 0 ? this.#string() : (staticTable[nameIndex - 1]?.[0] ?? this.#ring[this.#slotOf(nameIndex)] ?? '')
    const value = this.#string()
    fields.push(name, value)
    if (isRemembered) this.#remember(name, value)
  }

  /** Where in the ring an index lies; the first behind the static table is the latest entry. */
  #slotOf(index: number): number {
    const age = index - staticTable.length - 1
    if (age < 0 || age >= this.#count) throw broken(`index ${index} stands for nothing`)
    return 2 * ((this.#latest - age + MAX_ENTRIES) % MAX_ENTRIES)
  }

  #remember(name: string, value: string): void {
    const bytes = sizeOf(name, value)
    this.#evict(this.#maxTableBytes - bytes)
    // An entry larger than the table empties it and is not kept; that is no error (RFC 7541, 4.4).
    if (bytes > this.#maxTableBytes) return
    this.#latest = (this.#latest + 1) % MAX_ENTRIES
    this.#ring[2 * this.#latest] = name
    this.#ring[2 * this.#latest + 1] = value
    this.#count += 1
    this.#tableBytes += bytes
  }

  #resize(bytes: number): void {
    if (bytes > MAX_TABLE_BYTES) throw broken(`a table of ${bytes} bytes is larger than was agreed on`)
    this.#maxTableBytes = bytes
    this.#evict(bytes)
  }

  #evict(room: number): void {
    while (this.#count > 0 && this.#tableBytes > room) {
      const oldest = 2 * ((this.#latest - this.#count + 1 + MAX_ENTRIES) % MAX_ENTRIES)
      this.#tableBytes -= sizeOf(this.#ring[oldest], this.#ring[oldest + 1])
      // What is forgotten may be large, or secret.
      this.#ring[oldest] = ''
      this.#ring[oldest + 1] = ''
      this.#count -= 1
    }
  }

  /** An integer that begins in the low bits of the current byte (RFC 7541, 5.1); `mask` has those bits set. */
  #integer(mask: number): number {
    let value = this.#byte() & mask
    if (value < mask) return value
    let factor = 1
    for (;;) {
      const byte = this.#byte()
      value += (byte & 0x7f) * factor
      if (value > MAX_INTEGER) throw broken('a number is too large')
      if (byte < 0x80) return value
      factor *= 128
      if (factor > MAX_INTEGER) throw broken('a number is too long')
    }
  }

  #string(): string {
    const isHuffman = (this.#block[this.#at] ?? 0) >= 0x80
    const length = this.#integer(0x7f)
    const start = this.#at
    const end = start + length
    if (end > this.#block.length) throw broken('a string is cut off')
    this.#at = end
    return isHuffman ? decodeHuffman(this.#block, start, end) : this.#block.toString('latin1', start, end)
  }

  #byte(): number {
    const byte = this.#block[this.#at]
    if (byte === undefined) throw broken('a number is cut off')
    this.#at += 1
    return byte
  }
}

function sizeOf(name = '', value = ''): number {
  return name.length + value.length + ENTRY_OVERHEAD
}

function broken(what: string): ConnectionError {
  return new ConnectionError(errorCode.compressionError, `headers cannot be read: ${what}`)
}
