// Texts that come with every message (names of headers, keys of metadata), found again instead of made again.

const SLOTS = 1024

/** A cache that forgets: one text per slot, so that it stays small whatever comes. */
export class ShortNames {
  readonly #slots: (string | undefined)[] = Array.from({ length: SLOTS }, () => undefined)

  /** The text of the bytes `start` to `end`; undefined when they are not ASCII. Worth it for short texts only. */
  get(bytes: Buffer, start: number, end: number): string | undefined {
    const length = end - start
    const slot = length === 0 ? 0 : slotOf(bytes, start, length)
    const known = this.#slots[slot]
    if (known !== undefined && isSame(known, bytes, start, length)) return known
    for (let at = start; at < end; at += 1) if (bytes[at]! >= 0x80) return undefined
    const text = bytes.toString('latin1', start, end)
    this.#slots[slot] = text
    return text
  }
}

/** From five bytes: names that differ do so somewhere in them, nearly always, and all bytes are compared anyway. */
function slotOf(bytes: Buffer, start: number, length: number): number {
  const last = start + length - 1
  const quarter = length >> 2
  const ends = bytes[start]! * 5 + bytes[last]! * 521
  const inner = bytes[start + quarter]! * 31 + bytes[start + (length >> 1)]! * 131 + bytes[last - quarter]! * 257
  return (length + ends + inner) & (SLOTS - 1)
}

function isSame(text: string, bytes: Buffer, start: number, length: number): boolean {
  if (text.length !== length) return false
  for (let index = 0; index < length; index += 1) if (text.charCodeAt(index) !== bytes[start + index]) return false
  return true
}
