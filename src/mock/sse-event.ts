// Server-sent events as the providers write them: OpenAI without names, Anthropic and the Responses API with.

import type { JsonObject } from './json-object.ts'
import type { StreamPiece } from './mock-answer.ts'

/** One unnamed event. */
export function dataEvent(data: unknown, outputTokens?: number): StreamPiece {
  return { text: `data: ${JSON.stringify(data)}\n\n`, outputTokens }
}

/** One event named after its `type`. */
export function namedEvent(data: JsonObject & { readonly type: string }, outputTokens?: number): StreamPiece {
  return { text: `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`, outputTokens }
}

/** What ends a stream of the OpenAI APIs, except the Responses API. */
export const doneEvent: StreamPiece = { text: 'data: [DONE]\n\n', outputTokens: undefined }
