// Who is calling, as far as a configured source could tell.

export interface Caller {
  /** Attribute (`user`, `team`, any configured name) → value. Empty when no source is configured: everybody is the same caller. */
  readonly attributes: ReadonlyMap<string, string>
}

export const anonymousCaller: Caller = { attributes: new Map() }
