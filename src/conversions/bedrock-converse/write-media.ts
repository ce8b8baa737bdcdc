// Pictures, documents and recordings as Converse takes them: base64 in the request. Bedrock fetches nothing but S3 objects, and Tollgate nothing at all.
// Source: Bedrock API reference, ImageBlock, DocumentBlock, AudioBlock.

import { TollgateError } from '../../core/errors.ts'
import type { AudioPart, DocumentPart, ImagePart, JsonObject, MediaSource } from '../conversation.ts'
import type { DocumentNames } from './document-names.ts'
import type { ModelTraits } from './model-traits.ts'

type Formats = ReadonlyMap<string, string>

const imageFormats: Formats = new Map([
  ['image/png', 'png'],
  ['image/jpeg', 'jpeg'],
  ['image/jpg', 'jpeg'],
  ['image/gif', 'gif'],
  ['image/webp', 'webp'],
])

const documentFormats: Formats = new Map([
  ['application/pdf', 'pdf'],
  ['text/csv', 'csv'],
  ['application/msword', 'doc'],
  ['application/vnd.openxmlformats-officedocument.wordprocessingml.document', 'docx'],
  ['application/vnd.ms-excel', 'xls'],
  ['application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', 'xlsx'],
  ['text/html', 'html'],
  ['text/plain', 'txt'],
  ['text/markdown', 'md'],
])

const audioFormats: Formats = new Map([
  ['audio/mpeg', 'mp3'],
  ['audio/mp3', 'mp3'],
  ['audio/wav', 'wav'],
  ['audio/x-wav', 'wav'],
  ['audio/wave', 'wav'],
  ['audio/aac', 'aac'],
  ['audio/flac', 'flac'],
  ['audio/ogg', 'ogg'],
  ['audio/opus', 'opus'],
  ['audio/mp4', 'mp4'],
  ['audio/m4a', 'm4a'],
  ['audio/x-m4a', 'm4a'],
  ['audio/webm', 'webm'],
  ['audio/pcm', 'pcm'],
])

/** Throws TollgateError `unsupported_parameter`, as all three do, for an address and for a type that Bedrock does not know. */
export function writeImage(part: ImagePart, dropped: Set<string>): JsonObject {
  if (part.detail !== undefined && part.detail !== 'auto') dropped.add('detail')
  return { image: writeBytes(part.source, 'image', imageFormats) }
}

export function writeDocument(part: DocumentPart, names: DocumentNames): JsonObject {
  const name = names.next(part.name)
  if (part.source.kind === 'text') return { document: { format: 'txt', name, source: { bytes: Buffer.from(part.source.text).toString('base64') } } }
  const { format, source } = writeBytes(part.source, 'document', documentFormats)
  return { document: { format, name, source } }
}

export function writeAudio(part: AudioPart, traits: ModelTraits): JsonObject {
  if (traits.vendor === 'anthropic') throw unsupported('Claude takes no recordings. Send what was said as text, or choose a model that hears.')
  return { audio: writeBytes(part.source, 'recording', audioFormats) }
}

function writeBytes(source: MediaSource, what: string, formats: Formats): { readonly format: string; readonly source: { readonly bytes: string } } {
  if (source.kind === 'url') throw unsupported(`Bedrock does not fetch addresses. Send this ${what} as base64 data instead.`)
  const format = formats.get(source.mediaType)
  if (format === undefined) throw unsupported(`Bedrock takes no ${what} of the type ${source.mediaType}. Send one of ${[...new Set(formats.values())].join(', ')}.`)
  return { format, source: { bytes: source.data } }
}

function unsupported(message: string): TollgateError {
  return new TollgateError('unsupported_parameter', message, { param: 'messages' })
}
