// A model's name as one segment of a path: whatever stands in it, it can change neither the host nor the path around it.

import { TollgateError } from '../core/errors.ts'

/**
 * Percent-encodes every byte but RFC 3986's unreserved characters, as AWS wants it (an ARN's `:` and `/` too: an unencoded slash would
 * make two segments), and those in `kept`. The configuration refuses the names `.` and `..`, which no encoding makes harmless.
 */
export function encodeSegment(name: string, kept = ''): string {
  if (/^\.{0,2}$/.test(name)) throw new TollgateError('internal', 'An empty name, or one of dots, cannot stand in a path.')
  let segment = ''
  for (const byte of Buffer.from(name)) {
    const character = String.fromCharCode(byte)
    segment += /[A-Za-z0-9._~-]/.test(character) || kept.includes(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return segment
}
