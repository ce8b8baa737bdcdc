// Files that must be there: Envoy refuses its whole configuration when it cannot read one, and the store cannot be connected to.

import type { Draft } from './draft.ts'
import { fileState, resolvePath, type Sources } from './sources.ts'
import type { Path } from './yaml-source.ts'

/** The absolute path of `written`; a problem at `path` when it cannot be read. */
export function requireFile({ draft, sources, path }: { readonly draft: Draft; readonly sources: Sources; readonly path: Path }, written: string): string {
  const file = resolvePath(sources, written)
  const state = fileState(sources, file)
  if (state.kind === 'unreadable')
    draft.problem(path, `but ${sources.display(file)} cannot be read (${state.reason}); paths are relative to the folder of ${sources.display(sources.path)}`)
  return file
}
