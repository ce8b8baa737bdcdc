// Where installed tools are kept: inside a clone, or in the user's cache when Tollgate itself is an installed package.

import { join } from 'node:path'

/**
 * `TOLLGATE_TOOLS_DIR` if set; `<root>/.tollgate/tools` in a clone; else `$XDG_CACHE_HOME/tollgate/tools`, by default under `~/.cache`.
 */
export function toolsDirectory(place: {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The directory that holds package.json. */
  readonly root: string
  readonly isClone: boolean
  readonly home: string
}): string {
  const named = place.environment['TOLLGATE_TOOLS_DIR']
  if (named !== undefined && named !== '') return named
  if (place.isClone) return join(place.root, '.tollgate', 'tools')
  const cache = place.environment['XDG_CACHE_HOME']
  return join(cache === undefined || cache === '' ? join(place.home, '.cache') : cache, 'tollgate', 'tools')
}
