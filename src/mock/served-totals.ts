// The mock's books: what it has really served, to be compared with what a gateway charged for it.

import type { MockAnswer, TokenCounts } from './mock-answer.ts'

export interface ModelTotals {
  /** Answers that were written to the end, errors left out. */
  requests: number
  /** Of those: answers that did not tell their usage. */
  withoutUsage: number
  /** Includes cached and cache-creation tokens. */
  inputTokens: number
  cachedInputTokens: number
  cacheCreationInputTokens: number
  /** Includes reasoning tokens. */
  outputTokens: number
  reasoningTokens: number
  /** Error answers written. */
  errors: number
  /** Answers that were not written to the end, whoever broke off; their tokens are counted here only: the input, and the output sent until then. */
  aborted: { requests: number; inputTokens: number; outputTokens: number }
}

export interface ServedTotals {
  /** By the model that the mock was asked for. */
  readonly models: Readonly<Record<string, ModelTotals>>
  readonly total: ModelTotals
}

export interface ServedCounter {
  /** An answer was handed to the operating system to its last byte. */
  completed(answer: MockAnswer): void
  /** The connection went first. `outputTokens`: those of the events written until then. */
  aborted(model: string, tokens: TokenCounts | undefined, outputTokens: number): void
  totals(): ServedTotals
  reset(): void
}

export function createServedCounter(): ServedCounter {
  // Grows with the number of models, which only the tests choose.
  const models = new Map<string, ModelTotals>()
  const totalsOf = (model: string): ModelTotals => {
    let totals = models.get(model)
    if (totals === undefined) {
      totals = emptyTotals()
      models.set(model, totals)
    }
    return totals
  }
  return {
    completed: (answer) => {
      const totals = totalsOf(answer.model)
      if (answer.kind === 'whole' && answer.status >= 400) {
        totals.errors += 1
        return
      }
      totals.requests += 1
      if (!answer.tellsUsage) totals.withoutUsage += 1
      const { tokens } = answer
      if (tokens === undefined) return
      totals.inputTokens += tokens.inputTokens
      totals.cachedInputTokens += tokens.cachedInputTokens
      totals.cacheCreationInputTokens += tokens.cacheCreationInputTokens
      totals.outputTokens += tokens.outputTokens
      totals.reasoningTokens += tokens.reasoningTokens
    },
    aborted: (model, tokens, outputTokens) => {
      const { aborted } = totalsOf(model)
      aborted.requests += 1
      aborted.inputTokens += tokens?.inputTokens ?? 0
      aborted.outputTokens += outputTokens
    },
    totals: () => {
      const total = emptyTotals()
      for (const totals of models.values()) addTotals(total, totals)
      return { models: Object.fromEntries([...models].map(([model, totals]) => [model, { ...totals, aborted: { ...totals.aborted } }])), total }
    },
    reset: () => {
      models.clear()
    },
  }
}

function emptyTotals(): ModelTotals {
  return {
    requests: 0,
    withoutUsage: 0,
    inputTokens: 0,
    cachedInputTokens: 0,
    cacheCreationInputTokens: 0,
    outputTokens: 0,
    reasoningTokens: 0,
    errors: 0,
    aborted: { requests: 0, inputTokens: 0, outputTokens: 0 },
  }
}

function addTotals(sum: ModelTotals, part: ModelTotals): void {
  sum.requests += part.requests
  sum.withoutUsage += part.withoutUsage
  sum.inputTokens += part.inputTokens
  sum.cachedInputTokens += part.cachedInputTokens
  sum.cacheCreationInputTokens += part.cacheCreationInputTokens
  sum.outputTokens += part.outputTokens
  sum.reasoningTokens += part.reasoningTokens
  sum.errors += part.errors
  sum.aborted.requests += part.aborted.requests
  sum.aborted.inputTokens += part.aborted.inputTokens
  sum.aborted.outputTokens += part.aborted.outputTokens
}
