// What an embeddings provider is made of. There is one client dialect, OpenAI's, so the neutral form in the middle is OpenAI's own:
// texts in, vectors out.

import type { RawUsage } from '../../core/usage.ts'
import type { ProviderError } from '../answer.ts'
import type { JsonObject, JsonValue } from '../conversation.ts'
import type { Target, WrittenRequest } from '../dialect.ts'

export interface EmbeddingsDialect {
  /**
   * `body`: a request of OpenAI's /v1/embeddings. Throws TollgateError: `malformed_request` (400, naming the parameter) for what OpenAI itself
   * would refuse, `unsupported_parameter` (422) for what this provider cannot do.
   */
  writeRequest(body: JsonObject, target: Target): WrittenRequest
  /** `body`: a complete 2xx answer. Gives OpenAI's list. Throws TollgateError `provider_error` when it is not one. */
  readAnswer(body: JsonValue, context: EmbeddingsContext): JsonObject
  /** Undefined when the body does not tell it. */
  readUsage(body: JsonValue): RawUsage | undefined
  /** As that of a ProviderDialect. */
  readError(body: JsonValue | undefined, named?: string): ProviderError
}

/** What the answer's side knows of the request. */
export interface EmbeddingsContext {
  /** What `model` in the answer says. */
  readonly clientModel: string
  readonly encoding: EmbeddingsEncoding
}

/** `base64`: of little-endian float32, as OpenAI's own clients ask for unless told otherwise. */
export type EmbeddingsEncoding = 'float' | 'base64'
