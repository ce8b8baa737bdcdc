// Pictures, recordings and documents as parts of a user message. Source: platform.openai.com, API reference, "Chat", content parts.

import type { AudioPart, DocumentPart, ImagePart, JsonObject } from '../conversation.ts'
import { unsupported } from '../field-checks.ts'

const details = ['auto', 'low', 'high']
const audioFormats: Readonly<Record<string, string>> = {
  'audio/wav': 'wav',
  'audio/x-wav': 'wav',
  'audio/wave': 'wav',
  'audio/mpeg': 'mp3',
  'audio/mp3': 'mp3',
}

export function writeImage(part: ImagePart): JsonObject {
  const { source, detail } = part
  const url = source.kind === 'url' ? source.url : dataUrl(source.mediaType, source.data)
  return { type: 'image_url', image_url: detail !== undefined && details.includes(detail) ? { url, detail } : { url } }
}

export function writeAudio(part: AudioPart): JsonObject {
  if (part.source.kind === 'url') throw unsupported('messages', 'holds a recording by its URL, which this provider does not fetch; send its bytes')
  const format = audioFormats[part.source.mediaType]
  if (format === undefined) throw unsupported('messages', `holds a recording of type ${part.source.mediaType}; this provider takes audio/wav and audio/mpeg`)
  return { type: 'input_audio', input_audio: { data: part.source.data, format } }
}

/** Plain text goes as text, which every model reads; the rest as a file, which needs a name. */
export function writeDocument(part: DocumentPart): JsonObject {
  const { source, name } = part
  switch (source.kind) {
    case 'text':
      return { type: 'text', text: documentText(part) ?? '' }
    case 'url':
      throw unsupported('messages', 'holds a document by its URL, which this provider does not fetch; send its bytes')
    case 'data':
      return { type: 'file', file: { filename: name ?? `document.${extension(source.mediaType)}`, file_data: dataUrl(source.mediaType, source.data) } }
  }
}

/** A document of plain text under its name; undefined for any other. */
export function documentText({ source, name }: DocumentPart): string | undefined {
  if (source.kind !== 'text') return undefined
  return name === undefined ? source.text : `${name}:\n${source.text}`
}

function dataUrl(mediaType: string, data: string): string {
  return `data:${mediaType};base64,${data}`
}

function extension(mediaType: string): string {
  return mediaType.slice(mediaType.lastIndexOf('/') + 1)
}
