// What we read must be what the provider reads. Parsers differ over a name that occurs twice (first or last wins) and over its case
// (Go's encoding/json matches names by Unicode case folding), so a request that has a second spelling of a field we rely on is refused:
// a client could otherwise be limited for one model and served another.

import { TollgateError } from '../core/errors.ts'

/** Collects the entries whose names are watched. Throws TollgateError `malformed_request` for a name that is there twice or in another case. */
export function selectWatched<Entry>(watched: ReadonlySet<string>, entries: readonly Entry[], nameOf: (entry: Entry) => string): Map<string, Entry> {
  const found = new Map<string, Entry>()
  for (const entry of entries) {
    const name = nameOf(entry)
    if (watched.has(name)) {
      if (found.has(name)) throw new TollgateError('malformed_request', `The request has "${name}" twice. Send it once.`, { param: name })
      found.set(name, entry)
    } else refuseOtherCase(watched, name)
  }
  return found
}

/** Throws when `name` is not watched itself but would be read as a watched one by a server that ignores case. */
export function refuseOtherCase(watched: ReadonlySet<string>, name: string): void {
  if (!/[^a-z0-9_]/.test(name)) return
  const folded = foldCase(name)
  if (!watched.has(folded)) return
  const message = `The request has ${JSON.stringify(name)}, which some providers read as "${folded}". Write "${folded}".`
  throw new TollgateError('malformed_request', message, { param: folded })
}

// Upper case first: it joins U+017F (long s) to S; lower case then joins U+212A (the Kelvin sign) to k. Both fold in Go.
function foldCase(name: string): string {
  return name.toUpperCase().toLowerCase()
}
