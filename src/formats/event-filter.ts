// Takes single events out of a stream and lets everything else pass, byte for byte and as early as possible.

import { type SseEvent, SseScanner } from '../core/sse-scan.ts'

const EMPTY: Buffer = Buffer.alloc(0)

/**
 * Shows every event to `isUnwanted` and removes those for which it is true. Held back are only the bytes of an event that is not complete:
 * until then nobody knows what it is.
 */
export class EventFilter {
  readonly #scanner: SseScanner
  readonly #isUnwanted: (event: SseEvent) => boolean
  /** Offset of the current chunk in the stream. */
  #chunkOffset = 0
  #chunk = EMPTY
  /** What replaces the chunk, and how much of the chunk that covers; only used once the output differs from the input. */
  #pieces: Buffer[] = []
  #coveredBytes = 0
  #differs = false

  constructor(isUnwanted: (event: SseEvent) => boolean) {
    this.#isUnwanted = isUnwanted
    this.#scanner = new SseScanner((event) => {
      this.#take(event)
    })
  }

  /** What is to be forwarded instead of `chunk`; undefined when it is the chunk itself. */
  push(chunk: Buffer, end: boolean): Buffer | undefined {
    this.#chunk = chunk
    this.#pieces = []
    this.#coveredBytes = 0
    this.#differs = false
    this.#scanner.push(chunk, end)
    this.#chunkOffset += chunk.length
    const pendingBytes = this.#scanner.pendingBytes
    if (!this.#differs && pendingBytes === 0) return undefined
    const passEnd = chunk.length - pendingBytes
    if (passEnd > this.#coveredBytes) this.#pieces.push(chunk.subarray(this.#coveredBytes, passEnd))
    const [first = EMPTY] = this.#pieces
    return this.#pieces.length < 2 ? first : Buffer.concat(this.#pieces)
  }

  #take(event: SseEvent): void {
    const start = event.offset - this.#chunkOffset
    const isUnwanted = this.#isUnwanted(event)
    if (start < 0) {
      if (!isUnwanted) this.#pieces.push(event.bytes)
    } else if (isUnwanted) {
      if (start > this.#coveredBytes) this.#pieces.push(this.#chunk.subarray(this.#coveredBytes, start))
    } else return
    this.#coveredBytes = start + event.length
    this.#differs = true
  }
}
