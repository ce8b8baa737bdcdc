// AWS event stream frames (application/vnd.amazon.eventstream), split out of bytes as they pass: how Bedrock answers streams.
// Source: docs.aws.amazon.com, Transcribe developer guide, "Event stream encoding". Why not the vendor's codec: it wants whole frames, takes
// three times as long, and believes any length it is told.

import { crc32 } from 'node:zlib'
import { CarryBuffer } from './carry-buffer.ts'
import { TollgateError } from './errors.ts'
import { ShortNames } from './short-names.ts'

export interface AwsEventStreamMessage {
  /** `exception`: an error that the API's model describes; `error`: one that it does not. */
  readonly kind: 'event' | 'exception' | 'error'
  /** `:event-type`, `:exception-type` or `:error-code`; '' when the frame names none. */
  readonly name: string
  /** A view: of the chunk if the frame lies in one, else of a buffer of its own. An `error` has its `:error-message` here. */
  readonly payload: Buffer
}

/** Largest frame that is read: AWS sends at most 16 MB of payload and 128 KB of headers; Bedrock's are of some KB. */
export const MAX_FRAME_BYTES = 17 * 1024 * 1024

/** Total length, headers' length, checksum of both; 4 bytes each. */
const PRELUDE_BYTES = 12
const CHECKSUM_BYTES = 4

const valueBytes: readonly (number | undefined)[] = [
  0, // true
  0, // false
  1, // byte
  2, // short
  4, // integer
  8, // long
  undefined, // byte array: two bytes say its length
  undefined, // string: the same
  8, // timestamp
  16, // uuid
]
const STRING_TYPE = 7

/**
 * Splits a stream, pushed in chunks of any size, into messages. Work is O(new bytes); a byte is copied only if its frame does not end in the
 * chunk it came in. The length of a frame is not believed before the checksum of the length has been seen to fit.
 */
export class AwsEventStreamDecoder {
  readonly #onMessage: (message: AwsEventStreamMessage) => void
  readonly #maxFrameBytes: number
  /** The beginning of a frame whose end has not come yet. */
  readonly #carried = new CarryBuffer(256)
  /** Set once the stream cannot be read: nothing behind a broken frame has a known place. */
  #failure: TollgateError | undefined

  constructor(onMessage: (message: AwsEventStreamMessage) => void, maxFrameBytes: number = MAX_FRAME_BYTES) {
    this.#onMessage = onMessage
    this.#maxFrameBytes = maxFrameBytes
  }

  /** Bytes at the end of what was pushed that belong to a frame which is not complete. */
  get pendingBytes(): number {
    return this.#carried.length
  }

  /**
   * Hands out the messages that this chunk completes. Throws TollgateError `provider_error` for a frame that is damaged or too large, and
   * again for every chunk after it.
   */
  push(chunk: Buffer): void {
    if (this.#failure !== undefined) throw this.#failure
    try {
      this.#push(chunk)
    } catch (thrown) {
      this.#failure = TollgateError.from(thrown)
      this.#carried.take()
      throw this.#failure
    }
  }

  #push(chunk: Buffer): void {
    let start = 0
    while (this.#carried.length > 0) {
      const wanted = this.#carried.length < PRELUDE_BYTES ? PRELUDE_BYTES : this.#frameBytes(this.#carried.buffer, 0)
      const end = Math.min(chunk.length, start + wanted - this.#carried.length)
      this.#carried.append(chunk.subarray(start, end), wanted)
      start = end
      if (this.#carried.length < wanted) return
      if (wanted > PRELUDE_BYTES) this.#onMessage(readFrame(this.#carried.take()))
    }
    while (chunk.length - start >= PRELUDE_BYTES) {
      const length = this.#frameBytes(chunk, start)
      if (chunk.length - start < length) break
      this.#onMessage(readFrame(chunk.subarray(start, start + length)))
      start += length
    }
    if (start < chunk.length) this.#carried.append(chunk.subarray(start), chunk.length - start)
  }

  /** Length of the frame whose prelude is at `start`. */
  #frameBytes(bytes: Buffer, start: number): number {
    const length = bytes.readUInt32BE(start)
    if (crc32(bytes.subarray(start, start + 8)) !== bytes.readUInt32BE(start + 8)) throw damaged('the checksum of a length does not fit')
    if (length > this.#maxFrameBytes) throw damaged(`a frame of ${length} bytes is too large`)
    if (length < PRELUDE_BYTES + bytes.readUInt32BE(start + 4) + CHECKSUM_BYTES) throw damaged('a frame is shorter than its headers')
    return length
  }
}

function readFrame(frame: Buffer): AwsEventStreamMessage {
  const bodyEnd = frame.length - CHECKSUM_BYTES
  if (crc32(frame.subarray(0, bodyEnd)) !== frame.readUInt32BE(bodyEnd)) throw damaged('the checksum of a frame does not fit')
  const headersEnd = PRELUDE_BYTES + frame.readUInt32BE(4)
  const { kind, names } = readHeaders(frame, headersEnd)
  const payload = frame.subarray(headersEnd, bodyEnd)
  return kind === 'error' ? { kind, name: names.error, payload: Buffer.from(names.message) } : { kind, name: names[kind], payload }
}

interface Headers {
  kind: AwsEventStreamMessage['kind']
  readonly names: { event: string; exception: string; error: string; message: string }
}

/** Names and values of headers: the same few in every frame of every stream. */
const shortTexts = new ShortNames()
const longestShortText = 64

function textOf(frame: Buffer, start: number, end: number): string {
  return (end - start <= longestShortText ? shortTexts.get(frame, start, end) : undefined) ?? frame.toString('utf8', start, end)
}

function readHeaders(frame: Buffer, end: number): Headers {
  const headers: Headers = { kind: 'event', names: { event: '', exception: '', error: '', message: '' } }
  let at = PRELUDE_BYTES
  while (at < end) {
    const nameStart = at + 1
    const nameEnd = nameStart + frame.readUInt8(at)
    if (nameEnd >= end) throw damaged('a header is longer than its frame')
    const type = frame.readUInt8(nameEnd)
    if (type >= valueBytes.length) throw damaged(`a header has the unknown type ${type}`)
    const fixed = valueBytes[type]
    const valueStart = fixed === undefined ? nameEnd + 3 : nameEnd + 1
    if (valueStart > end) throw damaged('a header is longer than its frame')
    at = valueStart + (fixed ?? frame.readUInt16BE(nameEnd + 1))
    if (at > end) throw damaged('a header is longer than its frame')
    if (type === STRING_TYPE) takeHeader(headers, textOf(frame, nameStart, nameEnd), { frame, start: valueStart, end: at })
  }
  return headers
}

/** Those that tell what a frame is; its value is made into text only then. */
function takeHeader(headers: Headers, name: string, { frame, start, end }: { readonly frame: Buffer; readonly start: number; readonly end: number }): void {
  switch (name) {
    case ':message-type': {
      const kind = textOf(frame, start, end)
      headers.kind = kind === 'exception' || kind === 'error' ? kind : 'event'
      return
    }
    case ':event-type':
      headers.names.event = textOf(frame, start, end)
      return
    case ':exception-type':
      headers.names.exception = textOf(frame, start, end)
      return
    case ':error-code':
      headers.names.error = textOf(frame, start, end)
      return
    case ':error-message':
      headers.names.message = textOf(frame, start, end)
      return
    default:
      return
  }
}

function damaged(what: string): TollgateError {
  return new TollgateError('provider_error', `The event stream of the provider is damaged: ${what}.`)
}
