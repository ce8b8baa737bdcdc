// What other providers want back of their answers (thoughts, signatures) is in what Tollgate gave the client, and comes back with the client's
// next request. A provider that speaks the client's own API and gets the body as it is knows nothing of it, and refuses the request.

import { unsignedThoughts } from './anthropic-messages/index.ts'
import { parseJson } from './conversion.ts'
import type { TraceRemoval } from './dialect.ts'
import { asObject } from './json-value.ts'
import { chatSignatures, chatThoughts } from './openai-chat/index.ts'
import { foreignItems } from './openai-responses/index.ts'

export interface PassedRequest {
  /** Name of the client's format. */
  readonly format: string
  /** It goes to OpenAI itself, or to Azure: look-alikes have members of their own that OpenAI refuses. */
  readonly isOpenAi: boolean
}

/** The body without our traces; undefined when there are none, which is nearly always. */
export function withoutTraces(body: Buffer, passed: PassedRequest): Buffer | undefined {
  const removals = removalsFor(passed).filter(({ marks }) => marks.some((mark) => body.includes(mark)))
  if (removals.length === 0) return undefined
  const request = asObject(parseJson(body))
  if (request === undefined) return undefined
  const cleaned = removals.reduce((rest, removal) => removal.remove(rest), request)
  return cleaned === request ? undefined : Buffer.from(JSON.stringify(cleaned))
}

function removalsFor({ format, isOpenAi }: PassedRequest): readonly TraceRemoval[] {
  switch (format) {
    case 'anthropic-messages':
      return [unsignedThoughts]
    case 'openai-responses':
      return [foreignItems]
    case 'openai-chat':
      return isOpenAi ? [chatSignatures, chatThoughts] : [chatSignatures]
    default:
      return []
  }
}
