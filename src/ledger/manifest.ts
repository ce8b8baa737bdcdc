// The list of a ledger's files, for all its writers: manifest.json. It is not needed to recover; it says what a file that is missing or was cut
// had in it, and keeps the end of what was removed because of its age.

import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

const hash = z.string().regex(/^[0-9a-f]{64}$/)
const count = z.int().nonnegative()
const closedSegment = z.strictObject({ segment: count, firstSeq: count, lastSeq: count, lastHash: hash, from: z.string(), to: z.string(), rows: count, bytes: count })
const writerEntry = z.strictObject({
  /** Files that nobody writes any more, in their order. */
  closed: z.array(closedSegment),
  /** The file that is written, or was when the writer died; null: it ended well. */
  current: z.strictObject({ segment: count, firstSeq: count }).nullable(),
  /** What is gone because it was old: how much of it, and where the chain went on from. Null: nothing. */
  removed: z.strictObject({ segments: count, rows: count, segment: count, seq: count, hash, until: z.string() }).nullable(),
})
const manifestSchema = z.strictObject({ format: z.literal(1), writers: z.record(z.string(), writerEntry) })

export type WriterEntry = Readonly<z.infer<typeof writerEntry>>
export interface Manifest {
  readonly format: 1
  readonly writers: Readonly<Record<string, WriterEntry>>
}

export const MANIFEST = 'manifest.json'
export const NEW_WRITER: WriterEntry = { closed: [], current: null, removed: null }

const FILE_MODE = 0o600
/** A change takes milliseconds, so a lock that is older was left by a process that died. */
const LOCK_STALE_MS = 5_000
const LOCK_PAUSE_MS = 5

/** Undefined when there is none. Throws an Error when it is no manifest. */
export function readManifest(directory: string): Manifest | undefined {
  const path = join(directory, MANIFEST)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return undefined
    throw new Error(`${path} cannot be read (${codeOf(cause)})`, { cause })
  }
  const parsed = parseJson(text)
  const checked = manifestSchema.safeParse(parsed)
  if (!checked.success) throw new Error(`${path} is no manifest of a ledger: ${parsed === undefined ? 'it is no JSON' : z.prettifyError(checked.error).replaceAll('\n', ' ')}`)
  return checked.data
}

/**
 * Changes what it says of one writer. Several processes may do so at once: one after the other, and a reader never sees half of it. Blocks, because
 * it must be done before the next line is written; it is needed once per file.
 */
export function updateManifest(directory: string, writer: string, change: (entry: WriterEntry) => WriterEntry): void {
  const unlock = lock(join(directory, `${MANIFEST}.lock`))
  try {
    const writers: Manifest['writers'] = readManifest(directory)?.writers ?? {}
    const changed: Manifest = { format: 1, writers: { ...writers, [writer]: change(writers[writer] ?? NEW_WRITER) } }
    replace(join(directory, MANIFEST), `${JSON.stringify(changed, undefined, 2)}\n`)
  } finally {
    unlock()
  }
}

function lock(path: string): () => void {
  for (;;) {
    try {
      closeSync(openSync(path, 'wx', FILE_MODE))
      return () => rmSync(path, { force: true })
    } catch (cause) {
      if (codeOf(cause) !== 'EEXIST') throw cause
      if (isStale(path)) rmSync(path, { force: true })
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOCK_PAUSE_MS)
    }
  }
}

function isStale(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false })
  return found !== undefined && Date.now() - found.mtimeMs > LOCK_STALE_MS
}

function replace(path: string, text: string): void {
  const aside = `${path}.new`
  const file = openSync(aside, 'w', FILE_MODE)
  try {
    // Not writeSync: on a disk that is nearly full that writes a part and says so only in its result.
    writeFileSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(aside, path)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
}
