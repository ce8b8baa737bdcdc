// What Tollgate must know of a provider's API to call it. One file per API; index.ts lists them.

import type { ProviderSettings } from '../config/runtime-config.ts'
import type { FormatName } from '../formats/format.ts'

/** For APIs that need none of them. */
export const noSettings: ProviderSettings = { region: undefined, project: undefined, location: undefined, apiVersion: undefined }

/** How a provider is asked for one client format. */
export interface ProviderCall {
  /** What the body is converted to; undefined: it goes on as it is, but for the model's name. */
  readonly dialect: DialectName | undefined
  /**
   * What is put around a body of Anthropic's: Bedrock and Vertex have the model and the stream switch in the path, their own
   * `anthropic_version` in the body, and Bedrock answers streams in AWS event stream frames.
   */
  readonly envelope: 'none' | 'bedrock-claude' | 'vertex-claude'
  /** Path and query at the provider, without the prefix of its `url`. */
  path(call: CallTarget): string
}

/** Dialects that a body can be converted to; conversions/index.ts has one entry for each. */
export type DialectName = 'openai-chat' | 'anthropic-messages' | 'bedrock-converse' | 'gemini' | 'titan-embeddings' | 'cohere-embeddings' | 'gemini-embeddings' | 'vertex-embeddings'

export interface CallTarget {
  /** The client's canonical path with its query. */
  readonly clientPath: string
  readonly upstreamModel: string
  readonly stream: boolean
  readonly settings: ProviderSettings
}

/** The call of a format that the provider speaks itself, at the client's own path. */
export const passCall: ProviderCall = { dialect: undefined, envelope: 'none', path: ({ clientPath }) => clientPath }

/** A call of a format that is converted to `dialect` and sent to a fixed path. */
export function convertedCall(dialect: DialectName, path: string): ProviderCall {
  return { dialect, envelope: 'none', path: () => path }
}

export interface ProviderApi {
  /** Value of `api:` in the configuration. */
  readonly name: string
  /** `gen_ai.provider.name` of OpenTelemetry's GenAI conventions. */
  readonly otelName: string
  /** Client format → how it is asked for that. A format that is not there is not served. */
  readonly calls: ReadonlyMap<FormatName, ProviderCall>
  /** Where it is reached when the configuration gives no `url`. */
  readonly defaultUrl: string
  /** Lower-case request header that carries the credential, and the text before it. */
  readonly credentialHeader: string
  readonly credentialPrefix: string
  /** Headers it needs when the client did not send them; lower-case names. */
  readonly defaultHeaders: ReadonlyMap<string, string>
}
