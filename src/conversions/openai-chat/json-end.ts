// Notices where a JSON object that comes in pieces is complete, so that a tool call can be ended before the stream is.

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

export class JsonEnd {
  #depth = 0
  #hasBegun = false
  #isInString = false
  #isEscaped = false

  /** Looks at each character once. */
  push(piece: string): void {
    for (let at = 0; at < piece.length; at += 1) {
      const character = piece.charCodeAt(at)
      if (this.#isEscaped) this.#isEscaped = false
      else if (this.#isInString) {
        if (character === BACKSLASH) this.#isEscaped = true
        else if (character === QUOTE) this.#isInString = false
      } else if (character === QUOTE) this.#isInString = true
      else if (character === OPEN_BRACE || character === OPEN_BRACKET) {
        this.#depth += 1
        this.#hasBegun = true
      } else if (character === CLOSE_BRACE || character === CLOSE_BRACKET) this.#depth -= 1
    }
  }

  /** As many brackets closed as opened, at least one. */
  get isComplete(): boolean {
    return this.#hasBegun && this.#depth <= 0 && !this.#isInString
  }
}
