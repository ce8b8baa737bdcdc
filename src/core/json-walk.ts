// A cursor over the members of a JSON object that builds no values and checks no more than it needs to find its way. For what a provider
// wrote (nobody but the provider is deceived by a wrong byte there), and for what json-scan.ts has proven.

// Bytes of a string that are walked one by one before searching: below that length, a walk is cheaper than a search.
const WALK_BYTES = 32

const EMPTY: Buffer = Buffer.alloc(0)
const SPACE = 0x20
const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_BRACKET = 0x5b
const BACKSLASH = 0x5c
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

/**
 * Usage: `start` on an object, then `nextMember` and `skipValue` in turns; on an array `startArray` and `nextElement`. Whoever enters a value
 * instead of skipping it goes on with the outer one afterwards. Names are compared as written: a name spelled with escapes is
 * another name here. On bytes that are no JSON it goes wrong, but never outside the bytes and never forever.
 */
export class JsonWalker {
  /** Before `skipValue`: the first byte of the member's value. After it: behind the value. */
  at = 0
  /** True once the closing brace of the object was passed. */
  closed = false
  #bytes = EMPTY
  #keyStart = 0
  #keyEnd = 0

  /** Enters the object whose opening brace is the first byte at or behind `at`; false when that is something else. */
  start(bytes: Buffer, at = 0): boolean {
    this.resume(bytes, at)
    if (this.#skipWhitespace() !== OPEN_BRACE) return false
    this.at += 1
    return true
  }

  /** As `start`, for an array. */
  startArray(bytes: Buffer, at = 0): boolean {
    this.resume(bytes, at)
    if (this.#skipWhitespace() !== OPEN_BRACKET) return false
    this.at += 1
    return true
  }

  /** Goes on inside an object at `at`, where a member starts. */
  resume(bytes: Buffer, at: number): void {
    this.#bytes = bytes
    this.at = at
    this.closed = false
  }

  /** Moves to the value of the next member; false at the end of the object or of the bytes, or where no member is. */
  nextMember(): boolean {
    let byte = this.#skipWhitespace()
    if (byte === COMMA) {
      this.at += 1
      byte = this.#skipWhitespace()
    }
    if (byte !== QUOTE) {
      if (byte === CLOSE_BRACE) {
        this.closed = true
        this.at += 1
      }
      return false
    }
    this.#keyStart = this.at + 1
    this.#keyEnd = stringEnd(this.#bytes, this.#keyStart)
    this.at = this.#keyEnd + 1
    if (this.#skipWhitespace() !== COLON) return false
    this.at += 1
    return this.#skipWhitespace() !== undefined
  }

  /** Moves to the next element; false behind the end of the array, or where none is. */
  nextElement(): boolean {
    let byte = this.#skipWhitespace()
    if (byte === COMMA) {
      this.at += 1
      byte = this.#skipWhitespace()
    }
    if (byte === CLOSE_BRACKET) this.at += 1
    return byte !== undefined && byte !== CLOSE_BRACKET
  }

  /** The name of the member as it is written, cut off after `maxBytes`. */
  key(maxBytes: number): string {
    return this.#bytes.toString('utf8', this.#keyStart, Math.min(this.#keyEnd, this.#keyStart + maxBytes))
  }

  /** In bytes, as written. */
  get keyLength(): number {
    return this.#keyEnd - this.#keyStart
  }

  keyIs(key: string): boolean {
    return this.#keyEnd - this.#keyStart === key.length && bytesAre(this.#bytes, this.#keyStart, key)
  }

  /** True when nothing but whitespace is left. */
  atEnd(): boolean {
    return this.#skipWhitespace() === undefined
  }

  /** Passes the value at the cursor. */
  skipValue(): void {
    const bytes = this.#bytes
    const first = bytes[this.at]
    if (first === QUOTE) this.at = stringEnd(bytes, this.at + 1) + 1
    else if (first === OPEN_BRACE || first === OPEN_BRACKET) this.#skipContainer()
    else {
      let at = this.at
      for (let byte = bytes[at]; byte !== undefined && byte !== COMMA && byte !== CLOSE_BRACE && byte !== CLOSE_BRACKET; byte = bytes[at]) at += 1
      this.at = at
    }
  }

  #skipContainer(): void {
    const bytes = this.#bytes
    const length = bytes.length
    let depth = 0
    let at = this.at
    while (at < length) {
      const byte = bytes[at]
      at += 1
      if (byte === QUOTE) at = stringEnd(bytes, at) + 1
      else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth += 1
      else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        depth -= 1
        if (depth === 0) break
      }
    }
    this.at = at
  }

  #skipWhitespace(): number | undefined {
    this.at = skipSpaces(this.#bytes, this.at)
    return this.#bytes[this.at]
  }
}

/** True when the value at `at` is this ASCII text, written without escapes. */
export function isStringAt(bytes: Buffer, at: number, text: string): boolean {
  return bytes[at] === QUOTE && bytesAre(bytes, at + 1, text) && bytes[at + 1 + text.length] === QUOTE
}

/** True when the bytes at `at` are the ASCII `text`. */
function bytesAre(bytes: Buffer, at: number, text: string): boolean {
  for (let index = 0; index < text.length; index++) if (bytes[at + index] !== text.charCodeAt(index)) return false
  return true
}

// Control characters count as whitespace: they cannot stand outside of strings anyway.
function skipSpaces(bytes: Buffer, from: number): number {
  let at = from
  for (let byte = bytes[at]; byte !== undefined && byte <= SPACE; byte = bytes[at]) at += 1
  return at
}

/** Offset of the quote that closes the string whose content starts at `from`; the length when it is not closed. */
function stringEnd(bytes: Buffer, from: number): number {
  const length = bytes.length
  const walkEnd = Math.min(length, from + WALK_BYTES)
  let at = from
  while (at < walkEnd) {
    const byte = bytes[at]
    if (byte === QUOTE) return at
    at += byte === BACKSLASH ? 2 : 1
  }
  for (;;) {
    const quote = bytes.indexOf(QUOTE, at)
    if (quote === -1) return length
    // An odd number of backslashes before it escapes the quote. Those runs do not overlap, so this stays linear.
    let backslashes = 0
    while (quote - backslashes > at && bytes[quote - backslashes - 1] === BACKSLASH) backslashes += 1
    if (backslashes % 2 === 0) return quote
    at = quote + 1
  }
}
