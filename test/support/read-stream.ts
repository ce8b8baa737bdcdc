// Runs a StreamReader over bytes cut in any way and says everything that can be observed from outside.

import type { RawUsage } from '../../src/core/usage.ts'
import type { StreamReader } from '../../src/formats/format.ts'

export interface StreamReading {
  /** What the client gets. */
  readonly output: string
  readonly usage: RawUsage | undefined
  readonly responseModel: string | undefined
  readonly outputTokensSeen: number
  readonly finished: boolean
  readonly failed: boolean
}

/** Pushes the chunks, the last one with `end`. */
export function readStream(reader: StreamReader, chunks: readonly Buffer[]): StreamReading {
  const pieces = chunks.map((chunk, index) => reader.push(chunk, index === chunks.length - 1) ?? chunk)
  const { usage, responseModel, outputTokensSeen, finished, failed } = reader
  return { output: Buffer.concat(pieces).toString('latin1'), usage, responseModel, outputTokensSeen, finished, failed }
}

/** The bytes in pieces of this size. */
export function cutEvery(bytes: Buffer, size: number): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => bytes.subarray(index * size, (index + 1) * size))
}
