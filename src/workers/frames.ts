// Messages on a byte stream: each batch is one frame, its length in front. The stream may cut and join frames as it likes.

/** Far above anything that is sent; a longer frame means that the two sides do not speak the same language. */
export const MAX_FRAME_BYTES = 256 * 1024 * 1024
const LENGTH_BYTES = 4

export function encodeFrame(messages: readonly unknown[]): Buffer {
  const text = JSON.stringify(messages)
  const bytes = Buffer.byteLength(text)
  const frame = Buffer.allocUnsafe(LENGTH_BYTES + bytes)
  frame.writeUInt32BE(bytes)
  frame.write(text, LENGTH_BYTES)
  return frame
}

export interface FrameReader {
  /** The messages of all frames that are whole now. Throws when what came is no frame. */
  read(chunk: Buffer): readonly unknown[]
}

export function createFrameReader(): FrameReader {
  // Joined only when the frame is whole: a large one comes in many pieces.
  let parts: Buffer[] = []
  let held = 0
  let wanted = LENGTH_BYTES

  function join(): Buffer {
    const joined = parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts)
    parts = [joined]
    return joined
  }

  return {
    read(chunk) {
      parts.push(chunk)
      held += chunk.length
      const messages: unknown[] = []
      while (held >= wanted) {
        const bytes = join()
        const end = LENGTH_BYTES + bytes.readUInt32BE()
        if (end > MAX_FRAME_BYTES) throw new RangeError(`a frame of ${end} bytes`)
        wanted = end
        if (held < end) break
        const batch: unknown = JSON.parse(bytes.toString('utf8', LENGTH_BYTES, end))
        if (!Array.isArray(batch)) throw new TypeError('a frame that is no list')
        for (const message of batch as unknown[]) messages.push(message)
        parts = [bytes.subarray(end)]
        held -= end
        wanted = LENGTH_BYTES
      }
      return messages
    },
  }
}
