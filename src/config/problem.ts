// What is wrong with a configuration, and where: the one shape in which every mistake reaches the user.

export interface Problem {
  /** As a person would type it: relative to the working directory where that is shorter. */
  readonly file: string
  /** Both count from 1. */
  readonly line: number
  readonly column: number
  /** What was found, what is allowed, what to do. Never contains a secret. */
  readonly message: string
}

/** A pure parser's answer: a value, or a sentence that says what is allowed instead. */
export type Parsed<Value> = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly message: string }

/** The form in which editors and terminals make a position clickable. */
export function formatProblem(problem: Problem): string {
  return `${problem.file}:${problem.line}:${problem.column}: ${problem.message}`
}

/** By file in the order of `files`, then by position; the same sentence at the same place only once. */
export function sortProblems(problems: readonly Problem[], files: readonly string[]): Problem[] {
  const unique = new Map(problems.map((problem) => [formatProblem(problem), problem]))
  const rank = (problem: Problem): number => (files.includes(problem.file) ? files.indexOf(problem.file) : files.length)
  return [...unique.values()].toSorted((a, b) => rank(a) - rank(b) || a.line - b.line || a.column - b.column)
}
