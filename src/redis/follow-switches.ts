// Hears from sentinels that another server is master now. ioredis has this too, but gives up for good when it hears of a new master while it is
// connecting to it, and writes to the standard error when a sentinel is away.

import { lookup } from 'node:dns/promises'
import type { Socket } from 'node:net'
import { Redis } from 'ioredis'
import type { Log } from '../core/log.ts'
import type { ConnectionOptions } from './redis-address.ts'

interface SentinelConnection extends ConnectionOptions {
  readonly connectTimeout: number
  readonly retryStrategy: (attempt: number) => number
}

export interface SwitchOptions {
  readonly sentinels: readonly SentinelConnection[]
  /** The name of the master. */
  readonly name: string
  /** Of the client, for the log. */
  readonly usedFor: string
  readonly log: Log
}

const CHANNEL = '+switch-master'

/** Has the client ask the sentinels again, unless it is there already: they tell of the new master up to a tenth of a second before they announce it. */
async function leaveUnless(client: Redis, { host, port }: { readonly host: string; readonly port: number }): Promise<void> {
  const addresses = await lookup(host, { all: true }).catch(() => [])
  // Who is not connected asks the sentinels anyway.
  if (client.status !== 'ready') return
  const { remoteAddress, remotePort } = client.stream as Socket
  if (remotePort !== port || !addresses.some(({ address }) => address === remoteAddress)) client.disconnect(true)
}

/** A master that hangs keeps its connections, so this is the only way to hear that it was replaced. Ends when the client says `closing`. */
export function followSwitches(client: Redis, { sentinels, name, usedFor, log }: SwitchOptions): void {
  const listeners = sentinels.map((options) => {
    const listener = new Redis({ ...options, enableReadyCheck: false, disableClientInfo: true, maxRetriesPerRequest: null })
    const failed = (thrown: unknown): void => log.debug({ redis: `${String(options.host)}:${String(options.port)}`, used_for: usedFor, err: thrown }, 'a sentinel cannot be listened to')
    listener.on('error', failed)
    listener.on('message', (_channel: string, text: string) => {
      const [switched, , , host = '', port] = text.split(' ')
      if (switched === name) void leaveUnless(client, { host, port: Number(port) })
    })
    listener.subscribe(CHANNEL).catch(failed)
    return listener
  })
  client.on('closing', () => {
    for (const listener of listeners) listener.disconnect()
  })
}
