// Where a service listens: a host with a port, or a unix socket.

import type { Parsed } from './problem.ts'

export type AddressParts = { readonly kind: 'unix'; readonly path: string } | { readonly kind: 'tcp'; readonly host: string; readonly port: number }

/** `unix:/path`, `127.0.0.1:8081`, `[::1]:8081`, `localhost:8081` → its parts; `localhost` becomes 127.0.0.1, IPv6 hosts lose their brackets. */
export function parseListenAddress(text: string): Parsed<AddressParts> {
  if (text.startsWith('unix:')) {
    const path = text.slice('unix:'.length)
    return path === '' || /[\0\s]/.test(path) ? { ok: false, message: addressRule } : { ok: true, value: { kind: 'unix', path } }
  }
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text)
  const port = Number(match?.[3] ?? Number.NaN)
  const named = (match?.[1] ?? match?.[2] ?? '').toLowerCase()
  const host = named === 'localhost' ? '127.0.0.1' : named
  const isHost = match?.[1] === undefined ? isIPv4(host) || isHostName(host) : isIPv6(host)
  if (!isHost || !(port <= 65535)) return { ok: false, message: addressRule }
  return { ok: true, value: { kind: 'tcp', host, port } }
}

export const addressRule = 'unix:/path/to/socket or a host with a port, such as 127.0.0.1:8081 or [::1]:8081 (0.0.0.0 for every interface)'

/** The one spelling of an address, as RuntimeConfig holds it. */
export function formatListenAddress(parts: AddressParts): string {
  if (parts.kind === 'unix') return `unix:${parts.path}`
  return isIPv6(parts.host) ? `[${parts.host}]:${parts.port}` : `${parts.host}:${parts.port}`
}

/** True when both cannot be bound at once: the same socket, or the same port on overlapping hosts. Port 0 never collides. */
export function addressesCollide(a: AddressParts, b: AddressParts): boolean {
  if (a.kind === 'unix' || b.kind === 'unix') return a.kind === 'unix' && b.kind === 'unix' && a.path === b.path
  if (a.port !== b.port || a.port === 0) return false
  return a.host === b.host || isAnyHost(a.host) || isAnyHost(b.host)
}

/** True for the addresses that mean every interface. */
export function isAnyHost(host: string): boolean {
  return host === '0.0.0.0' || host === '::'
}

/** True for a host that DNS must resolve. */
export function isHostName(host: string): boolean {
  return /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z](?:[a-z0-9-]*[a-z0-9])?$/.test(host)
}

// Not node:net's: this file is pure, and URL knows the grammar of IPv6.
function isIPv4(host: string): boolean {
  const parts = host.split('.')
  return parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)
}

function isIPv6(host: string): boolean {
  return host.includes(':') && URL.canParse(`http://[${host}]/`)
}
