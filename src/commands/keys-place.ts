// Where the keys of a configuration are kept, opened for one command.

import { once } from 'node:events'
import { createFileKeyBook } from '../callers/file-key-book.ts'
import type { KeyBook } from '../callers/key-book.ts'
import { createRedisKeyBook } from '../callers/redis-key-book.ts'
import { loadConfig } from '../config/load.ts'
import type { CallerKeys, RuntimeConfig } from '../config/runtime-config.ts'
import { silentLog } from '../core/log.ts'
import { closeRedis, connectRedis } from '../redis/redis-connection.ts'
import { CommandError } from './command-error.ts'
import { formatProblem } from './options.ts'

const REDIS_TIMEOUT_MS = 5_000

export interface KeysPlace {
  readonly config: RuntimeConfig
  readonly source: CallerKeys
  /** For people: the path of the file, or the Redis. */
  readonly shown: string
}

/** The configuration and its source of keys. Its warnings are for others: that there is no file of keys yet is why the command is called. */
export async function readKeysPlace(path: string): Promise<KeysPlace> {
  const loaded = await loadConfig(path)
  if (!loaded.ok) throw new CommandError(loaded.problems.map(formatProblem).join('\n'))
  const source = loaded.config.callers.find((each) => each.kind === 'api_keys')
  if (source === undefined) throw new CommandError(`${path} has no source of API keys. Add one: callers: [{api_keys: ./keys.yaml}]`)
  return { config: loaded.config, source, shown: source.place.kind === 'file' ? source.place.path : 'the Redis of the store' }
}

/** Runs `work` on the keys; what goes wrong is a CommandError. */
export async function withKeyBook<Result>({ config, source, shown }: KeysPlace, work: (book: KeyBook) => Promise<Result>): Promise<Result> {
  if (source.place.kind === 'file') return orCommandError(shown, work(createFileKeyBook(source.place.path)))
  // Compiling has refused keys in a store that is no Redis.
  if (config.store.kind === 'memory') throw new CommandError('The store is no Redis.')
  const client = connectRedis({ target: config.store, usedFor: 'API keys', log: silentLog, commandTimeoutMs: REDIS_TIMEOUT_MS })
  try {
    await orCommandError(shown, once(client, 'ready', { signal: AbortSignal.timeout(REDIS_TIMEOUT_MS) }))
    return await orCommandError(shown, work(createRedisKeyBook(client)))
  } finally {
    closeRedis(client)
  }
}

async function orCommandError<Result>(shown: string, promise: Promise<Result>): Promise<Result> {
  try {
    return await promise
  } catch (cause) {
    throw new CommandError(`The keys in ${shown} cannot be used: ${cause instanceof Error ? cause.message : String(cause)}.`, 1, { cause })
  }
}
