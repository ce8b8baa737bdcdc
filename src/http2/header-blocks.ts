// HPACK (RFC 7541), the writing half, as small as it can be: fields as literals that no table remembers, so that our answers never
// depend on what was said before.

const LITERAL_NOT_INDEXED = 0x00
const LENGTH_MASK = 0x7f

/** In front of a block: from now on we use a table of 0 bytes. */
export const EMPTY_TABLE = Buffer.of(0x20)

/** Writes fields as one block. Names are lower-case ASCII; values have characters up to U+00FF. */
export function encodeHeaders(fields: readonly (readonly [name: string, value: string])[]): Buffer {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.of(LITERAL_NOT_INDEXED), encodeString(name), encodeString(value)]))
}

function encodeString(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1')
  const length: number[] = []
  let left = bytes.length
  if (left < LENGTH_MASK) length.push(left)
  else {
    length.push(LENGTH_MASK)
    for (left -= LENGTH_MASK; left >= 0x80; left = Math.floor(left / 0x80)) length.push(0x80 | (left & 0x7f))
    length.push(left)
  }
  return Buffer.concat([Buffer.from(length), bytes])
}
