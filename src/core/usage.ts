// One canonical form for the token counts of every provider, so that costs and limits never ask who answered.
// Input includes cached and cache-creation tokens; output includes reasoning tokens; unknown is undefined, never 0.

/** Why a count was changed while reading it. `estimated` means: no provider said this number. */
export type UsageFlag =
  | 'negative'
  | 'fractional'
  | 'too_large'
  | 'not_a_number'
  | 'cached_exceeds_input'
  | 'reasoning_exceeds_output'
  | 'total_mismatch'
  | 'estimated'

/** What some providers say of the counts beyond them, because it has prices of its own. Only what was reported and is more than 0. */
export interface UsageDetails {
  /** The part of cacheCreationInputTokens that is kept for an hour. */
  readonly cacheCreation1hInputTokens?: number
  /** Audio and pictures of the input, cached ones included. */
  readonly inputAudioTokens?: number
  readonly inputImageTokens?: number
  /** The parts of cachedInputTokens that are audio and pictures. */
  readonly cachedInputAudioTokens?: number
  readonly cachedInputImageTokens?: number
  readonly outputAudioTokens?: number
  readonly outputImageTokens?: number
  /** Searches of the web that the provider made for the answer. */
  readonly webSearches?: number
}

/** Token counts of one exchange. Every count is an integer 0 … MAX_TOKENS, or undefined when no one said it. */
export interface Usage {
  /** All input tokens, cached and cache-creation ones included. */
  readonly inputTokens: number | undefined
  /** The part of the input that was read from a provider's prompt cache. */
  readonly cachedInputTokens: number | undefined
  /** The part of the input that was written to a provider's prompt cache. */
  readonly cacheCreationInputTokens: number | undefined
  /** All output tokens, reasoning included. */
  readonly outputTokens: number | undefined
  /** The part of the output that was reasoning. */
  readonly reasoningTokens: number | undefined
  /** The provider's own total, else input + output, else undefined. */
  readonly totalTokens: number | undefined
  /** What was bounded or guessed on the way; empty for a plain answer. */
  readonly flags: readonly UsageFlag[]
  /** Absent when there is nothing to say. */
  readonly details?: UsageDetails
}

/** The counts as a provider wrote them, already mapped to our names but neither checked nor completed. */
export interface RawUsage {
  readonly inputTokens?: unknown
  readonly cachedInputTokens?: unknown
  readonly cacheCreationInputTokens?: unknown
  readonly outputTokens?: unknown
  readonly reasoningTokens?: unknown
  readonly totalTokens?: unknown
  readonly details?: Readonly<Partial<Record<keyof UsageDetails, unknown>>>
}

/** Largest count we believe. Above it a provider is lying or broken: no context window is near 2^31 tokens. */
export const MAX_TOKENS = 2_147_483_647

/**
 * Checks and completes raw counts. Values that lie are bounded and flagged instead of refused:
 * the answer was already served, and a wrong number must neither crash the charge nor make it free.
 */
export function canonicalUsage(raw: RawUsage): Usage {
  const flags: UsageFlag[] = []
  const inputTokens = boundCount(raw.inputTokens, flags)
  const outputTokens = boundCount(raw.outputTokens, flags)
  let cachedInputTokens = boundCount(raw.cachedInputTokens, flags)
  let cacheCreationInputTokens = boundCount(raw.cacheCreationInputTokens, flags)
  let reasoningTokens = boundCount(raw.reasoningTokens, flags)
  if (inputTokens !== undefined) {
    if (cachedInputTokens !== undefined && cachedInputTokens > inputTokens) {
      cachedInputTokens = inputTokens
      flag(flags, 'cached_exceeds_input')
    }
    const uncached = inputTokens - (cachedInputTokens ?? 0)
    if (cacheCreationInputTokens !== undefined && cacheCreationInputTokens > uncached) {
      cacheCreationInputTokens = uncached
      flag(flags, 'cached_exceeds_input')
    }
  }
  if (outputTokens !== undefined && reasoningTokens !== undefined && reasoningTokens > outputTokens) {
    reasoningTokens = outputTokens
    flag(flags, 'reasoning_exceeds_output')
  }
  const totalTokens = completeTotal(raw.totalTokens, inputTokens, outputTokens, flags)
  const details = raw.details === undefined ? undefined : boundDetails(raw.details, flags)
  const usage = { inputTokens, cachedInputTokens, cacheCreationInputTokens, outputTokens, reasoningTokens, totalTokens, flags }
  return details === undefined ? usage : { ...usage, details }
}

// Each once. There are none nearly always, so a Set would cost more than it saves.
function flag(flags: UsageFlag[], name: UsageFlag): void {
  if (!flags.includes(name)) flags.push(name)
}

function boundDetails(raw: NonNullable<RawUsage['details']>, flags: UsageFlag[]): UsageDetails | undefined {
  const entries = Object.entries(raw).flatMap(([name, value]) => {
    const count = boundCount(value, flags)
    return count === undefined || count === 0 ? [] : [[name, count] as const]
  })
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

// A provider may bill more than input + output (tool-use tokens of Gemini), never less: the larger number is kept.
function completeTotal(rawTotal: unknown, inputTokens: number | undefined, outputTokens: number | undefined, flags: UsageFlag[]): number | undefined {
  const total = boundCount(rawTotal, flags)
  if (total === undefined && (inputTokens === undefined || outputTokens === undefined)) return undefined
  const known = Math.min(MAX_TOKENS, (inputTokens ?? 0) + (outputTokens ?? 0))
  if (total === undefined) return known
  if (total < known) {
    flag(flags, 'total_mismatch')
    return known
  }
  return total
}

function boundCount(value: unknown, flags: UsageFlag[]): number | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'number' || Number.isNaN(value)) {
    flag(flags, 'not_a_number')
    return undefined
  }
  if (value < 0) {
    flag(flags, 'negative')
    return 0
  }
  if (value > MAX_TOKENS) {
    flag(flags, 'too_large')
    return MAX_TOKENS
  }
  if (!Number.isInteger(value)) {
    flag(flags, 'fractional')
    return Math.ceil(value)
  }
  // Adding 0 turns JSON's -0 into 0.
  return value + 0
}
