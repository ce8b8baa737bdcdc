// How a cluster finds its hosts.

import { isIpAddress } from './address.ts'
import { extension, type EnvoyObject } from './envoy-object.ts'

/**
 * Addresses are fixed, names are resolved again and again, every address being a host of its own.
 * IPv6 is used where a name has no IPv4 address, so that networks without IPv6 never wait for it.
 */
export function resolution(hosts: readonly string[]): EnvoyObject {
  if (hosts.every(isIpAddress)) return { type: 'STATIC' }
  return {
    cluster_type: extension('envoy.clusters.dns', 'envoy.extensions.clusters.dns.v3.DnsCluster', {
      dns_lookup_family: 'V4_PREFERRED',
      dns_refresh_rate: '30s',
      dns_failure_refresh_rate: { base_interval: '1s', max_interval: '5s' },
    }),
  }
}
