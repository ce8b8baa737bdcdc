// Sizes as people write them; Envoy and Node want bytes.

import type { Parsed } from './problem.ts'

const unitBytes: Readonly<Record<string, number>> = { '': 1, B: 1, kB: 1e3, KB: 1e3, KiB: 1024, MB: 1e6, MiB: 1024 ** 2, GB: 1e9, GiB: 1024 ** 3 }

/** Below it no chat request fits; above it one request could take the whole memory of Envoy and of Node. */
const MIN_BYTES = 1024
const MAX_BYTES = 1024 ** 3

/** `52428800`, `50MiB`, `50MB` → bytes, 1 KiB … 1 GiB. */
export function parseByteSize(input: string | number): Parsed<number> {
  const match = /^(\d+(?:\.\d+)?) ?([A-Za-z]{0,3})$/.exec(String(input))
  const bytes = match === null ? Number.NaN : Math.floor(Number(match[1]) * (unitBytes[match[2] ?? ''] ?? Number.NaN))
  if (!(bytes >= MIN_BYTES && bytes <= MAX_BYTES)) return { ok: false, message: byteSizeRule }
  return { ok: true, value: bytes }
}

export const byteSizeRule = 'a number of bytes or a size such as 512KiB, 50MiB or 50MB; from 1KiB to 1GiB'
