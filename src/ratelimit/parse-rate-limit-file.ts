// Compiles a rate limit file of envoyproxy/ratelimit. What the original refuses is refused, in its words and with a
// position, and all of it at once; what it accepts is accepted, with a warning where it silently does nothing.

import { buildRules } from './build-rules.ts'
import { checkKeys } from './check-keys.ts'
import type { DomainRules } from './domain-rules.ts'
import type { FileProblem } from './source-tree.ts'
import { parseSourceTree } from './source-tree.ts'
import { readFields, readMap, readText } from './source-values.ts'

export interface RateLimitFile {
  readonly text: string
  /** For messages that must name the file themselves; problems are reported without it. */
  readonly fileName: string
  /** `denyAtLimit` of every rule that does not say `metadata: {tollgate: {deny_at_limit: …}}`. */
  readonly denyAtLimitDefault: boolean
}

export type ParsedRateLimitFile =
  | { readonly ok: true; readonly rules: DomainRules; readonly warnings: readonly FileProblem[] }
  | { readonly ok: false; readonly problems: readonly FileProblem[] }

/** Never throws: what is wrong with the text is the answer. Problems and warnings are in file order. */
export function parseRateLimitFile({ text, fileName, denyAtLimitDefault }: RateLimitFile): ParsedRateLimitFile {
  const tree = parseSourceTree(text)
  const problems = [...tree.problems]
  const warnings = [...tree.warnings]
  if (problems.length > 0) return { ok: false, problems }
  const root = readMap(tree.root, 'map[interface {}]interface {}', problems)
  if (problems.length > 0) return { ok: false, problems }
  if (root === undefined) return { ok: false, problems: [{ message: `config file cannot have empty domain (${fileName} is empty)`, line: 1, column: 1 }] }

  checkKeys(root, { problems, warnings })
  const fields = readFields(root)
  const domain = readText(fields.get('domain'), problems)
  if (domain === '' && !problems.some(({ line, column }) => line === fields.get('domain')?.line && column === fields.get('domain')?.column)) {
    const { line, column } = fields.get('domain') ?? { line: 1, column: 1 }
    problems.push({ message: 'config file cannot have empty domain', line, column })
  }
  const rules = buildRules({ domain, descriptors: fields.get('descriptors'), denyAtLimitDefault, problems, warnings })
  return problems.length === 0 ? { ok: true, rules, warnings: warnings.toSorted(byPosition) } : { ok: false, problems: problems.toSorted(byPosition) }
}

function byPosition(left: FileProblem, right: FileProblem): number {
  return left.line - right.line || left.column - right.column
}
