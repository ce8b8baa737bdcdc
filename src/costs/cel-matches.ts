// matches() with the regular expressions that CEL means: RE2's, whose time is linear in the text. The library uses JavaScript's,
// in which `(a+)+$` on thirty characters takes minutes.

import type { Environment } from 'cel-js'
import { RE2JS } from '@bufbuild/re2'

/** Name of the safe function; no expression can spell it, calls of matches() are renamed to it (survey-cel.ts). */
export const SAFE_MATCHES = '@matches'

/** Patterns are literals of the configuration, so only reloads add to them; beyond this the oldest configuration is long gone. */
const MAX_PATTERNS = 1000
const compiled = new Map<string, RE2JS>()

/** Registers the method and the function form. */
export function registerMatches(environment: Environment): void {
  const handler = (text: string, pattern: string): boolean => compilePattern(pattern).test(text)
  const shape = { name: SAFE_MATCHES, returnType: 'bool', handler, async: false }
  environment.registerFunction({ ...shape, receiverType: 'string', params: [{ type: 'string' }] })
  environment.registerFunction({ ...shape, params: [{ type: 'string' }, { type: 'string' }] })
}

/** What is wrong with a pattern; undefined when nothing is. */
export function findPatternFault(pattern: string): string | undefined {
  try {
    compilePattern(pattern)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function compilePattern(pattern: string): RE2JS {
  const known = compiled.get(pattern)
  if (known !== undefined) return known
  const fresh = RE2JS.compile(pattern)
  if (compiled.size >= MAX_PATTERNS) compiled.clear()
  compiled.set(pattern, fresh)
  return fresh
}
