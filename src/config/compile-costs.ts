// costs: → compiled costs, `llm_total_token` among them in any case.

import type { Cost } from '../costs/cost.ts'
import { compileCost } from '../costs/compile-costs.ts'
import { callerAttributes } from './compile-callers.ts'
import type { Draft } from './draft.ts'
import { reservedMetadataKeys } from './reserved-names.ts'
import type { CallerSource } from './runtime-config.ts'
import { costSchema } from './schema.ts'
import { costName } from './schema-names.ts'
import type { Path } from './yaml-source.ts'

/** The cost that a limit counts when it names none. */
const DEFAULT_COST = 'llm_total_token'

export function compileCosts(draft: Draft, callers: readonly CallerSource[], file: string): readonly Cost[] {
  const costs = new Map<string, Cost>()
  const attributes = callerAttributes(callers)
  for (let index = 0; index < draft.count(['costs']); index += 1) {
    const path: Path = ['costs', index]
    const spec = draft.pick(path, costSchema)
    if (spec === undefined) continue
    const reason = whyNotCostName(spec.name, { attributes, costs })
    if (reason !== undefined) {
      draft.problem([...path, 'name'], reason)
      continue
    }
    const compiled = compileCost(spec)
    if (compiled.ok) {
      costs.set(spec.name, compiled.cost)
      for (const warning of compiled.warnings) draft.warn([...path, 'cel'], warning, 'key')
    } else {
      const correction = compiled.corrected === undefined ? '' : `; write: ${compiled.corrected.trim().replaceAll(/\s*\n\s*/g, ' ')}`
      // compileCost counts columns from 1, over the whole expression.
      draft.problems.push({
        file,
        ...draft.positionInText([...path, 'cel'], (compiled.column ?? 1) - 1),
        message: `costs[${index}].cel: ${compiled.message}${correction}`,
      })
    }
  }
  return costs.has(DEFAULT_COST) ? [...costs.values()] : [totalTokens(), ...costs.values()]
}

/** Of those too that did not compile: whoever names one has made one mistake, not two. */
export function costNames(draft: Draft, costs: readonly Cost[]): ReadonlySet<string> {
  const written = Array.from({ length: draft.count(['costs']) }, (_, index) => draft.pick(['costs', index, 'name'], costName))
  return new Set([...costs.map((cost) => cost.name), ...written.filter((name) => name !== undefined)])
}

function whyNotCostName(name: string, { attributes, costs }: { attributes: ReadonlySet<string>; costs: ReadonlyMap<string, Cost> }): string | undefined {
  if (reservedMetadataKeys.has(name)) return 'which Tollgate uses itself in the same metadata; choose another name'
  if (attributes.has(name)) return 'which is a caller attribute and would overwrite it in the metadata; choose another name'
  return costs.has(name) ? 'which is already the name of a cost above; choose another name' : undefined
}

function totalTokens(): Cost {
  const compiled = compileCost({ name: DEFAULT_COST, type: 'TotalToken' })
  if (!compiled.ok) throw new Error(`the built-in cost does not compile: ${compiled.message}`)
  return compiled.cost
}
