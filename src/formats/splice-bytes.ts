// Changes a few bytes of a body and copies the rest: what the client wrote and we do not own stays as it was.

/** Bytes `start` to `end` (exclusive) are replaced; equal offsets insert. */
export interface Splice {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** `body` with all splices applied; they must not overlap. Insertions at one offset keep the order of the list. Undefined when there are none. */
export function spliceBytes(body: Buffer, splices: readonly Splice[]): Buffer | undefined {
  if (splices.length === 0) return undefined
  const pieces: Buffer[] = []
  let copied = 0
  for (const { start, end, text } of splices.toSorted((left, right) => left.start - right.start)) {
    pieces.push(body.subarray(copied, start), Buffer.from(text))
    copied = end
  }
  pieces.push(body.subarray(copied))
  return Buffer.concat(pieces)
}
