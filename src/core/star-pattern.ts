// Names with stars, as they stand in limits, prices and lists of models: a `*` is any text, the empty one included, anywhere and more than once.

/**
 * A test for whole texts. Leftmost matching of the parts between the stars: linear, and no regular
 * expression that a configuration could make explode.
 */
export function createPattern(text: string): (name: string) => boolean {
  const parts = text.split('*')
  const first = parts[0] ?? ''
  const last = parts.length > 1 ? (parts[parts.length - 1] ?? '') : undefined
  if (last === undefined) return (name) => name === text
  const middle = parts.slice(1, -1)
  return (name) => {
    // The parts must not overlap: `ab*ba` does not match `aba`.
    if (name.length < first.length + last.length) return false
    if (!name.startsWith(first) || !name.endsWith(last)) return false
    const end = name.length - last.length
    let position = first.length
    for (const part of middle) {
      const found = name.indexOf(part, position)
      if (found === -1 || found + part.length > end) return false
      position = found + part.length
    }
    return true
  }
}
