// An address as Node's sockets want it, for listening and for connecting alike.

export type SocketTarget = { readonly path: string } | { readonly host: string; readonly port: number }

/** `unix:/path` → its path; `host:port` or `[v6]:port` → both parts, without brackets. */
export function socketTarget(address: string): SocketTarget {
  if (address.startsWith('unix:')) return { path: address.slice('unix:'.length) }
  const at = address.lastIndexOf(':')
  return { host: address.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(address.slice(at + 1)) }
}
