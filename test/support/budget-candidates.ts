// Models as an admission sees them, without a request behind them: each needs so many tokens.

import type { Candidate } from '../../src/budgets/plan-claims.ts'
import type { AdmissionInput } from '../../src/budgets/admission.ts'
import type { Budget } from '../../src/budgets/budget.ts'

export interface CandidateParts extends Partial<Candidate> {
  /** Of input, whatever is answered. */
  readonly inputTokens?: number
  /** The client's own bound, all of which it is expected to use. */
  readonly outputTokens?: number
}

export function buildCandidate({ inputTokens = 0, outputTokens = 100, ...changes }: CandidateParts = {}): Candidate {
  return {
    attributes: new Map([['user', 'alice']]),
    clientModel: 'gpt-4o',
    providers: ['openai'],
    route: undefined,
    depth: 0,
    isCheapest: false,
    leastOutputTokens: 1,
    need: ({ kind }, _mode, maxOutputTokens) => {
      const output = maxOutputTokens ?? outputTokens
      return { requests: 1, input_tokens: inputTokens, output_tokens: output, tokens: inputTokens + output, usd: inputTokens + output, cost: inputTokens + output }[kind]
    },
    ...changes,
  }
}

/** An admission of these candidates, the one that was asked for first. */
export function buildAdmission(id: string, budgets: readonly Budget[], candidates: readonly Candidate[] = [buildCandidate()], changes: Partial<AdmissionInput> = {}): AdmissionInput {
  return { id, budgets, candidate: (depth) => candidates[depth], bytes: 100, gone: () => new AbortController().signal, ...changes }
}
