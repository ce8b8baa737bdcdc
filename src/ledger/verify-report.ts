// What a check of a ledger has to say.

/** Something that is not as it was written. */
export interface Break {
  readonly file: string
  /** From 1; undefined: the file as a whole. */
  readonly line: number | undefined
  readonly problem: string
}

/** What was looked at of one writer. */
export interface WriterReport {
  readonly writer: string
  readonly files: number
  readonly lines: number
  readonly rows: number
  /** ISO 8601; undefined without lines. */
  readonly from: string | undefined
  readonly to: string | undefined
  /** The last line, to be noted elsewhere: later checks can be compared with it. */
  readonly lastSeq: number
  readonly lastHash: string | undefined
  /** Beginnings of files that were compared with what happened before them. */
  readonly snapshotsCompared: number
  /** What was removed because of its age, of which only the last hash is known. */
  readonly removed: { readonly files: number; readonly rows: number; readonly until: string } | undefined
  readonly breaks: readonly Break[]
  /** What is no break but should be known. */
  readonly notes: readonly string[]
}

/** What a check has found so far. */
export interface Findings {
  readonly breaks: Break[]
  readonly notes: string[]
}
