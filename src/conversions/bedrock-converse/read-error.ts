// Bedrock's errors: {message}, the type in the header x-amzn-errortype or, from some front ends, in __type; in streams the frame names it.
// Source: Bedrock API reference, "Common errors"; aws.amazon.com, "AWS restJson1 protocol".

import type { ProviderError } from '../answer.ts'
import type { JsonValue } from '../conversation.ts'
import { asObject, asString } from '../json-value.ts'

/** `named`: the error's name in a header or a frame, such as `throttlingException` or `ThrottlingException:http://internal.amazon.com/…`. */
export function readError(body: JsonValue | undefined, named?: string): ProviderError {
  const error = asObject(body)
  const message = [error?.['message'], error?.['Message'], error?.['originalMessage']].find((text) => typeof text === 'string' && text !== '')
  return { message: asString(message) ?? 'The provider answered with an error that it did not explain.', type: typeName(named ?? asString(error?.['__type'])) }
}

/** `ThrottlingException`, whoever writes it: headers put an address behind it, bodies a namespace before it, frames a small letter first. */
function typeName(named: string | undefined): string | undefined {
  const name = named?.split(':')[0]?.split('#').at(-1)?.trim() ?? ''
  return name === '' ? undefined : name.charAt(0).toUpperCase() + name.slice(1)
}
