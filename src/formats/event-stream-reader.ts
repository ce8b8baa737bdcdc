// The part of reading a stream that is the same in every dialect: split it, look at each event once, keep count, take events out.

import { type SseEvent, SseScanner } from '../core/sse-scan.ts'
import type { RawUsage } from '../core/usage.ts'
import { EventFilter } from './event-filter.ts'
import { EventOutline } from './event-outline.ts'
import type { StreamReader, StreamReaderOptions } from './format.ts'

/** What is known about a stream so far; a dialect writes it. */
export interface StreamState {
  /** A new object whenever it changes, so that a caller sees a change by identity. */
  usage: RawUsage | undefined
  finished: boolean
  failed: boolean
}

/** One dialect's reading of an event with data, already outlined. Returns true when the event exists only because usage was asked for. */
export type ReadEvent = (event: EventOutline, state: StreamState) => boolean

// English text has about four bytes per token (OpenAI's own rule of thumb); most providers send one event per token.
const TEXT_BYTES_PER_TOKEN = 4

/** A StreamReader whose dialect is `readEvent`. An `error` member in an event means `failed` in all of them. */
export function createEventStreamReader(options: StreamReaderOptions, readEvent: ReadEvent): StreamReader {
  const state: StreamState = { usage: undefined, finished: false, failed: false }
  const outline = new EventOutline()
  let textEvents = 0
  let textBytes = 0

  function read(event: SseEvent): boolean {
    const text = event.latin1Data
    if (text === undefined) return false
    outline.read(event, text)
    if (outline.textBytes > 0) {
      textEvents += 1
      textBytes += outline.textBytes
    }
    if (outline.hasError) state.failed = true
    return readEvent(outline, state)
  }

  const push = options.removeUsageEvent ? createRemovingPush(read) : createReadingPush(read)
  return {
    push,
    get usage() {
      return state.usage
    },
    get responseModel() {
      return outline.model
    },
    get outputTokensSeen() {
      return Math.max(textEvents, Math.ceil(textBytes / TEXT_BYTES_PER_TOKEN))
    },
    get finished() {
      return state.finished
    },
    get failed() {
      return state.failed
    },
  }
}

function createRemovingPush(read: (event: SseEvent) => boolean): StreamReader['push'] {
  const filter = new EventFilter(read)
  return (chunk, end) => filter.push(chunk, end)
}

function createReadingPush(read: (event: SseEvent) => boolean): StreamReader['push'] {
  const scanner = new SseScanner((event) => {
    read(event)
  })
  return (chunk, end) => {
    scanner.push(chunk, end)
    return undefined
  }
}
