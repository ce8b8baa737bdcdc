// The name of a counter, letter for letter the original's, so that both services can share one Redis and be swapped
// while running. Known weakness kept for that: (a, b_c) and (a_b, c) share a counter; the unit is not part of the key.

import type { DescriptorEntry } from './messages.ts'

export interface CounterKeyParts {
  readonly domain: string
  readonly entries: readonly DescriptorEntry[]
  /** One per entry (`RuleMatch.counterValues`). */
  readonly counterValues: readonly string[]
  /** Seconds since the epoch. */
  readonly windowStart: number
}

/** `<domain>_<key>_<value>_…_<windowStart>` */
export function counterKey({ domain, entries, counterValues, windowStart }: CounterKeyParts): string {
  let key = `${domain}_`
  entries.forEach((entry, index) => {
    key += `${entry.key}_${counterValues[index] ?? entry.value}_`
  })
  return key + String(windowStart)
}
