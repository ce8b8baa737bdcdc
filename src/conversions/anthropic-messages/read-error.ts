// Anthropic's error object. Source: docs.anthropic.com, "Errors".

import type { ProviderError } from '../answer.ts'
import type { JsonValue } from '../conversation.ts'
import { asObject, asString } from '../json-value.ts'

/** `body`: an error answer, or the `error` event of a stream. Clouds that serve Claude write `message`, or Google's `error`, themselves. */
export function readError(body: JsonValue | undefined): ProviderError {
  const answer = asObject(body)
  const error = asObject(answer?.['error'])
  const message = asString(error?.['message']) ?? asString(answer?.['message']) ?? asString(answer?.['error']) ?? 'The provider gave no reason.'
  return { message, type: asString(error?.['type']) ?? asString(error?.['status']) }
}
