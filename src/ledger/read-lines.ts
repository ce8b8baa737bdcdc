// Lines of a file, a piece at a time: a ledger may be larger than memory, in either direction.

import { open } from 'node:fs/promises'
import { MAX_LINE_BYTES } from './journal-line.ts'

export interface Line {
  /** Without its line end; good until the next batch is asked for. */
  readonly bytes: Buffer
  /** Where it begins in the file. */
  readonly offset: number
  /** False: the file ends without a line end, because its last write was cut off or is under way. */
  readonly whole: boolean
}

const PIECE_BYTES = 256 * 1024
const LINE_END = 0x0a

/** From `start` to the end, in batches. Throws when a line is longer than any of ours. */
export async function* readLines(path: string, start = 0): AsyncGenerator<readonly Line[], void, undefined> {
  const file = await open(path, 'r')
  try {
    let buffer = Buffer.allocUnsafe(PIECE_BYTES)
    let kept = 0
    let position = start
    for (;;) {
      if (kept === buffer.length) buffer = grown(buffer, path)
      const { bytesRead } = await file.read(buffer, kept, buffer.length - kept, position)
      if (bytesRead === 0) break
      const end = kept + bytesRead
      const { lines, rest } = splitLines(buffer.subarray(0, end), position - kept)
      position += bytesRead
      if (lines.length > 0) yield lines
      buffer.copy(buffer, 0, rest, end)
      kept = end - rest
    }
    if (kept > 0) yield [{ bytes: buffer.subarray(0, kept), offset: position - kept, whole: false }]
  } finally {
    await file.close()
  }
}

/** From the line that ends at `end` (undefined: the end of the file) to the beginning, in batches. What is no whole line is left out. */
export async function* readLinesBackwards(path: string, end?: number): AsyncGenerator<readonly Line[], void, undefined> {
  const file = await open(path, 'r')
  try {
    let position = end ?? (await file.stat()).size
    // The beginning of a line whose end has been read, and whether that was a line end.
    let tail: Buffer = Buffer.alloc(0)
    let isTailWhole = false
    while (position > 0) {
      const size = Math.min(PIECE_BYTES, position)
      const piece = Buffer.allocUnsafe(size + tail.length)
      await readExactly(file, piece.subarray(0, size), position - size, path)
      tail.copy(piece, size)
      position -= size
      const first = position === 0 ? 0 : piece.indexOf(LINE_END) + 1
      if (position > 0 && first === 0) {
        if (piece.length >= MAX_LINE_BYTES) throw tooLong(path)
        tail = piece
        continue
      }
      const { lines, rest } = splitLines(piece.subarray(first), position + first)
      const last = piece.subarray(first + rest)
      if (isTailWhole && last.length > 0) lines.push({ bytes: last, offset: position + first + rest, whole: true })
      tail = piece.subarray(0, Math.max(0, first - 1))
      isTailWhole = true
      if (lines.length > 0) yield lines.reverse()
    }
  } finally {
    await file.close()
  }
}

/** `rest`: where what is no whole line begins. */
function splitLines(bytes: Buffer, fileOffset: number): { readonly lines: Line[]; readonly rest: number } {
  const lines: Line[] = []
  let start = 0
  for (;;) {
    const end = bytes.indexOf(LINE_END, start)
    if (end === -1) return { lines, rest: start }
    lines.push({ bytes: bytes.subarray(start, end), offset: fileOffset + start, whole: true })
    start = end + 1
  }
}

function grown(buffer: Buffer, path: string): Buffer<ArrayBuffer> {
  if (buffer.length >= MAX_LINE_BYTES) throw tooLong(path)
  const larger = Buffer.allocUnsafe(2 * buffer.length)
  buffer.copy(larger)
  return larger
}

async function readExactly(file: Awaited<ReturnType<typeof open>>, into: Buffer, position: number, path: string): Promise<void> {
  let done = 0
  while (done < into.length) {
    const { bytesRead } = await file.read(into, done, into.length - done, position + done)
    if (bytesRead === 0) throw new Error(`${path} has become shorter while it was read`)
    done += bytesRead
  }
}

function tooLong(path: string): Error {
  return new Error(`${path} has a line of ${MAX_LINE_BYTES} bytes or more, which no ledger has: the file is damaged`)
}
