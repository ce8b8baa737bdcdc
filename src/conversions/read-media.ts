// Media of requests to OpenAI's APIs: addresses, files and recordings. Data URLs are cut, never decoded and never matched whole: they are the
// bulk of a request.

import type { AudioPart, DocumentPart, ImagePart, JsonObject, MediaSource } from './conversation.ts'
import { expectObject, expectOneOf, expectString, malformed } from './field-checks.ts'

/** Longest `data:<media type>;base64,` that is looked for. */
const longestDataUrlHead = 256
const remoteUrl = /^(?:https?|gs|s3):\/\/./i
const audioMediaTypes = { wav: 'audio/wav', mp3: 'audio/mpeg' } as const

/** A URL as a client writes it: one to fetch, or the data itself. `param` is named when it is neither. */
export function readUrl(url: string, param: string): MediaSource {
  if (!url.startsWith('data:')) {
    if (!remoteUrl.test(url.slice(0, 16))) throw malformed(param, 'must be a URL that begins with https://, http:// or data:')
    return { kind: 'url', url }
  }
  const head = url.slice(5, longestDataUrlHead)
  const comma = head.indexOf(',')
  const [mediaType = '', ...parameters] = head.slice(0, Math.max(0, comma)).split(';')
  if (comma === -1 || mediaType === '' || parameters.at(-1)?.toLowerCase() !== 'base64') throw malformed(param, 'must look like data:<media type>;base64,<data>')
  return { kind: 'data', mediaType: mediaType.toLowerCase(), data: url.slice(5 + comma + 1) }
}

/** A PDF that came as an image is a document, as Envoy AI Gateway reads it. */
export function readPicture(source: MediaSource, detail: string | undefined): ImagePart | DocumentPart {
  if (source.kind === 'data' && source.mediaType === 'application/pdf') return { kind: 'document', source }
  return detail === undefined ? { kind: 'image', source } : { kind: 'image', source, detail }
}

/** What a file holds is told by its type: pictures and recordings are what they are, text is read, everything else is a document. */
export function readFileSource(source: MediaSource, name: string | undefined): DocumentPart | ImagePart | AudioPart {
  const named = name === undefined ? {} : { name }
  if (source.kind === 'url') return { kind: 'document', source, ...named }
  if (source.mediaType.startsWith('image/')) return { kind: 'image', source }
  if (source.mediaType.startsWith('audio/')) return { kind: 'audio', source }
  if (!source.mediaType.startsWith('text/')) return { kind: 'document', source, ...named }
  return { kind: 'document', source: { kind: 'text', text: Buffer.from(source.data, 'base64').toString('utf8') }, ...named }
}

export function readAudio(part: JsonObject, at: string): AudioPart {
  const fields = expectObject(part['input_audio'], `${at}.input_audio`)
  const format = expectOneOf(fields['format'], `${at}.input_audio.format`, ['wav', 'mp3'])
  return { kind: 'audio', source: { kind: 'data', mediaType: audioMediaTypes[format], data: expectString(fields['data'], `${at}.input_audio.data`) } }
}
