// What a model on Bedrock can do, told from its id: Converse takes the same request for all, and each model refuses what it does not know.
// Source: Bedrock user guide, "Supported models and model features"; of Claude, what its own API documents.

import { type ClaudeModel, claudeModel } from '../anthropic-messages/claude-model.ts'

export interface ModelTraits {
  /** Those for which something is known here. `other`: every other vendor; `unknown`: an ARN that does not name its model. */
  readonly vendor: 'anthropic' | 'amazon' | 'openai' | 'other' | 'unknown'
  /** Undefined for models that are no Claude. */
  readonly claude: ClaudeModel | undefined
  /** From Claude 4.5 on caches may be kept for an hour. */
  readonly isFrom45: boolean
}

/** `model`: a model id, an inference profile with its region before it (`us.anthropic.…`), or an ARN. */
export function traitsOf(model: string): ModelTraits {
  const name = model.slice(model.lastIndexOf('/') + 1)
  const vendor = /(?:^|\.)(anthropic|amazon|openai)\./.exec(name)?.[1]
  switch (vendor) {
    case 'anthropic':
      return { vendor, claude: claudeModel(name), isFrom45: isFrom45(name) }
    case 'amazon':
    case 'openai':
      return { vendor, claude: undefined, isFrom45: false }
    default:
      return { vendor: /^[a-z0-9-]+\./.test(name) ? 'other' : 'unknown', claude: undefined, isFrom45: false }
  }
}

// claude-sonnet-4-5-20250929, claude-opus-5: a number of more than two digits is a date.
function isFrom45(name: string): boolean {
  const [, major = '0', minor = '0'] = /claude-[a-z]+-(\d{1,2})(?:[-.](\d{1,2}))?(?!\d)/.exec(name) ?? []
  return Number(major) > 4 || (major === '4' && Number(minor) >= 5)
}
