// Documents must have names, different ones, of few characters. Source: Bedrock API reference, DocumentBlock: letters, digits, single spaces,
// hyphens, parentheses and square brackets, at most 200.

const mostCharacters = 200

export class DocumentNames {
  readonly #taken = new Set<string>()

  /** A name that Bedrock takes, as near to the wanted one as can be; the same request always gives the same. */
  next(wanted: string | undefined): string {
    const cleaned = (wanted ?? '')
      .slice(0, 4 * mostCharacters)
      .replaceAll(/[^a-zA-Z0-9\s()[\]-]+/g, '-')
      .replaceAll(/\s+/g, ' ')
      .trim()
      .slice(0, mostCharacters - 8)
      .trim()
    const base = /[a-zA-Z0-9]/.test(cleaned) ? cleaned : 'document'
    let name = base
    for (let count = 2; this.#taken.has(name); count += 1) name = `${base} (${count})`
    this.#taken.add(name)
    return name
  }
}
