// Pictures, documents and recordings as Gemini takes them: bytes inline, or an address together with the type of what is there.

import { TollgateError } from '../../core/errors.ts'
import type { JsonObject, MediaSource } from '../conversation.ts'

// Only types that Gemini takes: ai.google.dev, "Image understanding", "Document processing", "Audio understanding".
const mediaTypes: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  heic: 'image/heic',
  heif: 'image/heif',
  gif: 'image/gif',
  pdf: 'application/pdf',
  txt: 'text/plain',
  md: 'text/markdown',
  html: 'text/html',
  csv: 'text/csv',
  xml: 'text/xml',
  json: 'application/json',
  wav: 'audio/wav',
  mp3: 'audio/mp3',
  aiff: 'audio/aiff',
  aac: 'audio/aac',
  ogg: 'audio/ogg',
  flac: 'audio/flac',
}

const fetchedSchemes = ['https:', 'http:', 'gs:']

/** A part with this medium. Throws TollgateError `unsupported_parameter` for an address that Gemini cannot be given. `what`: `image`, `document` … */
export function writeMedia(source: MediaSource, what: string): JsonObject {
  if (source.kind === 'data') return { inlineData: { mimeType: source.mediaType, data: source.data } }
  const { url } = source
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed === undefined || !fetchedSchemes.includes(parsed.protocol)) {
    throw unsupported(`Gemini reads ${what}s from https, http and gs addresses only. Send this ${what} as base64 data instead.`)
  }
  const mimeType = mediaTypes[parsed.pathname.slice(parsed.pathname.lastIndexOf('.') + 1).toLowerCase()]
  if (mimeType === undefined) {
    throw unsupported(`Gemini must be told the type of what is at an address, and this ${what}'s address does not end in a known extension such as .png or .pdf. Send the ${what} as base64 data instead.`)
  }
  return { fileData: { mimeType, fileUri: url } }
}

function unsupported(message: string): TollgateError {
  return new TollgateError('unsupported_parameter', message, { param: 'messages' })
}
