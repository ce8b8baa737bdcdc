// Where the configuration says that keys are: a file, or the Redis of the store.

import { TollgateError } from '../core/errors.ts'
import type { FileKeys } from './file-keys.ts'
import type { KeyFinder } from './key-finder.ts'
import type { RedisKeys } from './redis-keys.ts'

/** `redis` gives undefined when the process was started without a Redis: a store is only changed by a restart. */
export function createKeyFinder({ files, redis }: { readonly files: FileKeys; readonly redis: () => RedisKeys | undefined }): KeyFinder {
  return {
    find(place, hash) {
      if (place.kind === 'file') return files.find(place.path, hash)
      const keys = redis()
      if (keys !== undefined) return keys.find(hash)
      throw new TollgateError('callers_unavailable', 'API keys cannot be checked: this gateway was started without the Redis that holds them, and needs a restart.')
    },
  }
}
