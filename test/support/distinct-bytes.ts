// Bytes that tell where they belong: other ones for every seed, and no part of them like another.

import { createRandom } from './random.ts'

export function distinctBytes(length: number, seed: number): Buffer {
  const random = createRandom(seed)
  const words = Uint32Array.from({ length: Math.ceil(length / 4) }, () => 2 ** 32 * random())
  return Buffer.from(words.buffer, 0, length)
}
