// Request and response headers as Envoy shows them: lower-case names, repeated names kept apart,
// because a repeated identity header must be refused, not joined.

export class Headers {
  readonly #values = new Map<string, string | string[]>()

  /** Adds one value; a second value of the same name is kept beside the first. */
  append(name: string, value: string): void {
    const held = this.#values.get(name)
    if (held === undefined) this.#values.set(name, value)
    else if (typeof held === 'string') this.#values.set(name, [held, value])
    else held.push(value)
  }

  /** The value of a header that occurs once; the first one if it is repeated; undefined if absent. */
  get(name: string): string | undefined {
    const held = this.#values.get(name)
    return typeof held === 'string' ? held : held?.[0]
  }

  /** How often the header occurs. */
  count(name: string): number {
    const held = this.#values.get(name)
    return held === undefined ? 0 : typeof held === 'string' ? 1 : held.length
  }

  has(name: string): boolean {
    return this.#values.has(name)
  }

  names(): Iterable<string> {
    return this.#values.keys()
  }

  /** For tests and small callers. */
  static from(entries: Readonly<Record<string, string>>): Headers {
    const headers = new Headers()
    for (const [name, value] of Object.entries(entries)) headers.append(name.toLowerCase(), value)
    return headers
  }
}
