// What a model on Bedrock can do, told from its id: Converse takes the same request for all, and each model refuses what it does not know.
// Sources: Bedrock user guide, "Supported models and model features"; docs.anthropic.com, "Adaptive thinking", "Migrating to Claude 4.7".

/** Those for which something is known here. `other`: every other vendor; `unknown`: an ARN that does not name its model. */
export type Vendor = 'anthropic' | 'amazon' | 'openai' | 'other' | 'unknown'

export interface ModelTraits {
  readonly vendor: Vendor
  /** Claude's generation: 307 for 3.7, 400 for 4, 410 for 4.10. 0 for other models, and for a Claude that does not say. */
  readonly generation: number
}

/** The first generation that thinks. */
export const firstThinking = 307
/** The first that decides itself how long it thinks. */
export const firstAdaptive = 406
/** From here on neither a budget nor sampling parameters are accepted. */
export const firstAdaptiveOnly = 407
/** From here on temperature and top_p exclude each other. */
export const firstOneSampler = 401
/** The first whose tools may be strict, and whose cache may be kept for an hour. */
export const firstStrict = 405

/** `model`: a model id, an inference profile with its region before it (`us.anthropic.…`), or an ARN. */
export function traitsOf(model: string): ModelTraits {
  const name = model.slice(model.lastIndexOf('/') + 1)
  const vendor = /(?:^|\.)(anthropic|amazon|openai)\./.exec(name)?.[1]
  switch (vendor) {
    case 'anthropic':
      return { vendor, generation: claudeGeneration(name) }
    case 'amazon':
    case 'openai':
      return { vendor, generation: 0 }
    default:
      return { vendor: /^[a-z0-9-]+\./.test(name) ? 'other' : 'unknown', generation: 0 }
  }
}

// claude-3-7-sonnet-20250219, claude-opus-4-6-v1, claude-sonnet-5: a number of more than two digits is a date.
function claudeGeneration(name: string): number {
  const found = /claude-(?:[a-z]+-)?(\d{1,2})(?:-(\d{1,2}))?(?!\d)/.exec(name)
  return found === null ? 0 : Number(found[1]) * 100 + Number(found[2] ?? 0)
}
