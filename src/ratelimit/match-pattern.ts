// A `*` in a descriptor stands for any text, the empty one included, and may occur anywhere and more than once.

/**
 * A test for whole `key_value` texts. Leftmost matching of the parts between the stars: linear, and no regular
 * expression that a configuration could make explode.
 */
export function createPattern(text: string): (keyValue: string) => boolean {
  const parts = text.split('*')
  const first = parts[0] ?? ''
  const last = parts.length > 1 ? (parts[parts.length - 1] ?? '') : undefined
  if (last === undefined) return (keyValue) => keyValue === text
  const middle = parts.slice(1, -1)
  return (keyValue) => {
    // The parts must not overlap: `ab*ba` does not match `aba`.
    if (keyValue.length < first.length + last.length) return false
    if (!keyValue.startsWith(first) || !keyValue.endsWith(last)) return false
    const end = keyValue.length - last.length
    let position = first.length
    for (const part of middle) {
      const found = keyValue.indexOf(part, position)
      if (found === -1 || found + part.length > end) return false
      position = found + part.length
    }
    return true
  }
}
