// A cost is typed through and through. What only exists at run time (dyn) compares differently in the library than in cel-go, bytes are
// read differently, and a wrong charge is worse than an expression refused at load.

import type { ASTNode } from 'cel-js'
import type { CelProblem } from './cel-problem.ts'
import { refusal } from './survey-cel.ts'

/** Refuses what CEL has and a cost does not need. */
export function refuseInCost(node: ASTNode): CelProblem | undefined {
  if (node.op === 'call' && node.args[0] === 'dyn') {
    return refusal(node, 'unknown_function', 'dyn() is not available: a cost is typed, and mixed numbers work without it')
  }
  if (node.op === 'call' && node.args[0] === 'bytes') return refusal(node, 'unknown_function', 'bytes() is not available: compare strings')
  if (node.op === 'value' && node.args instanceof Uint8Array) return refusal(node, 'bytes_literal', 'bytes are not available: compare strings')
  if (node.op === 'map') return findBadKey(node.args.map(([key]) => key))
  return undefined
}

// cel-go fails on these when the map is built; in the library the last one wins, and 1 and 1.0 are one key.
function findBadKey(keys: readonly ASTNode[]): CelProblem | undefined {
  const seen = new Set<string>()
  for (const key of keys) {
    if (key.op !== 'value') continue
    if (key.args === null || typeof key.args === 'number') return refusal(key, 'bad_key', 'a map key must be a string, a whole number or a bool')
    const text = typeof key.args === 'string' ? JSON.stringify(key.args) : key.args.toString()
    if (seen.has(text)) return refusal(key, 'bad_key', `the map key ${text} is there twice`)
    seen.add(text)
  }
  return undefined
}
