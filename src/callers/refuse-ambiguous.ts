// Counter keys are the original rate limit service's: entries joined by `_`, without escapes. So the counter of the user
// `vic_model_gpt-4o` is that of the user `vic` with the model `gpt-4o`, and whoever may choose his name could use up another's limit.
// Such a value is refused where, and only where, the configured limits make it ambiguous.

import type { RuntimeConfig } from '../config/runtime-config.ts'
import { TollgateError } from '../core/errors.ts'
import { memoize } from '../core/memoize.ts'
import type { Caller } from './caller.ts'

/** Throws TollgateError `caller_ambiguous` when an attribute's value could be read as that attribute and the entry that follows it in a limit. */
export function refuseAmbiguous(config: RuntimeConfig, caller: Caller): void {
  const marks = marksOf(config)
  if (marks.size === 0) return
  for (const [attribute, value] of caller.attributes) {
    const mark = marks.get(attribute)?.find((each) => value.includes(each))
    if (mark === undefined) continue
    throw new TollgateError(
      'caller_ambiguous',
      `The ${attribute} ${JSON.stringify(value)} contains "${mark}", which the limits of this gateway read as the end of one value and the start of the next. Use another name.`,
    )
  }
}

/** Attribute → texts that may not occur in its values: `_<key>_` of every descriptor key that follows it in some limit. */
const marksOf = memoize((config: RuntimeConfig): ReadonlyMap<string, readonly string[]> => {
  const marks = new Map<string, Set<string>>()
  for (const path of config.limits.flatMap((limit) => limit.rules.keyPaths)) {
    for (const [index, key] of path.entries()) {
      const next = path[index + 1]
      if (next !== undefined) marks.set(key, (marks.get(key) ?? new Set()).add(`_${next}_`))
    }
  }
  return new Map([...marks].map(([key, texts]) => [key, [...texts]]))
})
