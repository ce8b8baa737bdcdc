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

export const storeRule = 'memory, redis://host:6379, rediss://host:6379, unix:/path/to/redis.sock, {url: rediss://host:6379, ca_file: ca.pem}, {cluster: [host:6379, …]} or {sentinels: [host:26379, …], master: name}'

/** `redis://…` or `rediss://…`, for the spelling that has room for more. */
export function parseRedisAddress(text: string): Parsed<string> {
  return isRedisUrl(text) ? { ok: true, value: text } : { ok: false, message: redisAddressRule }
}

export const redisAddressRule = 'redis://host:6379 or rediss://host:6379'

/** The name that the sentinels know a master by, or a URL with the name in place of a host when it needs a user, a password, TLS or a database. */
export function parseSentinelMaster(text: string): Parsed<string> {
  const isName = /^[A-Za-z0-9._-]+$/.test(text)
  return isName || isRedisUrl(text) ? { ok: true, value: text } : { ok: false, message: sentinelMasterRule }
}

export const sentinelMasterRule = 'a name such as mymaster, or redis://user:password@mymaster/0 (rediss:// for TLS)'

/** A node of a Redis Cluster, or a sentinel: `host:port`, or a URL when it needs TLS or a password. */
export function parseClusterNode(text: string): Parsed<string> {
  const isHostAndPort = /^(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):\d{1,5}$/.test(text)
  return isHostAndPort || isRedisUrl(text) ? { ok: true, value: text } : { ok: false, message: clusterNodeRule }
}

export const clusterNodeRule = 'host:port, redis://host:port or rediss://host:port'

/** Everything in the store that may be a URL. */
function urlsOf(store: StoreConfig): readonly string[] {
  switch (store.kind) {
    case 'memory':
      return []
    case 'redis':
      return [store.url]
    case 'redis-cluster':
      return store.nodes
    case 'redis-sentinel':
      return [...store.sentinels, store.master]
  }
}

/** True when a password stands in the store's URL. */
export function holdsPassword(store: StoreConfig): boolean {
  return urlsOf(store).some((url) => URL.canParse(url) && new URL(url).password !== '')
}

/** True when some of it is spoken to by TLS, so that certificates are checked. */
export function usesTls(store: StoreConfig): boolean {
  return urlsOf(store).some((url) => url.startsWith('rediss:'))
}

function isRedisUrl(text: string): boolean {
  return /^rediss?:\/\//.test(text) && URL.canParse(text) && new URL(text).hostname !== ''
}
