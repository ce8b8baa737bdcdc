// What a ledger is called by others: a random name, made once and kept beside its files, so that it moves with them and not with a host.

import { randomUUID } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const FILE = 'identity'
const FORM = /^[0-9a-f-]{36}$/

/** Of a directory that exists. Throws what the file system says. */
export function ledgerIdentity(directory: string): string {
  const path = join(directory, FILE)
  const known = readIdentity(path)
  if (known !== undefined) return known
  try {
    // Another process may be doing the same: whoever comes second takes what is there.
    writeFileSync(path, randomUUID(), { flag: 'wx', mode: 0o600 })
  } catch (thrown) {
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIST')) throw thrown
  }
  const made = readIdentity(path)
  if (made === undefined) throw new Error(`${path} is not what Tollgate has written there; remove it, and the counters are charged again from the ledger.`)
  return made
}

function readIdentity(path: string): string | undefined {
  try {
    const text = readFileSync(path, 'utf8').trim()
    return FORM.test(text) ? text : undefined
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return undefined
    throw thrown
  }
}
