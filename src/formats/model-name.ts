// A model name that a provider says goes into metadata, log lines and metrics, so it must have a bound.

import { decodeJsonString } from '../core/json-string.ts'

/** Longest model name believed, quotes included, in bytes of JSON: real ones, paths of fine-tuned models too, stay below 200. */
const MAX_MODEL_NAME_BYTES = 512

const QUOTE = 0x22

/** The text of the JSON value from `start` to `end` if it can be a model name; undefined when it is no string, empty or too long. */
export function modelName(bytes: Buffer, start: number, end: number): string | undefined {
  if (bytes[start] !== QUOTE || end - start <= 2 || end - start > MAX_MODEL_NAME_BYTES) return undefined
  return decodeJsonString(bytes, start + 1, end - 1)
}
