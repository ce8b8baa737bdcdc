// What may be the value of a caller's attribute: it becomes part of counter keys, of metadata and of log lines.

/** Longest identity value accepted, in characters. */
const MAX_IDENTITY_LENGTH = 256

/** In words, after "must be". */
export const identityRule = `1 to ${MAX_IDENTITY_LENGTH} printable ASCII characters without commas`

// A comma would be a list after a proxy joined two headers. Control and non-ASCII characters have look-alikes, which would be second spellings.
export function isIdentity(value: string): boolean {
  return value.length <= MAX_IDENTITY_LENGTH && /^[\x20-\x2b\x2d-\x7e]+$/.test(value)
}
