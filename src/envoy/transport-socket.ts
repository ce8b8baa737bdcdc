// How Envoy connects to a provider: plain, or TLS with the certificate checked against the host that was configured.

import type { ProviderConfig } from '../config/runtime-config.ts'
import { isIpAddress } from './address.ts'
import { extension, type EnvoyObject } from './envoy-object.ts'
import type { RenderInput } from './render-input.ts'

/** `server`: a provider, or who else Envoy asks. */
export function transportSocket(input: RenderInput, server: Pick<ProviderConfig, 'scheme' | 'host' | 'caFile'>): EnvoyObject {
  if (server.scheme === 'http') {
    return extension('envoy.transport_sockets.raw_buffer', 'envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer')
  }
  const trusted = { trusted_ca: { filename: server.caFile ?? input.systemCaFile } }
  return extension('envoy.transport_sockets.tls', 'envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext', {
    ...(isIpAddress(server.host) ? addressCheck(server.host, trusted) : nameCheck(server.host, trusted)),
  })
}

function nameCheck(host: string, trusted: EnvoyObject): EnvoyObject {
  return { sni: host, auto_sni_san_validation: true, common_tls_context: { validation_context: trusted } }
}

// RFC 6066 forbids IP addresses in SNI; such a certificate names the address itself.
function addressCheck(host: string, trusted: EnvoyObject): EnvoyObject {
  return {
    common_tls_context: {
      validation_context: { ...trusted, match_typed_subject_alt_names: [{ san_type: 'IP_ADDRESS', matcher: { exact: host } }] },
    },
  }
}
