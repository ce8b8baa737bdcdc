// Google's error object: {error: {code, message, status}}, alone or, from some front ends, in a list.
// Source: cloud.google.com/apis/design/errors.

import type { ProviderError } from '../answer.ts'
import type { JsonValue } from '../conversation.ts'
import { asList, asObject, asString } from '../json-value.ts'

export function readError(body: JsonValue | undefined): ProviderError {
  const member = (asObject(body) ?? asObject(asList(body)[0]))?.['error']
  const error = asObject(member)
  const message = asString(error?.['message']) ?? asString(member)
  return { message: message === undefined || message === '' ? 'The provider answered with an error that it did not explain.' : message, type: asString(error?.['status']) }
}
