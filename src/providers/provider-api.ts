// What Tollgate must know of a provider's API to call it. One file per API; index.ts lists them.

import type { ProviderApiName, ProviderSettings } from '../config/runtime-config.ts'
import type { FormatName } from '../formats/format.ts'

/** For APIs that need none of them. */
export const noSettings: ProviderSettings = { region: undefined, project: undefined, location: undefined, apiVersion: undefined, apiPath: undefined }

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
  /** Where models of one format want different calls (Bedrock's embeddings): the one of this model. Asked by `findCall`, never directly. */
  readonly forModel?: (upstreamModel: string) => ProviderCall
}

/** Dialects that a body can be converted to; conversions/index.ts has one entry for each. */
export type DialectName = 'openai-chat' | 'azure-openai-chat' | 'anthropic-messages' | 'bedrock-converse' | 'gemini' | 'titan-embeddings' | 'cohere-embeddings' | 'gemini-embeddings' | 'vertex-embeddings'

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

/** How `api` is asked for a client's `format` with the model `upstreamModel`; undefined when it does not serve the format. */
export function findCall(api: ProviderApi, format: FormatName, upstreamModel: string): ProviderCall | undefined {
  const call = api.calls.get(format)
  return call?.forModel?.(upstreamModel) ?? call
}

/** Whose identity service gives credentials for an API. */
export type Cloud = 'aws' | 'google' | 'entra'

export interface ProviderApi {
  /** Value of `api:` in the configuration. */
  readonly name: ProviderApiName
  /** `gen_ai.provider.name` of OpenTelemetry's GenAI conventions. */
  readonly otelName: string
  /** Client format → how it is asked for that. A format that is not there is not served. */
  readonly calls: ReadonlyMap<FormatName, ProviderCall>
  /** Which of the settings it has, and whether it can be called without them. */
  readonly settings: Readonly<Partial<Record<keyof ProviderSettings, 'required' | 'optional'>>>
  /** Where it is reached when the configuration gives no `url`; undefined: only the configuration can know. */
  defaultUrl(settings: ProviderSettings): string | undefined
  /** Lower-case request header that carries the credential, and the text before it. */
  readonly credentialHeader: string
  readonly credentialPrefix: string
  /** Other request headers that a signature or a token comes in; lower-case names. */
  readonly cloudHeaders: readonly string[]
  /** The cloud whose default credentials are used when the configuration names none; undefined: no credential is sent then. */
  readonly cloud: Cloud | undefined
  /** Headers it needs when the client did not send them; lower-case names. */
  readonly defaultHeaders: ReadonlyMap<string, string>
}
