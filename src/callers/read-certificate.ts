// The client certificate that Envoy has verified, as far as its attributes tell (envoyproxy.io, "Attributes": the first entry of each kind).

import type { CallerCertificate, CertificateField } from '../config/runtime-config.ts'
import { TollgateError } from '../core/errors.ts'
import type { Caller } from './caller.ts'
import { identityRule, isIdentity } from './identity.ts'

/** What is read of a certificate → the attribute that the rendered filter asks Envoy for. */
export const certificateAttributes: Readonly<Record<CertificateField, string>> = {
  uri: 'connection.uri_san_peer_certificate',
  dns: 'connection.dns_san_peer_certificate',
  subject: 'connection.subject_peer_certificate',
}

/** Undefined when there is no certificate, or none of the fields in it. Throws TollgateError `caller_ambiguous`. */
export function readCertificate(source: CallerCertificate, connection: ReadonlyMap<string, string>): Caller | undefined {
  const attributes = new Map<string, string>()
  for (const [attribute, field] of source.attributes) {
    const value = connection.get(certificateAttributes[field]) ?? ''
    if (value === '') continue
    if (!isIdentity(value)) {
      throw new TollgateError('caller_ambiguous', `The ${field} of the client certificate does not name one ${attribute}: it must be ${identityRule}.`)
    }
    attributes.set(attribute, value)
  }
  return attributes.size === 0 ? undefined : { attributes, allowLists: source.models === undefined ? [] : [source.models] }
}
