// What a Claude takes, told from its name: the API is one, but each generation refuses with a 400 what it no longer, or not yet, knows.
// Sources: docs.anthropic.com, "Models overview", "Thinking" (support by model), "Migration guide" of 4.6, 4.7, 5 and 5.5.

export interface ClaudeModel {
  /** `budget`: by tokens; `adaptive`: by effort, as long as the model likes. */
  readonly thinking: 'none' | 'budget' | 'adaptive'
  /** Without `thinking` in the request it thinks all the same. */
  readonly thinksUnasked: boolean
  /** How it is told not to think; `impossible`: it always thinks. */
  readonly thinkingOff: 'omitted' | 'disabled' | 'between_tools' | 'impossible'
  /** `tool_choice` may demand a call, provided that the model does not think. */
  readonly canBeForced: boolean
  /** `one`: temperature or top_p, not both. `none`: nothing but the defaults. */
  readonly sampling: 'all' | 'one' | 'none'
  /** The last message may be the beginning of the answer. */
  readonly continuesAnswers: boolean
  /** `effort: xhigh` exists. */
  readonly hasExtraHighEffort: boolean
  /** Undefined: unknown. */
  readonly maxOutputTokens: number | undefined
  /** `max_tokens` for clients that gave none: the API demands it. */
  readonly defaultMaxTokens: number
}

/** Others that speak Anthropic's API imitate its older generations. */
const lookAlike: ClaudeModel = {
  thinking: 'budget',
  thinksUnasked: false,
  thinkingOff: 'omitted',
  canBeForced: true,
  sampling: 'all',
  continuesAnswers: true,
  hasExtraHighEffort: false,
  maxOutputTokens: undefined,
  defaultMaxTokens: 8_192,
}

/** Enough for a long answer, and within the limit of every model that has it. */
const longAnswerTokens = 32_000

const newest: ClaudeModel = {
  thinking: 'adaptive',
  thinksUnasked: true,
  thinkingOff: 'impossible',
  canBeForced: false,
  sampling: 'none',
  continuesAnswers: false,
  hasExtraHighEffort: true,
  maxOutputTokens: 128_000,
  defaultMaxTokens: longAnswerTokens,
}

const known = new Map<string, ClaudeModel>()
/** Names come from the configuration; more than this many are not kept. */
const mostKnown = 1_000

/** `name`: Anthropic's, Bedrock's or Vertex's. What cannot be told from the name is taken for the newest, which refuses most. */
export function claudeModel(name: string): ClaudeModel {
  let model = known.get(name)
  if (model === undefined) {
    model = judge(name)
    if (known.size < mostKnown) known.set(name, model)
  }
  return model
}

function judge(name: string): ClaudeModel {
  const { family, generation } = read(name)
  if (generation === undefined) return name.includes('claude') || name.startsWith('arn:') ? newest : lookAlike
  if (generation < 307) return beforeThinking(generation < 305 ? 4_096 : 8_192)
  if (generation < 406) return withBudget(family, generation)
  if (generation < 500) {
    const isLater = generation >= 407
    const limit = family === 'sonnet' ? 64_000 : 128_000
    return { ...newest, thinksUnasked: false, thinkingOff: 'omitted', canBeForced: true, sampling: isLater ? 'none' : 'one', hasExtraHighEffort: isLater, maxOutputTokens: limit }
  }
  const canStop = { ...newest, thinkingOff: 'disabled', canBeForced: true } as const
  if (generation === 500 && (family === 'opus' || family === 'sonnet')) return canStop
  if (generation === 505 && family === 'haiku') return canStop
  return generation === 505 && family === 'sonnet' ? { ...newest, thinkingOff: 'between_tools' } : newest
}

function beforeThinking(tokens: number): ClaudeModel {
  return { ...lookAlike, thinking: 'none', maxOutputTokens: tokens, defaultMaxTokens: tokens }
}

function withBudget(family: string, generation: number): ClaudeModel {
  const limit = family === 'opus' && generation < 405 ? 32_000 : 64_000
  return { ...lookAlike, sampling: generation >= 401 ? 'one' : 'all', maxOutputTokens: limit, defaultMaxTokens: longAnswerTokens }
}

// claude-3-7-sonnet-20250219, claude-sonnet-4@20250514, us.anthropic.claude-opus-4-6-v1, claude-sonnet-5.5: a number of more digits is a date.
function read(name: string): { readonly family: string; readonly generation: number | undefined } {
  const found = /claude-(?:([a-z]+)-)?v?(\d{1,2})(?:[-.](\d{1,2}))?(?!\d)(?:-([a-z]+))?/.exec(name)
  if (found === null) return { family: '', generation: undefined }
  return { family: found[1] ?? found[4] ?? '', generation: Number(found[2]) * 100 + Number(found[3] ?? 0) }
}
