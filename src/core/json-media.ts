// Base64 images, audio and files inside a JSON body: providers do not bill them as text, so their bytes must not be counted as text.

/** Members that hold bare base64: Anthropic's `source.data` and OpenAI's `input_audio.data`, `b64_json`, `file_data`. */
const mediaKeys: readonly Buffer[] = ['data', 'b64_json', 'file_data'].map((name) => Buffer.from(name))

/** Bare base64 up to this length counts as text: a short `data` is more often an identifier or a word than a picture. */
const MIN_BARE_BYTES = 256

/** Bytes looked at on either end to tell base64 from text (Anthropic's plain-text documents are named `data` too). */
const SAMPLE_BYTES = 128

/** Longest media type and parameters before the comma of a data URL that is searched. */
const MAX_DATA_URL_PREFIX = 256

const base64Bytes = new Uint8Array(256)
// The backslash is for `\/` and `\n`, which some encoders write inside base64.
for (const character of String.raw`ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=\\`) base64Bytes[character.charCodeAt(0)] = 1

/** Content of a string (without quotes) and the name of its member as written (equal offsets in an array), in bytes; ends are exclusive. */
export interface StringPlace {
  readonly start: number
  readonly end: number
  readonly keyStart: number
  readonly keyEnd: number
}

/** True for a base64 data URL of any length, and for long base64 under one of the known member names. A guess by samples, for estimates only. */
export function isBase64Media(body: Buffer, place: StringPlace): boolean {
  const { start, end } = place
  if (body[start + 4] === 0x3a && body.toString('latin1', start, Math.min(end, start + 5)) === 'data:') {
    const comma = body.toString('latin1', start, Math.min(end, start + MAX_DATA_URL_PREFIX)).indexOf(';base64,')
    return comma !== -1 && looksLikeBase64(body, start + comma + ';base64,'.length, end)
  }
  return end - start > MIN_BARE_BYTES && isMediaKey(body, place) && looksLikeBase64(body, start, end)
}

function isMediaKey(body: Buffer, { keyStart, keyEnd }: StringPlace): boolean {
  return mediaKeys.some((name) => name.length === keyEnd - keyStart && name.compare(body, keyStart, keyEnd) === 0)
}

function looksLikeBase64(body: Buffer, start: number, end: number): boolean {
  return isBase64Text(body, start, Math.min(end, start + SAMPLE_BYTES)) && isBase64Text(body, Math.max(start, end - SAMPLE_BYTES), end)
}

function isBase64Text(body: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (base64Bytes[body[at] ?? 0] !== 1) return false
  return true
}
