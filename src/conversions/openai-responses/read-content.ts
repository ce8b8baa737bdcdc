// The `content` of a message and the `output` of a function: a string, or an array of parts. Empty text is left out, because other APIs
// refuse it.

import type { AssistantPart, AudioPart, DocumentPart, ImagePart, JsonObject, JsonValue, TextPart } from '../conversation.ts'
import { expectObject, expectString, malformed, notThis, optionalString, unsupported } from '../field-checks.ts'
import { isList } from '../json-value.ts'
import { readCacheMark } from '../read-cache-mark.ts'
import { readAudio, readFileSource, readPicture, readUrl } from '../read-media.ts'

type InputPart = TextPart | ImagePart | DocumentPart | AudioPart

/** Of system and developer messages. */
export const readTexts = (content: JsonValue | undefined, at: string): TextPart[] => readContent<TextPart>(content, at, readTextOnly)

export const readUserContent = (content: JsonValue | undefined, at: string): InputPart[] => readContent<InputPart>(content, at, readInputPart)

/** Of what a function gave. */
export const readOutput = (output: JsonValue | undefined, at: string): (TextPart | ImagePart | DocumentPart)[] =>
  readContent<TextPart | ImagePart | DocumentPart>(output, at, (part, place) => {
    const read = readInputPart(part, place)
    if (read.kind === 'audio') throw malformed(`${place}.type`, 'must not be a recording where a function gives it')
    return read
  })

/** Of assistant messages: parts of earlier answers, or texts of clients that write them as they write their own. */
export const readAssistantContent = (content: JsonValue | undefined, at: string): AssistantPart[] =>
  readContent<AssistantPart>(content, at, (part, place) => {
    switch (part['type']) {
      case 'output_text':
      case 'input_text':
        return readText(part, place)
      case 'refusal':
        return { kind: 'refusal', text: expectString(part['refusal'], `${place}.refusal`) }
      default:
        throw malformed(`${place}.type`, `must be one of "output_text", "refusal", ${notThis(part['type'])}`)
    }
  })

function readContent<Part extends { readonly kind: string; readonly text?: string }>(
  content: JsonValue | undefined,
  at: string,
  readPart: (part: JsonObject, at: string) => Part | TextPart,
): (Part | TextPart)[] {
  if (typeof content === 'string') return content === '' ? [] : [{ kind: 'text', text: content }]
  if (!isList(content)) throw malformed(at, `must be a string or an array of parts, ${notThis(content)}`)
  const parts: (Part | TextPart)[] = []
  for (const [index, value] of content.entries()) {
    const place = `${at}[${index}]`
    const object = expectObject(value, place)
    const part = readPart(object, place)
    if (part.kind === 'text' && part.text === '') continue
    const cache = readCacheMark(object, place)
    // A refusal has no place for a mark.
    parts.push(cache === undefined || part.kind === 'refusal' ? part : { ...part, cache })
  }
  return parts
}

function readTextOnly(part: JsonObject, at: string): TextPart {
  if (part['type'] === 'input_text') return readText(part, at)
  throw malformed(`${at}.type`, `must be "input_text", ${notThis(part['type'])}`)
}

function readInputPart(part: JsonObject, at: string): InputPart {
  switch (part['type']) {
    case 'input_text':
      return readText(part, at)
    case 'input_image':
      return readImage(part, at)
    case 'input_file':
      return readFile(part, at)
    case 'input_audio':
      return readAudio(part, at)
    default:
      throw malformed(`${at}.type`, `must be one of "input_text", "input_image", "input_file", "input_audio", ${notThis(part['type'])}`)
  }
}

function readText(part: JsonObject, at: string): TextPart {
  return { kind: 'text', text: expectString(part['text'], `${at}.text`) }
}

function readImage(part: JsonObject, at: string): ImagePart | DocumentPart {
  refuseFileId(part, at, 'image_url')
  const source = readUrl(expectString(part['image_url'], `${at}.image_url`), `${at}.image_url`)
  return readPicture(source, optionalString(part['detail'], `${at}.detail`))
}

function readFile(part: JsonObject, at: string): DocumentPart | ImagePart | AudioPart {
  refuseFileId(part, at, 'file_data')
  const name = optionalString(part['filename'], `${at}.filename`)
  const url = optionalString(part['file_url'], `${at}.file_url`)
  if (url === undefined) return readFileSource(readUrl(expectString(part['file_data'], `${at}.file_data`), `${at}.file_data`), name)
  const source = readUrl(url, `${at}.file_url`)
  return name === undefined ? { kind: 'document', source } : { kind: 'document', source, name }
}

function refuseFileId(part: JsonObject, at: string, instead: string): void {
  if (typeof part['file_id'] === 'string') throw unsupported(`${at}.file_id`, `names a file that only OpenAI has; send it as ${instead}`)
}
