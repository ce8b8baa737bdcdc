// Where counters live, from its short spelling.

import type { Parsed } from './problem.ts'
import type { StoreConfig } from './runtime-config.ts'

/** `memory`, `redis://…`, `rediss://…` or `unix:/path`. Messages never repeat the text: a password may stand in it. */
export function parseStore(text: string): Parsed<StoreConfig> {
  if (text === 'memory') return { ok: true, value: { kind: 'memory' } }
  if (text.startsWith('unix:') && text.length > 'unix:'.length) return { ok: true, value: { kind: 'redis', url: text.slice('unix:'.length) } }
  if (isRedisUrl(text)) return { ok: true, value: { kind: 'redis', url: text } }
  return { ok: false, message: storeRule }
}

export const storeRule = 'memory, redis://host:6379, rediss://host:6379, unix:/path/to/redis.sock or {cluster: [host:6379, …]}'

/** A node of a Redis Cluster: `host:port`, or a URL when it needs TLS or a password. */
export function parseClusterNode(text: string): Parsed<string> {
  const isHostAndPort = /^(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):\d{1,5}$/.test(text)
  return isHostAndPort || isRedisUrl(text) ? { ok: true, value: text } : { ok: false, message: clusterNodeRule }
}

export const clusterNodeRule = 'host:port, redis://host:port or rediss://host:port'

/** True when a password stands in the store's URL. */
export function holdsPassword(store: StoreConfig): boolean {
  if (store.kind === 'memory') return false
  const urls = store.kind === 'redis' ? [store.url] : store.nodes
  return urls.some((url) => URL.canParse(url) && new URL(url).password !== '')
}

function isRedisUrl(text: string): boolean {
  return /^rediss?:\/\//.test(text) && URL.canParse(text) && new URL(text).hostname !== ''
}
