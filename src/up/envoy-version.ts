// Which Envoys we run: older ones lack what the rendered configuration needs (docs/envoy.md).

import type { EnvoyVersion } from '../config/runtime-config.ts'

/** Oldest minor version whose configuration we can render. */
export const oldestEnvoy = { major: 1, minor: 37 } as const

/** Installed when no usable Envoy is at hand. */
export const recommendedEnvoy = '1.40.0'

/** The version in the output of `envoy --version` (`… version: <commit>/1.40.0/Clean/…`), or undefined. */
export function parseEnvoyVersion(output: string): string | undefined {
  return /version:\s*[0-9a-f]+\/(\d+\.\d+\.\d+)/i.exec(output)?.[1]
}

/** Whether a version like `1.38.3` is one we can run. */
export function isSupportedEnvoy(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > oldestEnvoy.major || (major === oldestEnvoy.major && minor >= oldestEnvoy.minor)
}

/** Whose configuration form a running Envoy gets: that of its own minor version, or the newest we know. */
export function renderedVersion(version: string): EnvoyVersion {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const known = renderedVersions.find((each) => each === `${major}.${minor}`)
  return known ?? '1.40'
}

const renderedVersions: readonly EnvoyVersion[] = ['1.37', '1.38', '1.39', '1.40']
