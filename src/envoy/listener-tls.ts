// TLS for clients, ended by the listener, and the certificates that it asks of them.

import type { CallerSource, ListenerTls } from '../config/runtime-config.ts'
import { extension, type EnvoyObject } from './envoy-object.ts'

/** The transport socket of the filter chain. */
export function listenerTls(tls: ListenerTls, callers: readonly CallerSource[]): EnvoyObject {
  return extension('envoy.transport_sockets.tls', 'envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext', {
    common_tls_context: {
      alpn_protocols: ['h2', 'http/1.1'],
      tls_certificates: [{ certificate_chain: { filename: tls.certFile }, private_key: { filename: tls.keyFile } }],
      ...(tls.clientCaFile === undefined ? {} : { validation_context: { trusted_ca: { filename: tls.clientCaFile } } }),
    },
    ...(tls.clientCaFile === undefined ? {} : { require_client_certificate: isRequired(callers) }),
  })
}

// Where callers may also come with a key or a token, a connection without a certificate is one of theirs. A certificate that is there must be good in any case.
function isRequired(callers: readonly CallerSource[]): boolean {
  return !callers.some((source) => source.kind === 'certificate') || callers.every((source) => source.kind === 'certificate')
}
