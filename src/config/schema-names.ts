// The names and small values of tollgate.yaml, each with the sentence that says what is allowed.

import { z } from 'zod'
import type { Parsed } from './problem.ts'

/** A string with a pattern: the sentence is the message for every way of missing it. */
export function named(pattern: RegExp, allowed: string): z.ZodString {
  return z.string({ error: allowed }).regex(pattern, { error: allowed })
}

/** Runs one of our parsers inside the schema; its refusal becomes the issue's message. `pattern` is for editors only, and coarser. */
export function parsedText<Value>(
  parse: (text: string) => Parsed<Value>,
  { allowed, pattern }: { readonly allowed: string; readonly pattern: string },
): z.ZodPipe<z.ZodString, z.ZodTransform<Value, string>> {
  return z
    .string({ error: allowed })
    .meta({ pattern })
    .transform((text, context) => intoIssue(parse(text), context, text))
}

export function intoIssue<Value>(parsed: Parsed<Value>, context: z.RefinementCtx, input: unknown): Value {
  if (parsed.ok) return parsed.value
  context.addIssue({ code: 'custom', message: parsed.message, input })
  return z.NEVER
}

// Also an Envoy cluster name and a part of chain names, which `+` joins.
export const providerName = named(
  /^[a-z0-9][a-z0-9_-]{0,62}$/,
  'a provider name of lower-case letters, digits, _ and -, beginning with a letter or digit, at most 63 characters',
)

export const modelName = named(
  // oxlint-disable-next-line no-control-regex -- keeping control characters out is the point
  /^(?! )(?!\.{1,2}$)[^\u0000-\u001f\u007f-\u009f]{1,200}(?<! )$/,
  'a model name of 1 to 200 printable characters, without spaces around it, other than . and ..',
)

export const costName = named(/^[a-z][a-z0-9_]{0,62}$/, 'a cost name of lower-case letters, digits and _, beginning with a letter')

export const attributeName = named(
  /^[a-z][a-z0-9_]{0,62}$/,
  'an attribute name of lower-case letters, digits and _, beginning with a letter, such as user or team',
)

export const routeName = named(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'a route name of lower-case letters, digits, _ and -, beginning with a letter or digit, at most 63 characters')

export const providerPattern = named(/^[a-z0-9_*-]{1,63}$/, 'the name of a provider, in which * stands for any characters')

// RFC 9110 section 5.6.2, "token". Pseudo headers (:path) are not tokens.
export const headerName = named(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/, 'a header name of letters, digits and -, such as x-user-id')

// What Envoy and Node both send unchanged: visible ASCII, spaces and tabs inside.
export const headerValue = named(/^[!-~](?:[\t -~]*[!-~])?$/, 'a text of printable ASCII characters; put it in quotes when it looks like a number or a boolean')

export const environmentName = named(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of an environment variable, such as OPENAI_API_KEY, never the secret itself')

export const filePath = named(
  // oxlint-disable-next-line no-control-regex -- keeping control characters out is the point
  /^[^\u0000-\u001f]+$/,
  "a path, absolute or relative to this file's folder",
)

const secretRule = '{env: NAME_OF_A_VARIABLE} or {file: path/to/secret}, never the secret itself'
/** A secret that is read for every use. */
export const secretSource = z.union(
  [
    z.strictObject({ env: environmentName.describe('Environment variable that holds the secret.') }),
    z.strictObject({ file: filePath.describe('File that holds nothing but the secret; read again when it changes.') }),
  ],
  { error: secretRule },
)
