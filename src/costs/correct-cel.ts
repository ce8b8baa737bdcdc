// A refused expression is answered with the one that was probably meant. Every suggestion has been compiled: a guess that fails is not shown.

import type { CelFault } from './compile-cel.ts'
import { repairSyntax } from './repair-syntax.ts'
import { repairTypes } from './repair-types.ts'

/** More slips than this in one expression, and no suggestion helps. A price table may lack the same `u` in every row. */
const MAX_REPAIRS = 48
const MAX_ATTEMPTS = 150

type Attempt = (expression: string) => { readonly ok: true } | { readonly ok: false; readonly fault: CelFault }

/**
 * Searches depth first, shortest repairs first: each candidate repairs the first fault of the text, and its own first fault is repaired in turn.
 * @param attempt compiles a candidate as it would be compiled for use
 * @returns an expression for which `attempt` succeeds, or undefined
 */
export function correctCel(fault: CelFault, attempt: Attempt): string | undefined {
  const tried = new Set([fault.source.text])
  const search = (current: CelFault, depth: number): string | undefined => {
    const faults: CelFault[] = []
    for (const candidate of [...repairTypes(current), ...repairSyntax(current)]) {
      if (tried.has(candidate) || tried.size > MAX_ATTEMPTS) continue
      tried.add(candidate)
      const result = attempt(candidate)
      if (result.ok) return candidate
      faults.push(result.fault)
    }
    if (depth === MAX_REPAIRS) return undefined
    for (const next of faults) {
      const corrected = search(next, depth + 1)
      if (corrected !== undefined) return corrected
    }
    return undefined
  }
  return search(fault, 0)
}
