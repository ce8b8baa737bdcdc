// Reads a JSON string out of a body without parsing the body.

const BACKSLASH = 0x5c

const simpleEscapes: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }

/**
 * The text of a JSON string whose content (without the quotes) is bytes `start` to `end` of `body` and has been validated.
 * Bytes that are not UTF-8 become U+FFFD and lone surrogates stay, as with JSON.parse(body.toString()).
 */
export function decodeJsonString(body: Buffer, start: number, end: number): string {
  let isAscii = true
  for (let at = start; at < end; at++) {
    const byte = body[at] ?? 0
    if (byte === BACKSLASH) return unescape(body.toString('utf8', start, end))
    if (byte >= 0x80) isAscii = false
  }
  return isAscii ? body.toString('latin1', start, end) : body.toString('utf8', start, end)
}

function unescape(text: string): string {
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/gsu, (_whole: string, hex: string | undefined, letter: string | undefined) => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16))
    return simpleEscapes[letter ?? ''] ?? letter ?? ''
  })
}
