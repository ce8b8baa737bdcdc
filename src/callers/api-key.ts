// Keys of Tollgate's own: `tg-<id>-<secret>`. The id names a key in lists and logs; the secret is known to its holder only.
// What is kept is the SHA-256 of the whole key. A slow hash, as for passwords, would add nothing: it is there to make guessing expensive,
// and 200 random bits cannot be guessed at any speed; but it would cost every request its time. The hash is also what a key is looked up
// by: how long that takes can tell something about the hash of a guess, and from that nobody gets nearer to a key.

import { createHash } from 'node:crypto'

const PREFIX = 'tg-'
/** No letter that looks like another one: i, l, o and u are left out (Crockford's base 32). */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
/** 50 bits: ids differ among any number of keys that one gateway will ever have, and must not be secret. */
const ID_LENGTH = 10
/** 200 bits. */
const SECRET_LENGTH = 40

const KEY_PATTERN = new RegExp(`^${PREFIX}[${ALPHABET}]{${ID_LENGTH}}-[${ALPHABET}]{${SECRET_LENGTH}}$`)
const ID_PATTERN = new RegExp(`^[${ALPHABET}]{${ID_LENGTH}}$`)

/** `random(n)`: n bytes from a cryptographic generator. */
export function createApiKey(random: (bytes: number) => Buffer): { readonly id: string; readonly key: string } {
  const id = letters(random(ID_LENGTH))
  return { id, key: `${PREFIX}${id}-${letters(random(SECRET_LENGTH))}` }
}

// 256 is a multiple of 32, so every letter is as likely as every other.
function letters(bytes: Buffer): string {
  return Array.from(bytes, (byte) => ALPHABET[byte % ALPHABET.length]).join('')
}

/** What is stored of a key and what it is found by: 64 hex digits. */
export function hashApiKey(key: string): string {
  return createHash('sha256').update(key).digest('hex')
}

/** True for what has the form of a key, whether there is such a key or not. */
export function isApiKey(token: string): boolean {
  return KEY_PATTERN.test(token)
}

export function isApiKeyId(text: string): boolean {
  return ID_PATTERN.test(text)
}
