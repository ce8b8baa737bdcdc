// What Envoy finds out about callers before the request stage asks: it verifies tokens, and it shows client certificates.

import type { CallerJwt, CertificateField, JwksServer, RuntimeConfig } from '../config/runtime-config.ts'
import { socketAddress } from './address.ts'
import { duration, extension, type EnvoyObject } from './envoy-object.ts'
import { certificateAttributes, jwksClusterName, jwtFailureSuffix, jwtNamespace } from './names.ts'
import type { RenderInput } from './render-input.ts'
import { resolution } from './resolution.ts'
import { transportSocket } from './transport-socket.ts'

/** How long an issuer may take to give its keys. */
const JWKS_TIMEOUT_MS = 5_000
/** A key that an issuer has withdrawn is good for so long. */
const JWKS_CACHE_MS = 300_000

/** The filter that verifies tokens; none where no source wants them. */
export function callerFilters({ config }: RenderInput): readonly EnvoyObject[] {
  const sources = jwtSources(config)
  if (sources.length === 0) return []
  return [
    extension(jwtNamespace, 'envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication', {
      providers: Object.fromEntries(sources.map((source) => [source.issuer, jwtProvider(source)])),
      rules: [{ match: { prefix: '/' }, requires: { allow_missing_or_failed: {} } }],
    }),
  ]
}

/** The servers that give the keys of issuers, each once. */
export function jwksClusters(input: RenderInput): readonly EnvoyObject[] {
  const servers = jwtSources(input.config).flatMap(({ jwks }) => (jwks.kind === 'url' ? [jwks] : []))
  return [...new Map(servers.map((server) => [jwksClusterName(server), server])).values()].map((server) => jwksCluster(input, server))
}

/** Namespaces of metadata that the request stage needs to know callers. */
export function callerNamespaces(config: RuntimeConfig): readonly string[] {
  return jwtSources(config).length === 0 ? [] : [jwtNamespace]
}

/** Attributes of the connection that the request stage needs to know callers. */
export function callerAttributes(config: RuntimeConfig): readonly string[] {
  const fields = new Set<CertificateField>(config.callers.flatMap((source) => (source.kind === 'certificate' ? [...source.attributes.values()] : [])))
  return [...fields].map((field) => certificateAttributes[field])
}

function jwtSources(config: RuntimeConfig): readonly CallerJwt[] {
  return config.callers.filter((source) => source.kind === 'jwt')
}

function jwtProvider({ issuer, audiences, jwks }: CallerJwt): EnvoyObject {
  return {
    issuer,
    ...(audiences.length === 0 ? {} : { audiences }),
    // Where clients put credentials, and nowhere else: by default a query parameter would do as well.
    from_headers: [{ name: 'authorization', value_prefix: 'Bearer ' }, { name: 'x-api-key' }, { name: 'api-key' }],
    forward: true,
    require_expiration: true,
    payload_in_metadata: issuer,
    failed_status_in_metadata: `${issuer}${jwtFailureSuffix}`,
    ...(jwks.kind === 'file' ? { local_jwks: { filename: jwks.path } } : { remote_jwks: remoteJwks(jwks) }),
  }
}

function remoteJwks(server: JwksServer): EnvoyObject {
  return {
    http_uri: { uri: server.url, cluster: jwksClusterName(server), timeout: duration(JWKS_TIMEOUT_MS) },
    cache_duration: duration(JWKS_CACHE_MS),
    async_fetch: {},
    retry_policy: { num_retries: 2 },
  }
}

function jwksCluster(input: RenderInput, server: JwksServer): EnvoyObject {
  const name = jwksClusterName(server)
  return {
    name,
    ...resolution([server.host]),
    connect_timeout: duration(input.config.envoy.connectTimeoutMs),
    load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint: { address: socketAddress(server.host, server.port) } }] }] },
    ...(server.scheme === 'https' ? { transport_socket: transportSocket(input, server) } : {}),
  }
}
