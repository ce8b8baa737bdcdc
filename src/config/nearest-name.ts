// Most unknown names are misspelt known ones, so an error can often say which one was meant.

import { editDistance } from '../core/edit-distance.ts'

/** The known name with the fewest edits to `name`, when it is near enough to be meant; undefined otherwise. */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined
  // A third of the letters may differ: `opena1` is meant to be `openai`, `vllm` is not meant to be `azure`.
  let bestDistance = Math.max(1, Math.floor(name.length / 3)) + 1
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase())
    // Of very short names at least half must agree.
    if (distance < bestDistance && distance * 2 < Math.max(name.length, candidate.length)) {
      best = candidate
      bestDistance = distance
    }
  }
  return best ?? containedName(name.toLowerCase(), [...known])
}

// `base_url` for url, `total_token` for llm_total_token.
function containedName(name: string, known: readonly string[]): string | undefined {
  return known.find(
    (candidate) => (candidate.length > 2 && name.includes(candidate.toLowerCase())) || (name.length > 2 && candidate.toLowerCase().includes(name)),
  )
}

/** `; did you mean "x"?`, or '' when no known name is near. */
export function didYouMean(name: string, known: Iterable<string>): string {
  const nearest = nearestName(name, known)
  return nearest === undefined ? '' : `; did you mean "${nearest}"?`
}
