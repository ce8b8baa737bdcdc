// Most unknown names are misspelt known ones, so an error can often say which one was meant.

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

// Insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
function editDistance(a: string, b: string): number {
  let twoBack: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1]
      let cost = Math.min((previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1, (previous[column - 1] ?? 0) + (same ? 0 : 1))
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      if (swapped) cost = Math.min(cost, (twoBack[column - 2] ?? 0) + 1)
      current.push(cost)
    }
    twoBack = previous
    previous = current
  }
  return previous[b.length] ?? 0
}
