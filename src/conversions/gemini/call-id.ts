// Ids for Gemini's tool calls. Vertex gives none, clients of the other APIs need one, and Gemini must not be sent one that it never gave.

import { createHash } from 'node:crypto'

const prefix = 'gemini_call_'

/** The same for the same answer, whole or streamed: from the answer's id and the place among its calls; without an id from what is called. */
export function madeUpId(responseId: string, position: number, call: { readonly name: string; readonly arguments: string }): string {
  const source = responseId.replaceAll(/[^A-Za-z0-9-]/g, '')
  const unique = source === '' ? createHash('sha256').update(`${call.name} ${call.arguments}`).digest('hex').slice(0, 16) : source
  return `${prefix}${unique}_${position}`
}

export function isMadeUpId(id: string): boolean {
  return id.startsWith(prefix)
}
