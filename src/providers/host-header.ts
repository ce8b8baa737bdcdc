// The Host header of calls to a provider: Envoy sends it, and a signature covers it, so both must make the same of it.

import type { ProviderConfig } from '../config/runtime-config.ts'

/** `host`, or `host:port` where the port is not the scheme's own; IPv6 in brackets. */
export function hostHeader({ scheme, host, port }: Pick<ProviderConfig, 'scheme' | 'host' | 'port'>): string {
  const name = host.includes(':') ? `[${host}]` : host
  return port === (scheme === 'https' ? 443 : 80) ? name : `${name}:${port}`
}
