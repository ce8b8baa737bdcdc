// downgrade_to: of models, seen together: each must lead to a model, and all of them to an end.

import type { Draft } from './draft.ts'
import { listNames } from './compile-models.ts'
import { didYouMean } from './nearest-name.ts'
import { modelSchema } from './schema.ts'

/** Every step is one more admission while a client waits. */
const MAX_STEPS = 5

export function checkDowngrades(draft: Draft): void {
  const models = draft.keys(['models'])
  const next = new Map<string, string>()
  for (const model of models) {
    const target = draft.pick(['models', model, 'downgrade_to'], modelSchema.shape.downgrade_to)
    if (target === undefined) continue
    const reason = target === model ? 'which is this model itself; name a cheaper one' : models.includes(target) ? undefined : `which is no model, allowed: ${listNames(models)}${didYouMean(target, models)}`
    if (reason === undefined) next.set(model, target)
    else draft.problem(['models', model, 'downgrade_to'], reason)
  }
  checkEnds(draft, next)
}

function checkEnds(draft: Draft, next: ReadonlyMap<string, string>): void {
  const reported = new Set<string>()
  for (const model of next.keys()) {
    const way = wayFrom(model, next)
    const isCycle = way.length > 1 && way.at(-1) === model
    if (isCycle && !reported.has(model)) {
      draft.problem(['models', model, 'downgrade_to'], `which leads back to this model: ${way.join(' → ')}; one of them must be the last`)
      for (const member of way) reported.add(member)
    }
    // Of a way that is too long, the first model that is too far from its end: those before it are as well.
    if (!next.has(way.at(-1) ?? '') && way.length === MAX_STEPS + 2) {
      draft.problem(['models', model, 'downgrade_to'], `from where it takes more than ${MAX_STEPS} steps to the last model: ${way.join(' → ')}; allowed: at most ${MAX_STEPS}`)
    }
  }
}

/** The models one after the other, until there is no next one or one comes a second time. */
function wayFrom(model: string, next: ReadonlyMap<string, string>): readonly string[] {
  const way = [model]
  for (let target = next.get(model); target !== undefined; target = next.get(target)) {
    const isKnown = way.includes(target)
    way.push(target)
    if (isKnown) return way
  }
  return way
}
