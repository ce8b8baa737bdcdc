// A configuration while it is being compiled: the text with its positions, the parts of it that are whole, and what was found wrong so far.

import type { z } from 'zod'
import { describeFound, describeIssues, formatPath, valueAt } from './describe-issue.ts'
import type { Problem } from './problem.ts'
import { configSchema } from './schema.ts'
import { parseYamlSource, type Path, type Position } from './yaml-source.ts'

export interface Draft {
  readonly problems: Problem[]
  readonly warnings: Problem[]
  /** False when nothing can be compiled from it: not YAML, or not a mapping. */
  readonly readable: boolean
  /** The value at `path` if it is as `schema` wants it; its problems are reported already. */
  pick<Schema extends z.ZodType>(path: Path, schema: Schema): z.output<Schema> | undefined
  /** True when the file itself says something at `path`. */
  has(path: Path): boolean
  /** The keys of the mapping at `path`, valid or not, in file order. */
  keys(path: Path): string[]
  /** How many items the list at `path` has. */
  count(path: Path): number
  /** Reports a mistake; the sentence gets the path and, unless `part` is the key, what was found there. */
  problem(path: Path, message: string, part?: 'key' | 'value'): void
  warn(path: Path, message: string, part?: 'key' | 'value'): void
  /** Where the character at `offset` of the string at `path` stands. */
  positionInText(path: Path, offset: number): Position
}

/** `file` is the name under which problems are reported. */
export function createDraft(text: string, file: string): Draft {
  const source = parseYamlSource(text)
  const warnings: Problem[] = []
  const problems: Problem[] = source.problems.map((problem) => ({ file, ...problem }))
  const value = restoreVersion(source.value, source.plainText(['envoy', 'version']))
  const isMapping = typeof value === 'object' && value !== null && !Array.isArray(value)
  if (value === undefined && problems.length === 0) {
    problems.push({ file, line: 1, column: 1, message: 'the file is empty, allowed: a mapping with providers and models; examples/tollgate.yaml is a start' })
  } else if (value !== undefined) {
    const checked = configSchema.safeParse(value)
    for (const { path, part, message } of describeIssues(checked.error?.issues ?? [], value)) problems.push({ file, ...source.position(path, part), message })
  }
  const place = (path: Path, message: string, part: 'key' | 'value'): Problem => ({
    file,
    ...source.position(path, part),
    message: `${formatPath(path)}: ${part === 'value' ? `found ${describeFound(valueAt(value, path), path)}, ` : ''}${message}`,
  })
  return {
    problems,
    warnings,
    readable: isMapping,
    pick: (path, schema) => schema.safeParse(valueAt(value, path)).data,
    has: (path) => valueAt(value, path) !== undefined,
    keys: (path) => {
      const found = valueAt(value, path)
      return typeof found === 'object' && found !== null && !Array.isArray(found) ? Object.keys(found) : []
    },
    count: (path) => {
      const found = valueAt(value, path)
      return Array.isArray(found) ? found.length : 0
    },
    problem: (path, message, part = 'value') => void problems.push(place(path, message, part)),
    warn: (path, message, part = 'value') => void warnings.push(place(path, message, part)),
    positionInText: (path, offset) => source.positionInText(path, offset),
  }
}

// `version: 1.40` without quotes is the number 1.4 to YAML, and everyone writes it so.
function restoreVersion(value: unknown, written: string | undefined): unknown {
  if (typeof valueAt(value, ['envoy', 'version']) !== 'number' || written === undefined) return value
  // valueAt has just read envoy.version through these two levels, so both are objects.
  const whole = value as { readonly envoy: object }
  return { ...whole, envoy: { ...whole.envoy, version: written } }
}
