// callers: → sources of caller identity.

import type { Draft } from './draft.ts'
import { reservedMetadataKeys, whyNotCallerHeader } from './reserved-names.ts'
import type { CallerSource } from './runtime-config.ts'
import { headerName } from './schema-names.ts'
import type { Path } from './yaml-source.ts'

export function compileCallers(draft: Draft): readonly CallerSource[] {
  const callers: CallerSource[] = []
  for (let index = 0; index < draft.count(['callers']); index += 1) {
    const path: Path = ['callers', index, 'headers']
    const attributes = new Map<string, string>()
    for (const attribute of draft.keys(path)) {
      const header = draft.pick([...path, attribute], headerName)?.toLowerCase()
      const reason = header === undefined ? undefined : whyNotCallerHeader(header)
      if (reservedMetadataKeys.has(attribute)) {
        draft.problem([...path, attribute], `"${attribute}" cannot be a caller attribute, because Tollgate uses the name itself; choose another`, 'key')
      } else if (reason !== undefined) draft.problem([...path, attribute], `which is not allowed: ${reason}`)
      else if (header !== undefined) attributes.set(attribute, header)
    }
    if (attributes.size > 0) callers.push({ kind: 'headers', attributes })
  }
  return callers
}

/** Every attribute that some source can yield. */
export function callerAttributes(callers: readonly CallerSource[]): ReadonlySet<string> {
  return new Set(callers.flatMap((source) => [...source.attributes.keys()]))
}
