// What scanners of streams keep of a chunk until the rest has come.

const EMPTY: Buffer = Buffer.alloc(0)

/** Bytes in a buffer that doubles as it fills, so that a byte is copied a bounded number of times whatever the chunks are. */
export class CarryBuffer {
  #buffer = EMPTY
  #length = 0
  readonly #leastSize: number

  constructor(leastSize: number) {
    this.#leastSize = leastSize
  }

  get length(): number {
    return this.#length
  }

  /** The buffer itself: its first `length` bytes are what is carried. */
  get buffer(): Buffer {
    return this.#buffer
  }

  /** `mostSize`: bytes that there will be at the most, as far as that is known; no more than these are put by. */
  append(bytes: Buffer, mostSize: number): void {
    const needed = this.#length + bytes.length
    if (needed > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#leastSize, needed, Math.min(2 * this.#buffer.length, mostSize)))
      this.#buffer.copy(larger, 0, 0, this.#length)
      this.#buffer = larger
    }
    bytes.copy(this.#buffer, this.#length)
    this.#length = needed
  }

  /** What was carried. The buffer goes with it: what is carried next gets its own. */
  take(): Buffer {
    const bytes = this.#buffer.subarray(0, this.#length)
    this.#buffer = EMPTY
    this.#length = 0
    return bytes
  }
}
