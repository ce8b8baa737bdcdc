// A configuration on its way to another process. What is compiled cannot be sent, so its sources are: whatever happens to the files
// meanwhile, both processes have the same.

import { TollgateError } from '../core/errors.ts'
import { adaptConfig, type Adaptation } from './adapt-config.ts'
import { compileConfig } from './compile.ts'
import type { RuntimeConfig } from './runtime-config.ts'
import type { FileState, Sources } from './sources.ts'

/** Plain JSON. */
export interface PackedConfig {
  readonly sources: Omit<Sources, 'files' | 'display'> & { readonly files: readonly (readonly [string, FileState])[] }
  readonly adaptation: Adaptation | undefined
}

/** A configuration, and what another process needs to have the same. */
export interface ReadConfig {
  readonly config: RuntimeConfig
  readonly packed: PackedConfig
}

/** `loaded`: what loadConfig found good. */
export function toReadConfig({ config, sources }: { readonly config: RuntimeConfig; readonly sources: Sources }, adaptation?: Adaptation): ReadConfig {
  const { path, text, files, runtimeDirectory, stateDirectory, nowMs } = sources
  return {
    config: adaptation === undefined ? config : adaptConfig(config, adaptation),
    packed: { sources: { path, text, files: [...files], runtimeDirectory, stateDirectory, nowMs }, adaptation },
  }
}

/** Throws when the sources are not good, which those of a ReadConfig are. */
export function unpackConfig({ sources, adaptation }: PackedConfig): RuntimeConfig {
  const compiled = compileConfig({ ...sources, files: new Map(sources.files), display: (path) => path })
  if (!compiled.ok) throw new TollgateError('internal', `The configuration that was sent has problems: ${compiled.problems.map(({ message }) => message).join('; ')}`)
  return adaptation === undefined ? compiled.config : adaptConfig(compiled.config, adaptation)
}
