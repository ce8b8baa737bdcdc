// Request and response headers as Envoy shows them: lower-case names, repeated names kept apart,
// because a repeated identity header must be refused, not joined.

/** A dozen entries as a rule: going through them takes no longer than hashing, and costs nothing to build. */
export class Headers {
  readonly #names: string[] = []
  /** Undefined: to be cut out of the source when somebody asks for it. Of all headers, half are never looked at. */
  readonly #values: (string | undefined)[] = []
  /** Where a value is in the source, from and to: two numbers for each header. */
  readonly #places: number[] = []
  readonly #source: string

  /** `source`: the text in which `appendPlace` finds values. */
  constructor(source = '') {
    this.#source = source
  }

  /** Adds one value; a second value of the same name is kept beside the first. */
  append(name: string, value: string): void {
    this.#names.push(name)
    this.#values.push(value)
    this.#places.push(0, 0)
  }

  /** As `append`, with the value that is in the source between these two. */
  appendPlace(name: string, start: number, end: number): void {
    this.#names.push(name)
    this.#values.push(undefined)
    this.#places.push(start, end)
  }

  /** The value of a header that occurs once; the first one if it is repeated; undefined if absent. May keep the source alive: `ownText` of what outlives the exchange. */
  get(name: string): string | undefined {
    const at = this.#names.indexOf(name)
    return at === -1 ? undefined : (this.#values[at] ?? this.#cut(at))
  }

  #cut(at: number): string {
    return (this.#values[at] = this.#source.slice(this.#places[2 * at], this.#places[2 * at + 1]))
  }

  /** How often the header occurs. */
  count(name: string): number {
    let count = 0
    for (const held of this.#names) if (held === name) count += 1
    return count
  }

  has(name: string): boolean {
    return this.#names.includes(name)
  }

  /** In the order in which they came; a repeated name as often as it occurs. */
  names(): readonly string[] {
    return this.#names
  }

  /** For tests and small callers. */
  static from(entries: Readonly<Record<string, string>>): Headers {
    const headers = new Headers()
    for (const [name, value] of Object.entries(entries)) headers.append(name.toLowerCase(), value)
    return headers
  }
}
