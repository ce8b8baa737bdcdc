// Texts that come with every message (names of headers, keys of metadata), found again instead of made again.

const SLOTS = 1024

/** A cache that forgets: one text per slot, so that it stays small whatever comes. */
export class ShortNames {
  readonly #slots: (string | undefined)[] = Array.from({ length: SLOTS }, () => undefined)

  /** The text of the bytes `start` to `end`; undefined when they are not ASCII. Worth it for short texts only. */
  get(bytes: Buffer, start: number, end: number): string | undefined {
    let hash = end - start
    for (let at = start; at < end; at += 1) {
      const byte = bytes[at]!
      if (byte >= 0x80) return undefined
      hash = (Math.imul(hash, 31) + byte) | 0
    }
    const slot = (hash ^ (hash >>> 10)) & (SLOTS - 1)
    const known = this.#slots[slot]
    if (known !== undefined && isSame(known, bytes, start, end)) return known
    const text = bytes.toString('latin1', start, end)
    this.#slots[slot] = text
    return text
  }
}

function isSame(text: string, bytes: Buffer, start: number, end: number): boolean {
  if (text.length !== end - start) return false
  for (let index = 0; index < text.length; index += 1) if (text.charCodeAt(index) !== bytes[start + index]) return false
  return true
}
