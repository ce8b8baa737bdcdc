// How much the model shall think: `thinking`, and the effort of `output_config`. Source: docs.anthropic.com, "Thinking", "Effort".

import type { JsonObject, Reasoning } from '../conversation.ts'
import { expectInteger, expectOneOf, optionalObject, optionalString } from './field-checks.ts'

const efforts = ['low', 'medium', 'high', 'xhigh', 'max'] as const

export function readThinking(body: JsonObject): Reasoning | undefined {
  const said = optionalObject(body['output_config'], 'output_config')?.['effort']
  const effort = said === undefined || said === null ? undefined : expectOneOf(said, 'output_config.effort', efforts)
  const thinking = optionalObject(body['thinking'], 'thinking')
  if (thinking === undefined) return effort === undefined ? undefined : { effort, budgetTokens: undefined, visible: false }
  const visible = optionalString(thinking['display'], 'thinking.display') !== 'omitted'
  switch (expectOneOf(thinking['type'], 'thinking.type', ['enabled', 'disabled', 'adaptive', 'between_tools'])) {
    case 'enabled':
      return { effort, budgetTokens: expectInteger(thinking['budget_tokens'], 'thinking.budget_tokens', 1_024), visible }
    case 'adaptive':
      // Anthropic's own default.
      return { effort: effort ?? 'high', budgetTokens: undefined, visible }
    case 'disabled':
    case 'between_tools':
      return { effort: 'none', budgetTokens: 0, visible: false }
  }
}
