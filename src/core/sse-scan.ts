// Server-sent events (WHATWG HTML, "Server-sent events"), split out of bytes as they pass. Node's own tools and the usual packages work on
// decoded text; a proxy wants to know which bytes an event is, must not decode what it only forwards, and must not read a byte twice.

import { CarryBuffer } from './carry-buffer.ts'

/** One event with the bytes it is made of. */
export interface SseEvent {
  /** Place of its first byte in the stream. */
  readonly offset: number
  /** Everything from its first line to its terminating blank line. A view: of the chunk if the event lies in one, else of a buffer of its own. */
  readonly bytes: Buffer
  /** The last `event:` of the event, '' when it has none. */
  readonly name: string
  /** Number of `bytes`. */
  readonly length: number
  /** The `data:` lines, joined by LF. Undefined when there is none: a comment, a stray blank line, or bytes that were given up. */
  readonly data: Buffer | undefined
  /** `data` with one character for each byte: costs less, and is enough to search it for ASCII. */
  readonly latin1Data: string | undefined
}

/** Longest event that is read: above what any provider sends (base64 pictures are the longest, some MB), below what would hurt many streams at once. */
export const MAX_EVENT_BYTES = 32 * 1024 * 1024

const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d
const SPACE = 0x20
const COLON = 0x3a

/**
 * Splits a stream, pushed in chunks of any size, into events. Their bytes, in order, are the stream's bytes, none left out, except for those of
 * an event that is not complete yet and those behind a give-up. Line ends are LF, CRLF or CR; a CR at the end of a chunk waits for the next
 * byte. The last event needs no blank line. Work is O(new bytes); a byte is copied only if its event does not end in the chunk it came in.
 */
export class SseScanner {
  readonly #onEvent: (event: SseEvent) => void
  readonly #maxEventBytes: number
  /** The beginning of an event whose end has not come yet. */
  readonly #carried = new CarryBuffer(1024)
  /** Bytes of all chunks before this one. */
  #receivedBytes = 0
  /** Lines of the pending event that are complete. Places below count from the event's first byte. */
  #lines = 0
  #firstLineEnd = 0
  #secondLineStart = 0
  #secondLineEnd = 0
  /** Of the line that is not complete. */
  #lineStart = 0
  /** The last byte was a CR, so what follows may be the LF that belongs to it. */
  #afterCarriageReturn = false
  #gaveUp = false

  constructor(onEvent: (event: SseEvent) => void, maxEventBytes: number = MAX_EVENT_BYTES) {
    this.#onEvent = onEvent
    this.#maxEventBytes = maxEventBytes
  }

  /** Bytes at the end of what was pushed that belong to an event which is not complete. */
  get pendingBytes(): number {
    return this.#carried.length
  }

  /** True once an event was longer than the bound: the rest of the stream is not read. */
  get gaveUp(): boolean {
    return this.#gaveUp
  }

  push(chunk: Buffer, end: boolean): void {
    if (this.#gaveUp) return
    const length = chunk.length
    // Offsets below are into the chunk; negative ones lie in what was carried.
    let start = -this.#carried.length
    let lineStart = this.#lineStart - this.#carried.length
    const ends = new LineEnds(chunk)
    let lineEnd = this.#afterCarriageReturn ? -1 : ends.next(0)
    this.#afterCarriageReturn = false
    while (lineEnd < length) {
      let next = lineEnd + 1
      if (lineEnd < 0 || chunk[lineEnd] === CARRIAGE_RETURN) {
        if (next === length && !end) {
          this.#afterCarriageReturn = true
          break
        }
        if (chunk[next] === LINE_FEED) next += 1
      }
      if (lineEnd === lineStart) {
        if (!this.#finish(chunk, start, next, this.#lines)) return
        start = next
        this.#lines = 0
      } else {
        if (this.#lines === 0) this.#firstLineEnd = lineEnd - start
        else if (this.#lines === 1) {
          this.#secondLineStart = lineStart - start
          this.#secondLineEnd = lineEnd - start
        }
        this.#lines += 1
      }
      lineStart = next
      lineEnd = ends.next(next)
    }
    if (end && start < length) {
      this.#finish(chunk, start, length, -1)
      return
    }
    if (length - start > this.#maxEventBytes) {
      this.#giveUp()
      return
    }
    if (start < length) this.#carried.append(start > 0 ? chunk.subarray(start) : chunk, this.#maxEventBytes)
    this.#lineStart = lineStart - start
    this.#receivedBytes += length
  }

  /** Hands out the event from `start` to `next`; `lines` is -1 when its last line may not be complete. False when it was too long. */
  #finish(chunk: Buffer, start: number, next: number, lines: number): boolean {
    if (next - start > this.#maxEventBytes) {
      this.#giveUp()
      return false
    }
    const offset = this.#receivedBytes + start
    let place: Place
    if (start < 0) {
      this.#carried.append(chunk.subarray(0, next), this.#maxEventBytes)
      const bytes = this.#carried.take()
      place = { source: bytes, start: 0, end: bytes.length }
    } else place = { source: chunk, start, end: next }
    this.#onEvent(this.#readShort(place, offset, lines) ?? readLines(place, offset))
    return true
  }

  /** Nearly all events are a data line, or an event line and a data line: their ends are known already. Undefined for any other. */
  #readShort(place: Place, offset: number, lines: number): SseEvent | undefined {
    if (lines < 1 || lines > 2) return undefined
    const { source, start } = place
    const dataLine = lines === 1 ? start : start + this.#secondLineStart
    const end = start + (lines === 1 ? this.#firstLineEnd : this.#secondLineEnd)
    const value = fieldValue(source, dataLine, end, 'data')
    if (value === -1) return undefined
    const event = new ScannedEvent(place, offset)
    event.dataStart = value
    event.dataEnd = end
    if (lines === 1) return event
    event.nameStart = fieldValue(source, start, start + this.#firstLineEnd, 'event')
    event.nameEnd = start + this.#firstLineEnd
    return event.nameStart === -1 ? undefined : event
  }

  /** What is held is handed out as bytes without meaning, so that whoever forwards them can let go. */
  #giveUp(): void {
    this.#gaveUp = true
    const offset = this.#receivedBytes - this.#carried.length
    const bytes = this.#carried.take()
    if (bytes.length > 0) this.#onEvent(new ScannedEvent({ source: bytes, start: 0, end: bytes.length }, offset))
  }
}

/** Finds line ends from left to right. Keeps what it found, so that all calls together read each byte at most twice. */
class LineEnds {
  readonly #bytes: Buffer
  #lineFeed = -1
  #carriageReturn = -1

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /** Offset of the first CR or LF at or behind `from`; the length when there is none. */
  next(from: number): number {
    const bytes = this.#bytes
    if (this.#lineFeed < from) {
      const found = bytes.indexOf(LINE_FEED, from)
      this.#lineFeed = found === -1 ? bytes.length : found
    }
    if (this.#carriageReturn < from) {
      const found = bytes.indexOf(CARRIAGE_RETURN, from)
      this.#carriageReturn = found === -1 ? bytes.length : found
    }
    return Math.min(this.#lineFeed, this.#carriageReturn)
  }
}

function startsWithByteOrderMark(bytes: Buffer): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
}

/** Where an event lies. */
interface Place {
  readonly source: Buffer
  readonly start: number
  readonly end: number
}

/** An event of which only places are known until somebody asks: most are asked for nothing but their text, and a view costs as much as that. */
class ScannedEvent implements SseEvent {
  readonly offset: number
  /** Places below are in here. */
  readonly #source: Buffer
  readonly #start: number
  readonly #end: number
  /** Instead of a place, when the data had to be put together. */
  joinedData: Buffer | undefined
  dataStart = -1
  dataEnd = -1
  nameStart = 0
  nameEnd = 0

  constructor({ source, start, end }: Place, offset: number) {
    this.#source = source
    this.#start = start
    this.#end = end
    this.offset = offset
  }

  get bytes(): Buffer {
    return this.#source.subarray(this.#start, this.#end)
  }

  get length(): number {
    return this.#end - this.#start
  }

  get data(): Buffer | undefined {
    if (this.joinedData !== undefined || this.dataStart === -1) return this.joinedData
    return this.#source.subarray(this.dataStart, this.dataEnd)
  }

  get latin1Data(): string | undefined {
    if (this.joinedData !== undefined || this.dataStart === -1) return this.joinedData?.toString('latin1')
    return this.#source.toString('latin1', this.dataStart, this.dataEnd)
  }

  get name(): string {
    return this.#source.toString('utf8', this.nameStart, this.nameEnd)
  }
}

function readLines({ source, start: first, end: last }: Place, offset: number): SseEvent {
  const bytes = source.subarray(first, last)
  const event = new ScannedEvent({ source: bytes, start: 0, end: bytes.length }, offset)
  // Several data lines are copied into one buffer; a list of views would cost far more than the bytes of a hostile event.
  let joined: Buffer | undefined
  let joinedBytes = 0
  const ends = new LineEnds(bytes)
  let start = offset === 0 && startsWithByteOrderMark(bytes) ? 3 : 0
  while (start < bytes.length) {
    const end = ends.next(start)
    const value = fieldValue(bytes, start, end, 'data')
    if (value !== -1) {
      if (event.dataStart === -1) {
        event.dataStart = value
        event.dataEnd = end
      } else {
        if (joined === undefined) {
          joined = Buffer.allocUnsafe(bytes.length)
          joinedBytes = bytes.copy(joined, 0, event.dataStart, event.dataEnd)
        }
        joined[joinedBytes] = LINE_FEED
        joinedBytes += 1
        joinedBytes += bytes.copy(joined, joinedBytes, value, end)
      }
    } else {
      const nameStart = fieldValue(bytes, start, end, 'event')
      if (nameStart !== -1) {
        event.nameStart = nameStart
        event.nameEnd = end
      }
    }
    start = bytes[end] === CARRIAGE_RETURN && bytes[end + 1] === LINE_FEED ? end + 2 : end + 1
  }
  if (joined !== undefined) event.joinedData = joined.subarray(0, joinedBytes)
  return event
}

/** Where the value of `field` starts in the line from `start` to `end`; -1 when the line is another field or a comment. */
function fieldValue(bytes: Buffer, start: number, end: number, field: 'data' | 'event'): number {
  const colon = start + field.length
  if (colon > end) return -1
  for (let index = 0; index < field.length; index++) if (bytes[start + index] !== field.charCodeAt(index)) return -1
  if (colon === end) return end
  if (bytes[colon] !== COLON) return -1
  return colon + 1 < end && bytes[colon + 1] === SPACE ? colon + 2 : colon + 1
}
