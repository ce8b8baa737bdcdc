// Finds the next quote or backslash of a JSON body. Requests are mostly text, so this is where the time of a scan goes:
// short distances are looked at four bytes at a time, long ones are left to Buffer.indexOf.

const QUOTE = 0x22
const BACKSLASH = 0x5c
const QUOTES = 0x22222222
const BACKSLASHES = 0x5c5c5c5c

/** Words looked at before searching: below this distance, looking is cheaper than two searches. */
const MAX_WORDS = 6

export class SpecialByteFinder {
  readonly #body: Buffer
  // The body as 32-bit words, as far as whole aligned words go, and the offset of the first one.
  readonly #words: Int32Array
  readonly #wordsStart: number
  // What the last searches found; kept, so that all searches together read each byte once.
  #nextQuote = -1
  #nextBackslash = -1

  constructor(body: Buffer) {
    const start = -body.byteOffset & 3
    this.#body = body
    this.#wordsStart = start
    this.#words = body.length < start ? new Int32Array(0) : new Int32Array(body.buffer, body.byteOffset + start, (body.length - start) >> 2)
  }

  /** Offset of the first quote or backslash at or behind `from`; the length of the body if there is none. */
  find(from: number): number {
    const body = this.#body
    const length = body.length
    let at = from
    for (; ((at - this.#wordsStart) & 3) !== 0 && at < length; at++) {
      const byte = body[at]
      if (byte === QUOTE || byte === BACKSLASH) return at
    }
    const words = this.#words
    const firstWord = (at - this.#wordsStart) >> 2
    const lastWord = Math.min(words.length, firstWord + MAX_WORDS)
    for (let index = firstWord; index < lastWord; index++) {
      const word = words[index] ?? 0
      const quotes = word ^ QUOTES
      const backslashes = word ^ BACKSLASHES
      // Nonzero when one of the four bytes is zero (Mycroft's test): only then is it worth finding which.
      if ((((quotes - 0x01010101) & ~quotes) | ((backslashes - 0x01010101) & ~backslashes)) & 0x80808080) return this.#walk(this.#wordsStart + (index << 2))
    }
    // In the last bytes, behind the whole words, `at` is already further.
    return this.#search(Math.max(at, this.#wordsStart + (lastWord << 2)))
  }

  #walk(from: number): number {
    const body = this.#body
    let at = from
    while (body[at] !== QUOTE && body[at] !== BACKSLASH) at++
    return at
  }

  #search(from: number): number {
    const body = this.#body
    if (this.#nextQuote < from) this.#nextQuote = positionOrLength(body.indexOf(QUOTE, from), body.length)
    if (this.#nextBackslash < from) this.#nextBackslash = positionOrLength(body.indexOf(BACKSLASH, from), body.length)
    return Math.min(this.#nextQuote, this.#nextBackslash)
  }
}

function positionOrLength(position: number, length: number): number {
  return position === -1 ? length : position
}
