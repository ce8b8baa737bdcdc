// What a model says that was given a schema for its answer: JSON made up from that schema, so that a client can parse it.

import { type JsonObject, isObject } from './json-object.ts'
import { selectToolCall } from './tool-call.ts'

/** `format`: OpenAI's `response_format` or `text.format`. `schema` stands where the API in question has it. Undefined: free text. */
export function structuredText(format: unknown, schemaOf: (format: JsonObject) => unknown, prompt: string): string | undefined {
  if (!isObject(format)) return undefined
  switch (format['type']) {
    case 'json_schema':
      return JSON.stringify(selectToolCall([{ name: 'answer', schema: schemaOf(format) }], { kind: 'named', name: 'answer' }, prompt)?.arguments)
    case 'json_object':
      return JSON.stringify({ answer: prompt.slice(0, 60) })
    default:
      return undefined
  }
}
