// Pictures and files of a chat request.

import type { AudioPart, DocumentPart, ImagePart, JsonObject } from '../conversation.ts'
import { expectObject, expectString, optionalString, unsupported } from '../field-checks.ts'
import { readFileSource, readPicture, readUrl } from '../read-media.ts'

export function readImage(part: JsonObject, at: string): ImagePart | DocumentPart {
  const fields = expectObject(part['image_url'], `${at}.image_url`)
  const source = readUrl(expectString(fields['url'], `${at}.image_url.url`), `${at}.image_url.url`)
  return readPicture(source, optionalString(fields['detail'], `${at}.image_url.detail`))
}

export function readFile(part: JsonObject, at: string): DocumentPart | ImagePart | AudioPart {
  const fields = expectObject(part['file'], `${at}.file`)
  if (typeof fields['file_id'] === 'string') throw unsupported(`${at}.file.file_id`, 'names a file that only OpenAI has; send its bytes as file_data')
  const source = readUrl(expectString(fields['file_data'], `${at}.file.file_data`), `${at}.file.file_data`)
  return readFileSource(source, optionalString(fields['filename'], `${at}.file.filename`))
}
