// The compiled configuration: what every other room sees of tollgate.yaml, as a type only.
// It is never changed; a reload builds a new one and an exchange keeps the one it started with.

import type { Budget } from '../budgets/budget.ts'
import type { TransportName } from '../core/transport.ts'
import type { Cost } from '../costs/cost.ts'
import type { PriceBook } from '../prices/price-book.ts'
import type { DomainRules } from '../ratelimit/domain-rules.ts'

/** Where a secret comes from. Its value is never part of the configuration. */
export type Credential = SecretSource | CloudCredential | { readonly kind: 'none' }

export type SecretSource = { readonly kind: 'env'; readonly name: string } | { readonly kind: 'file'; readonly path: string }

/** Short-lived credentials that a cloud's identity service gives; undefined everywhere: its default chain. */
export type CloudCredential =
  | { readonly kind: 'aws'; readonly profile: string | undefined; readonly roleArn: string | undefined; readonly externalId: string | undefined }
  /** `path`: JSON file of a service account or of workload identity federation. */
  | { readonly kind: 'google'; readonly path: string | undefined }
  | { readonly kind: 'entra'; readonly tenantId: string | undefined; readonly clientId: string | undefined; readonly clientSecret: SecretSource | undefined }

/** Which dialects a provider speaks and how it wants its key: the name of an entry in `providers/index.ts`. */
export type ProviderApiName =
  | 'openai'
  | 'azure-openai'
  | 'anthropic'
  | 'aws-bedrock'
  | 'aws-bedrock-claude'
  | 'gcp-vertex'
  | 'gcp-vertex-claude'
  | 'google-ai-studio'
  | 'cohere'

/** What only some provider APIs need; compiled with their defaults, undefined where the API has no such thing. */
export interface ProviderSettings {
  /** AWS region, such as us-east-1. */
  readonly region: string | undefined
  /** Google Cloud project and location. */
  readonly project: string | undefined
  readonly location: string | undefined
  /** Azure OpenAI's `api-version`, such as 2024-10-21; undefined: its v1 API, which needs none. */
  readonly apiVersion: string | undefined
  /** What an OpenAI-compatible provider has instead of the `/v1` of OpenAI's paths, such as /openai/v1; '' for nothing; undefined: `/v1` itself. */
  readonly apiPath: string | undefined
}

export interface ProviderConfig {
  /** Also the name of its Envoy cluster: [a-z0-9] then [a-z0-9_-]. */
  readonly name: string
  readonly api: ProviderApiName
  readonly scheme: 'http' | 'https'
  readonly host: string
  readonly port: number
  /** Path of the provider's `url` without a trailing slash, put before the API path; '' for none. */
  readonly pathPrefix: string
  readonly settings: ProviderSettings
  readonly credential: Credential
  /** Extra request headers, set on every attempt; lower-case names. */
  readonly headers: ReadonlyMap<string, string>
  /** File with the CA certificates to trust instead of the system's; only for https. */
  readonly caFile: string | undefined
}

/** One step of a model's provider chain. */
export interface ChainStep {
  readonly provider: ProviderConfig
  /** The model name this provider is asked for. */
  readonly upstreamModel: string
  /** Share of the requests that it gets first; undefined: fallback only where others have one. */
  readonly weight?: number
}

/** When the next provider of a chain is asked, and how long one may take. */
export interface FallbackPolicy {
  /** HTTP statuses that move on, ascending. */
  readonly statuses: readonly number[]
  /** Every status from 500 to 599 moves on. */
  readonly serverErrors: boolean
  readonly connectFailure: boolean
  /** On Envoy 1.40; older ones always pass over a provider without hosts. */
  readonly noHost: boolean
  /** A connection that breaks before the answer, or one of the two timeouts. */
  readonly reset: boolean
  /** Until the headers of a provider's answer. */
  readonly perTryTimeoutMs: number | undefined
  /** Silence of one provider, also within its answer. */
  readonly perTryIdleTimeoutMs: number | undefined
}

/** When a provider is left out of chains, and for how long. */
export interface CoolDownSettings {
  readonly maxMs: number
  /** In a row, with no word of when to come back. */
  readonly failures: number
  readonly pauseMs: number
}

/** Attributes with the values that a caller must have to choose providers; none: everybody may. Undefined: nobody. */
export type ProviderChoice = ReadonlyMap<string, string> | undefined

export interface ModelConfig {
  /** The canonical name: what is limited, routed and logged. */
  readonly clientModel: string
  /** In the order in which providers are tried. Never empty. */
  readonly chain: readonly ChainStep[]
  /** `owned_by` in the answer to GET /v1/models: the first provider's name. */
  readonly ownedBy: string
  /** The model that stands in when a budget asks for a cheaper one; these lead to no model twice. */
  readonly downgradeTo?: string
  /** Most output tokens that one answer can have, and most tokens that input and output can have together: for reserving the worst case. */
  readonly maxOutputTokens?: number
  readonly contextTokens?: number
  /** Its own policy, made whole by the configuration's; undefined: the configuration's. */
  readonly fallback?: FallbackPolicy
  readonly providerChoice?: ProviderChoice
}

/** Chooses a model by request headers, whatever the body says; the first whose headers all match wins. */
export interface HeaderRoute {
  /** What budgets call it. */
  readonly name?: string
  /** Lower-case header name → exact value. Empty: always matches. */
  readonly headers: ReadonlyMap<string, string>
  readonly clientModel: string
}

/** What every source of caller identity has. */
interface CallerSourceBase {
  /** Patterns of the models that its callers may use (`*`: any characters); undefined: every model. */
  readonly models: readonly string[] | undefined
}

/** Attribute (`user`, `team`, any name) → request header that holds it. */
export interface CallerHeaders extends CallerSourceBase {
  readonly kind: 'headers'
  readonly attributes: ReadonlyMap<string, string>
}

/** Tollgate's own API keys. */
export interface CallerKeys extends CallerSourceBase {
  readonly kind: 'api_keys'
  /** `store`: the Redis of the configuration's store. */
  readonly place: { readonly kind: 'file'; readonly path: string } | { readonly kind: 'store' }
  /** What a key may say of its holder, `key_id` among it. */
  readonly attributes: ReadonlySet<string>
}

/** Tokens that Envoy's jwt_authn verifies. */
export interface CallerJwt extends CallerSourceBase {
  readonly kind: 'jwt'
  /** Exactly the `iss` of its tokens; no two sources have the same. */
  readonly issuer: string
  /** One of them must be in `aud`; empty: any token of the issuer. */
  readonly audiences: readonly string[]
  readonly jwks: JwksFile | JwksServer
  /** Attribute → claim, nested by dots. */
  readonly attributes: ReadonlyMap<string, string>
  /** The claim with the models that a token is good for. */
  readonly modelsClaim: string | undefined
}

/** The keys of an issuer in a file that Envoy reads. */
export interface JwksFile {
  readonly kind: 'file'
  readonly path: string
}

/** The keys of an issuer on a server that Envoy asks. */
export interface JwksServer {
  readonly kind: 'url'
  readonly url: string
  readonly scheme: 'http' | 'https'
  readonly host: string
  readonly port: number
  readonly caFile: string | undefined
}

/** What can be read of a client certificate: its first URI or DNS name, or its subject. */
export type CertificateField = 'uri' | 'dns' | 'subject'

/** A client certificate that Envoy has verified. */
export interface CallerCertificate extends CallerSourceBase {
  readonly kind: 'certificate'
  readonly attributes: ReadonlyMap<string, CertificateField>
}

export type CallerSource = CallerHeaders | CallerKeys | CallerJwt | CallerCertificate

/** A rate limit file, served by the RLS under its own domain. Its rules deny at used >= limit unless the file says otherwise. */
export interface LimitFile {
  readonly path: string
  /** Name of the cost that a hit counts. */
  readonly costName: string
  readonly rules: DomainRules
}

/** `caFile`: absolute path of PEM certificates to trust instead of the system's, for rediss://; undefined: the system's. */
export type StoreConfig =
  | { readonly kind: 'memory' }
  /** `url`: redis://user:password@host:port/db, rediss:// for TLS, or the path of a unix socket. */
  | { readonly kind: 'redis'; readonly url: string; readonly caFile?: string }
  /** `nodes`: seeds, `host:port` or URLs; user, password and TLS of the first one go for all. */
  | { readonly kind: 'redis-cluster'; readonly nodes: readonly string[]; readonly caFile?: string }
  /**
   * `sentinels`: `host:port` or URLs; user, password and TLS of the first one go for all sentinels.
   * `master`: the name that they know it by, or redis://user:password@name/db, rediss:// for TLS.
   */
  | { readonly kind: 'redis-sentinel'; readonly sentinels: readonly string[]; readonly master: string; readonly caFile?: string }

/** The journal and audit trail of what was held and charged. */
export interface LedgerSettings {
  /** Absolute. */
  readonly directory: string
  /** Also survive the loss of power, at the price of waiting for the disk. */
  readonly fsync: boolean
  /** A file that has grown beyond this is followed by a new one. */
  readonly rotateBytes: number
  /** Files are removed once everything in them is older than this and nothing in them is needed any more. */
  readonly keepMs: number
}

/** Who may read and who may change things through the admin interface; undefined: nobody is asked, which only loopback and unix sockets allow. */
export interface AdminAccess {
  readonly readToken: SecretSource | undefined
  readonly writeToken: SecretSource | undefined
}

/** Where warnings of budgets are posted. */
export interface BudgetWebhook {
  readonly url: string
  /** Sent as a bearer token. */
  readonly token: SecretSource | undefined
}

/** `unix:/path` or `host:port`. */
export type ListenAddress = string

/** Envoy minor versions whose configuration we render. */
export type EnvoyVersion = '1.37' | '1.38' | '1.39' | '1.40'

/** Certificate of the listener, and who may have signed those of its clients. Paths as Envoy sees them. */
export interface ListenerTls {
  readonly certFile: string
  readonly keyFile: string
  /** Undefined: clients are not asked for a certificate. */
  readonly clientCaFile: string | undefined
}

export interface EnvoySettings {
  /** Decides the form of the provider chain (docs/envoy.md). */
  readonly version: EnvoyVersion
  /** Where clients connect. */
  readonly listen: ListenAddress
  /** Undefined: plain HTTP. */
  readonly tls: ListenerTls | undefined
  /** Envoy's own admin interface. */
  readonly admin: ListenAddress
  /** Largest request and buffered answer, in bytes. */
  readonly maxBodyBytes: number
  /** How long Envoy waits for one answer of ours. */
  readonly messageTimeoutMs: number
  /** Longest silence of a stream before Envoy ends it. */
  readonly streamIdleTimeoutMs: number
  /** Time to connect to a provider. */
  readonly connectTimeoutMs: number
}

export interface RuntimeConfig {
  /** First 12 hex digits of the SHA-256 of every file it was read from. */
  readonly revision: string
  /** Absolute paths of every file it was read from, the main one first: what a watcher must watch. */
  readonly files: readonly string[]
  readonly providers: ReadonlyMap<string, ProviderConfig>
  readonly models: ReadonlyMap<string, ModelConfig>
  readonly fallback: FallbackPolicy
  /** Undefined: nobody is left out. */
  readonly coolDown: CoolDownSettings | undefined
  readonly defaultModel: string | undefined
  readonly routes: readonly HeaderRoute[]
  readonly callers: readonly CallerSource[]
  /** Never empty: `llm_total_token` is there even when the file names no cost. */
  readonly costs: readonly Cost[]
  readonly prices: PriceBook
  readonly budgets: readonly Budget[]
  readonly budgetWebhook: BudgetWebhook | undefined
  /** Undefined: nothing is written. */
  readonly ledger: LedgerSettings | undefined
  readonly limits: readonly LimitFile[]
  /** Processes that serve Envoy, each on a socket of its own. */
  readonly workers: number
  readonly adminAccess: AdminAccess
  readonly store: StoreConfig
  readonly listen: { readonly extproc: ListenAddress; readonly ratelimit: ListenAddress; readonly admin: ListenAddress }
  /** What speaks gRPC on the first two of them. */
  readonly transport: TransportName
  readonly envoy: EnvoySettings
}
