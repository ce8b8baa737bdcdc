// Who answers why: about the exchanges of this process that ended last, and about requests that were not made. Questions and answers are plain JSON,
// so that one process can ask another.

import { TollgateError } from '../core/errors.ts'
import type { Explanation } from './explanation.ts'
import { explainExchange } from './explain-exchange.ts'
import { type ExplainQuestion, explainRequest, type RehearsalDependencies } from './explain-request.ts'
import type { RecentExchanges } from './recent-exchanges.ts'

/** `since`: an exchange that is not known ended before it, or has not ended, or was not served here; ISO 8601. */
export type FoundExchange = { readonly explanation: Explanation } | { readonly explanation: null; readonly since: string }

export interface Explainer {
  find(id: string): Promise<FoundExchange>
  /** Rejects as explainRequest does. */
  explain(question: ExplainQuestion): Promise<Explanation>
}

export function createExplainer(dependencies: RehearsalDependencies, recent: Pick<RecentExchanges, 'find' | 'sinceMs'>): Explainer {
  return {
    async find(id) {
      const summary = recent.find(id)
      return summary === undefined ? { explanation: null, since: new Date(recent.sinceMs).toISOString() } : { explanation: explainExchange(summary) }
    },
    explain: (question) => explainRequest(question, dependencies),
  }
}

/**
 * One for several processes: each knows what it has served, and any of them can say what would become of a request. Who does not answer knows of
 * nothing; when nobody does, that is the failure.
 */
export function joinExplainers(all: () => readonly Explainer[]): Explainer {
  return {
    async find(id) {
      const answers = await Promise.allSettled(all().map(async (each) => each.find(id)))
      const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
      const known = found.find(({ explanation }) => explanation !== null)
      if (known !== undefined) return known
      // As far back as the one that reaches back least.
      const since = found.flatMap((answer) => (answer.explanation === null ? [answer.since] : [])).toSorted().at(-1)
      if (since === undefined) throw nobody()
      return { explanation: null, since }
    },
    async explain(question) {
      const [first] = all()
      if (first === undefined) throw nobody()
      return first.explain(question)
    },
  }
}

function nobody(): TollgateError {
  return new TollgateError('internal', 'No process that serves Envoy can be asked now.')
}
