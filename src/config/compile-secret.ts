// {env: NAME} or {file: PATH} → where a secret is read from.

import type { Draft } from './draft.ts'
import type { SecretSource } from './runtime-config.ts'
import { fileState, resolvePath, type Sources } from './sources.ts'
import type { Path } from './yaml-source.ts'

export interface SecretPlace {
  readonly draft: Draft
  readonly path: Path
  readonly sources: Sources
  /** What it means that the file cannot be read: it may be mounted later, so that is only a warning. */
  readonly until: string
}

export function compileSecret(place: SecretPlace, written: { readonly env: string } | { readonly file: string }): SecretSource {
  return 'env' in written ? { kind: 'env', name: written.env } : { kind: 'file', path: compileSecretFile(place, written.file) }
}

/** The absolute path of `written`, which stands under `file` at the place. */
export function compileSecretFile({ draft, path, sources, until }: SecretPlace, written: string): string {
  const file = resolvePath(sources, written)
  const state = fileState(sources, file)
  if (state.kind === 'unreadable') draft.warn([...path, 'file'], `but ${sources.display(file)} cannot be read (${state.reason}); until it can, ${until}`)
  return file
}
