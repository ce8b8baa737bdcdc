// What compiling needs from outside, read beforehand, so that compiling itself is pure.

import { createHash } from 'node:crypto'
import { isAbsolute, join, dirname } from 'node:path'

/** A file that tollgate.yaml names: its text where we read it, else only whether it can be read. */
export type FileState =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'present' }
  /** `reason` in words: "no such file", "permission denied" … */
  | { readonly kind: 'unreadable'; readonly reason: string }

export interface Sources {
  /** Absolute path of tollgate.yaml; relative paths in it start at its folder. */
  readonly path: string
  readonly text: string
  /** Absolute path → its state, for every path of `referencedFiles`. */
  readonly files: ReadonlyMap<string, FileState>
  /** Where sockets may be made when the file names none: $XDG_RUNTIME_DIR or the temporary folder. */
  readonly runtimeDirectory: string
  /** Where what must outlive a restart may be kept when the file names no place: $XDG_STATE_HOME or ~/.local/state. */
  readonly stateDirectory: string
  /** Milliseconds since 1970: some things in a file are over. */
  readonly nowMs: number
  /** The name of a file in messages, from its absolute path. */
  display(path: string): string
}

/** A path of the configuration as an absolute one. */
export function resolvePath(sources: Pick<Sources, 'path'>, path: string): string {
  return isAbsolute(path) ? join(path) : join(dirname(sources.path), path)
}

/** First 8 hex digits of SHA-256 over the configuration's path: two configurations on one machine get two, and the same one gets the same after a restart. */
export function pathHash({ path }: Pick<Sources, 'path'>): string {
  return createHash('sha256').update(path).digest('hex').slice(0, 8)
}

/** The state of a file; one that nobody looked at is unreadable. */
export function fileState(sources: Sources, path: string): FileState {
  return sources.files.get(path) ?? { kind: 'unreadable', reason: 'it was not read' }
}
