// Addresses in Envoy's form. A host is an IP address or a DNS name; which one decides how its cluster is resolved.

import type { ListenAddress } from '../config/runtime-config.ts'
import type { EnvoyObject } from './envoy-object.ts'

/** True for IPv4 and (unbracketed) IPv6 addresses. */
export function isIpAddress(host: string): boolean {
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(host) || host.includes(':')
}

export function socketAddress(host: string, port: number): EnvoyObject {
  return { socket_address: { address: host, port_value: port } }
}

/** `unix:/path` or `host:port` → core.v3.Address. */
export function envoyAddress(address: ListenAddress): EnvoyObject {
  if (address.startsWith('unix:')) return { pipe: { path: address.slice('unix:'.length) } }
  const { host, port } = splitHostPort(address)
  return socketAddress(host, port)
}

/** Where to connect in order to reach something that listens on `address`: a wildcard host becomes loopback. */
export function connectAddress(address: ListenAddress): ListenAddress {
  if (address.startsWith('unix:')) return address
  const { host, port } = splitHostPort(address)
  if (host === '0.0.0.0') return `127.0.0.1:${port}`
  return host === '::' ? `[::1]:${port}` : address
}

/** The hosts of an address: one, or none for a unix socket. */
export function addressHosts(address: ListenAddress): readonly string[] {
  return address.startsWith('unix:') ? [] : [splitHostPort(address).host]
}

function splitHostPort(address: ListenAddress): { readonly host: string; readonly port: number } {
  const colon = address.lastIndexOf(':')
  return { host: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) }
}
