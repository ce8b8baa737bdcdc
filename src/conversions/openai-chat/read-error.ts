// Errors of OpenAI and of those who copied it: `{error: {message, type, code}}`, or flatter where the copy is a loose one.

import type { ProviderError } from '../answer.ts'
import type { JsonObject, JsonValue } from '../conversation.ts'
import { isJsonObject, isList } from '../json-value.ts'

const unexplained = 'The provider answered with an error and did not say which.'

export function readError(body: JsonValue | undefined): ProviderError {
  // Google's OpenAI endpoint puts the object into an array.
  const whole = isList(body) ? body[0] : body
  if (!isJsonObject(whole)) return { message: typeof whole === 'string' && whole !== '' ? whole : unexplained, type: undefined }
  const error = whole['error']
  if (typeof error === 'string' && error !== '') return { message: error, type: typeOf(whole) }
  const fields = isJsonObject(error) ? error : whole
  return { message: messageOf(fields) ?? unexplained, type: typeOf(fields) }
}

/** Whether this is an error in place of an answer or a chunk: OpenRouter, vLLM and others send those with status 200. */
export function isError(body: JsonObject): boolean {
  const error = body['error']
  return isJsonObject(error) || (typeof error === 'string' && error !== '') || body['object'] === 'error'
}

// FastAPI (vLLM, Mistral) has `detail`: a string, or what was wrong, one by one.
function messageOf(fields: JsonObject): string | undefined {
  const { message, detail } = fields
  if (typeof message === 'string' && message !== '') return message
  if (typeof detail === 'string' && detail !== '') return detail
  const problems = message ?? detail
  return problems === undefined || problems === null ? undefined : JSON.stringify(problems)
}

function typeOf({ type, code, status }: JsonObject): string | undefined {
  for (const name of [type, code, status]) {
    if (typeof name === 'string' && name !== '') return name
    if (typeof name === 'number') return String(name)
  }
  return undefined
}
