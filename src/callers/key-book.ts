// What `tollgate keys` does with records, wherever they are kept.

import type { KeyRecord } from './key-record.ts'

export interface KeyBook {
  /** In the order of their making. */
  list(): Promise<readonly KeyRecord[]>
  add(record: KeyRecord): Promise<void>
  /** The revoked record, unchanged if it was revoked before; undefined when there is no key with this id. */
  revoke(id: string, atMs: number): Promise<KeyRecord | undefined>
}

/** The record as it is after its key was revoked. */
export function revoked(record: KeyRecord, atMs: number): KeyRecord {
  return record.revokedAtMs === undefined ? { ...record, revokedAtMs: atMs } : record
}
