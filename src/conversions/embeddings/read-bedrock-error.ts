// Bedrock's errors: {message}, the type in a header or, from some front ends, in __type. Source: Amazon Bedrock API reference, InvokeModel.

import type { ProviderError } from '../answer.ts'
import type { JsonValue } from '../conversation.ts'
import { asObject, asString } from '../json-value.ts'

export function readBedrockError(body: JsonValue | undefined): ProviderError {
  const error = asObject(body)
  const message = asString(error?.['message']) ?? asString(error?.['Message'])
  return { message: message === undefined || message === '' ? 'The provider answered with an error that it did not explain.' : message, type: asString(error?.['__type']) }
}
