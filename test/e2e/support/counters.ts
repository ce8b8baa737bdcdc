// Reads what the rate limit service has counted, straight from its Redis.

import { Redis } from 'ioredis'
import type { RedisServer } from '../../support/redis-server.ts'

export interface Counters {
  /** Sum of all counters of a domain whose key contains `part`. */
  sum(domain: string, part?: string): Promise<number>
  close(): void
}

export function openCounters({ address }: RedisServer): Counters {
  const client = new Redis({ ...address })
  return {
    async sum(domain, part = '') {
      const keys = (await client.keys(`${domain}_*`)).filter((key) => key.includes(part))
      if (keys.length === 0) return 0
      const values = await client.mget(keys)
      return values.reduce((total, value) => total + Number(value ?? 0), 0)
    },
    close: () => client.disconnect(),
  }
}
