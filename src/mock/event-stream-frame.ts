// Event stream frames as AWS writes them. The decoder's counterpart, written apart from it so that a mistake is not made twice.
// Source: docs.aws.amazon.com, Transcribe developer guide, "Event stream encoding".

import { crc32 } from 'node:zlib'

export type FrameHeaders = Readonly<Record<string, string>>

/** One frame with these headers, all of them strings. */
export function encodeFrame(headers: FrameHeaders, payload: Buffer): Buffer {
  const encoded = Buffer.concat(Object.entries(headers).map(([name, value]) => encodeHeader(name, value)))
  const total = 12 + encoded.length + payload.length + 4
  const frame = Buffer.alloc(total)
  frame.writeUInt32BE(total, 0)
  frame.writeUInt32BE(encoded.length, 4)
  frame.writeUInt32BE(crc32(frame.subarray(0, 8)), 8)
  encoded.copy(frame, 12)
  payload.copy(frame, 12 + encoded.length)
  frame.writeUInt32BE(crc32(frame.subarray(0, total - 4)), total - 4)
  return frame
}

/** A frame with an event of Bedrock's. */
export function eventFrame(type: string, payload: unknown): Buffer {
  return encodeFrame({ ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' }, Buffer.from(JSON.stringify(payload)))
}

/** A frame that ends a stream with an exception, such as `throttlingException`. */
export function exceptionFrame(type: string, message: string): Buffer {
  return encodeFrame({ ':exception-type': type, ':content-type': 'application/json', ':message-type': 'exception' }, Buffer.from(JSON.stringify({ message })))
}

/** The frame with one bit of its payload turned, so that its checksum does not fit. */
export function damagedFrame(frame: Buffer): Buffer {
  const damaged = Buffer.from(frame)
  const last = damaged.length - 5
  damaged.writeUInt8(damaged.readUInt8(last) ^ 1, last)
  return damaged
}

function encodeHeader(name: string, value: string): Buffer {
  const nameBytes = Buffer.from(name)
  const valueBytes = Buffer.from(value)
  const type = Buffer.from([7, valueBytes.length >> 8, valueBytes.length & 0xff])
  return Buffer.concat([Buffer.from([nameBytes.length]), nameBytes, type, valueBytes])
}
