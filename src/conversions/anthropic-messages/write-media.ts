// Pictures and documents as Anthropic's blocks. Sources: docs.anthropic.com, "Vision", "PDF support", and the API reference, "Messages".

import { TollgateError } from '../../core/errors.ts'
import type { DocumentPart, ImagePart, JsonObject } from '../conversation.ts'

const imageTypes = new Set(['image/jpeg', 'image/png', 'image/gif', 'image/webp'])

/** Throws TollgateError `unsupported_parameter` for kinds of pictures that Claude cannot see. */
export function writeImage({ source }: ImagePart): JsonObject {
  if (source.kind === 'url') return { type: 'image', source: { type: 'url', url: httpUrl(source.url) } }
  const mediaType = source.mediaType === 'image/jpg' ? 'image/jpeg' : source.mediaType
  if (!imageTypes.has(mediaType)) throw unreadable(`pictures of type ${mediaType}`)
  return { type: 'image', source: { type: 'base64', media_type: mediaType, data: source.data } }
}

/** Throws TollgateError `unsupported_parameter` for documents that are neither PDF nor text. */
export function writeDocument({ source, name }: DocumentPart): JsonObject {
  const title = name === undefined || name === '' ? {} : { title: name }
  return { type: 'document', source: writeSource(source), ...title }
}

function writeSource(source: DocumentPart['source']): JsonObject {
  switch (source.kind) {
    case 'text':
      return plainText(source.text)
    case 'url':
      return { type: 'url', url: httpUrl(source.url) }
    case 'data':
      if (source.mediaType === 'application/pdf') return { type: 'base64', media_type: 'application/pdf', data: source.data }
      if (source.mediaType.startsWith('text/')) return plainText(Buffer.from(source.data, 'base64').toString('utf8'))
      throw unreadable(`documents of type ${source.mediaType}`)
  }
}

function plainText(data: string): JsonObject {
  return { type: 'text', media_type: 'text/plain', data }
}

// Files in the storage of another cloud have addresses that Anthropic cannot reach.
function httpUrl(url: string): string {
  if (/^https?:/i.test(url)) return url
  throw unreadable('addresses other than http and https')
}

export function unreadable(what: string): TollgateError {
  return new TollgateError('unsupported_parameter', `Claude does not read ${what}.`, { param: 'messages' })
}
