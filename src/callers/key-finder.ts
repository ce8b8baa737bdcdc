// How a request finds the record of the key it presents. Where records are kept is for others to know.

import type { CallerKeys } from '../config/runtime-config.ts'
import type { KeyRecord } from './key-record.ts'

export interface KeyFinder {
  /**
   * The record with this hash; undefined when there is none. What was revoked or added elsewhere shows within a second.
   * Throws (or rejects with) TollgateError `callers_unavailable` when that cannot be known now.
   */
  find(place: CallerKeys['place'], hash: string): KeyRecord | undefined | Promise<KeyRecord | undefined>
}
