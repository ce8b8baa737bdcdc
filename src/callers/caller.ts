// Who is calling, as far as a configured source could tell.

export interface Caller {
  /** Attribute (`user`, `team`, any configured name) → value. Empty when no source is configured: everybody is the same caller. */
  readonly attributes: ReadonlyMap<string, string>
  /** Lists of model patterns; a model must match one pattern of every list. None: every model. */
  readonly allowLists: readonly (readonly string[])[]
}

export const anonymousCaller: Caller = { attributes: new Map(), allowLists: [] }
