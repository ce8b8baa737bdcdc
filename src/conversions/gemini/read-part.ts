// One part of a candidate's content, whole or of a stream, as what it means to us.

import type { JsonObject, JsonValue } from '../conversation.ts'
import { asObject, asString } from '../json-value.ts'
import { isAnswerTool } from '../structured-output.ts'

export type ReadPart =
  | { readonly kind: 'text' | 'reasoning'; readonly text: string; readonly signature: string | undefined }
  /** The call of our tool for structured output: its arguments are the text, and a second one could only spoil the first. */
  | { readonly kind: 'answer'; readonly text: string }
  | { readonly kind: 'call'; readonly id: string | undefined; readonly name: string; readonly arguments: string; readonly signature: string | undefined }

/** Undefined for parts that say nothing to our clients: code that Google ran by itself, parts of kinds yet unknown. */
export function readPart(value: JsonValue): ReadPart | undefined {
  const part = asObject(value)
  if (part === undefined) return undefined
  const signature = nonEmpty(part['thoughtSignature'])
  const text = asString(part['text'])
  if (text !== undefined) return { kind: part['thought'] === true ? 'reasoning' : 'text', text, signature }
  const call = asObject(part['functionCall'])
  const name = asString(call?.['name'])
  if (call !== undefined && name !== undefined) {
    const args = JSON.stringify(asObject(call['args']) ?? {})
    return isAnswerTool(name) ? { kind: 'answer', text: args } : { kind: 'call', id: nonEmpty(call['id']), name, arguments: args, signature }
  }
  return leftOut(part)
}

// No client's API has a place for a picture in a chat answer; saying so beats an answer with a hole in it.
function leftOut(part: JsonObject): ReadPart | undefined {
  const medium = asObject(part['inlineData']) ?? asObject(part['fileData'])
  if (medium === undefined) return undefined
  return { kind: 'text', text: `[${asString(medium['mimeType']) ?? 'a file'} left out: this API has no place for it]`, signature: undefined }
}

function nonEmpty(value: JsonValue | undefined): string | undefined {
  return asString(value) || undefined
}
