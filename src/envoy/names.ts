// Names that the rendered configuration and the processor share, or that Envoy shows in statistics and logs.

import type { CertificateField, JwksServer } from '../config/runtime-config.ts'

/** Clusters of our own services. The dot keeps them apart from provider names, which have none. */
export const extprocCluster = 'tollgate.extproc'
export const ratelimitCluster = 'tollgate.ratelimit'

/** Costs and descriptor values, under Envoy AI Gateway's name so that rules written for it keep working. */
export const usageNamespace = 'io.envoy.ai_gateway'
/** What the request stage decided about the route; the attempt stage reads it back. */
export const routeNamespace = 'tollgate.route'
/** What an attempt tells the request stage, which sees its answer. */
export const attemptNamespace = 'tollgate.attempt'
/** Metadata of every provider endpoint: `{name: <provider>}` tells both stages who was tried. */
export const backendNamespace = 'tollgate.backend'

/** Set by the request stage: the chain as `a+b`. A request without it was never given a route. */
export const chainHeader = 'x-tollgate-chain'
/** Set by the request stage: the model's name in tollgate.yaml. */
export const modelHeader = 'x-ai-eg-model'
/** gRPC metadata on ext_proc calls: which stage is calling. */
export const stageKey = 'x-tollgate-stage'
/** gRPC metadata on rate limit calls: ties the check to its charge. */
export const exchangeKey = 'x-tollgate-exchange-id'

/** Name of Envoy's filter that verifies tokens, and the namespace in which it writes: claims under the issuer, failures under it with the suffix. */
export const jwtNamespace = 'envoy.filters.http.jwt_authn'
export const jwtFailureSuffix = '#failure'

/** What Envoy shows of a verified client certificate. */
export const certificateAttributes: Readonly<Record<CertificateField, string>> = {
  uri: 'connection.uri_san_peer_certificate',
  dns: 'connection.dns_san_peer_certificate',
  subject: 'connection.subject_peer_certificate',
}

export const backendNameAttribute = `xds.upstream_host_metadata.filter_metadata['${backendNamespace}']['name']`
export const attemptCountAttribute = 'upstream.request_attempt_count'
export const codeDetailsAttribute = 'response.code_details'

/** Name of the RDS resource, the virtual host and the listener. */
export const trafficName = 'tollgate'

/** The cluster of a server that gives the keys of an issuer; issuers on one server share it. */
export function jwksClusterName({ scheme, host, port }: Pick<JwksServer, 'scheme' | 'host' | 'port'>): string {
  return `tollgate.jwks.${scheme}.${host.replaceAll(':', '_')}.${port}`
}

/** The ratelimit filter of one domain; RateLimitPerRoute is found under the same name. */
export function limitFilterName(domain: string): string {
  return `tollgate.limit.${domain}`
}

/** The generic secret that names the environment variable of a provider's key. */
export function secretName(provider: string): string {
  return `tollgate.credential.${provider}`
}
