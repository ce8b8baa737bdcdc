// Pictures, recordings and files of a chat request. Data URLs are cut, never decoded and never matched whole: they are the bulk of a request.

import type { AudioPart, DocumentPart, ImagePart, JsonObject, MediaSource } from '../conversation.ts'
import { expectObject, expectOneOf, expectString, malformed, optionalString, unsupported } from './field-checks.ts'

/** Longest `data:<media type>;base64,` that is looked for. */
const longestDataUrlHead = 256
const remoteUrl = /^(?:https?|gs|s3):\/\/./i
const audioMediaTypes = { wav: 'audio/wav', mp3: 'audio/mpeg' } as const

/** A PDF that came as an image is a document, as Envoy AI Gateway reads it. */
export function readImage(part: JsonObject, at: string): ImagePart | DocumentPart {
  const fields = expectObject(part['image_url'], `${at}.image_url`)
  const source = readUrl(expectString(fields['url'], `${at}.image_url.url`), `${at}.image_url.url`)
  if (source.kind === 'data' && source.mediaType === 'application/pdf') return { kind: 'document', source }
  const detail = optionalString(fields['detail'], `${at}.image_url.detail`)
  return detail === undefined ? { kind: 'image', source } : { kind: 'image', source, detail }
}

export function readAudio(part: JsonObject, at: string): AudioPart {
  const fields = expectObject(part['input_audio'], `${at}.input_audio`)
  const format = expectOneOf(fields['format'], `${at}.input_audio.format`, ['wav', 'mp3'])
  return { kind: 'audio', source: { kind: 'data', mediaType: audioMediaTypes[format], data: expectString(fields['data'], `${at}.input_audio.data`) } }
}

export function readFile(part: JsonObject, at: string): DocumentPart | ImagePart | AudioPart {
  const fields = expectObject(part['file'], `${at}.file`)
  if (typeof fields['file_id'] === 'string') throw unsupported(`${at}.file.file_id`, 'names a file that only OpenAI has; send its bytes as file_data')
  const source = readUrl(expectString(fields['file_data'], `${at}.file.file_data`), `${at}.file.file_data`)
  const name = optionalString(fields['filename'], `${at}.file.filename`)
  const named = name === undefined ? {} : { name }
  if (source.kind === 'url') return { kind: 'document', source, ...named }
  if (source.mediaType.startsWith('image/')) return { kind: 'image', source }
  if (source.mediaType.startsWith('audio/')) return { kind: 'audio', source }
  if (!source.mediaType.startsWith('text/')) return { kind: 'document', source, ...named }
  return { kind: 'document', source: { kind: 'text', text: Buffer.from(source.data, 'base64').toString('utf8') }, ...named }
}

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
