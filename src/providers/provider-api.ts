// What Tollgate must know of a provider's API to call it. One file per API; index.ts lists them.

import type { FormatName } from '../formats/format.ts'

export interface ProviderApi {
  /** Value of `api:` in the configuration. */
  readonly name: string
  /** `gen_ai.provider.name` of OpenTelemetry's GenAI conventions. */
  readonly otelName: string
  /** Client formats it serves without conversion. */
  readonly formats: ReadonlySet<FormatName>
  /** Where it is reached when the configuration gives no `url`. */
  readonly defaultUrl: string
  /** Lower-case request header that carries the credential, and the text before it. */
  readonly credentialHeader: string
  readonly credentialPrefix: string
  /** Headers it needs when the client did not send them; lower-case names. */
  readonly defaultHeaders: ReadonlyMap<string, string>
}
