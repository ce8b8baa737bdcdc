// Which tools a model is offered, and which it must call: the client's, ours for structured output, and stand-ins for those of the past.

import type { Conversation, Message, Tool, ToolChoice } from '../conversation.ts'
import { answerTool, answerToolName } from '../structured-output.ts'
import type { ModelTraits } from './model-traits.ts'

export interface OfferedTools {
  readonly tools: readonly Tool[]
  /** Undefined: as the model likes. Never `none`, which Bedrock does not know. */
  readonly choice: Exclude<ToolChoice, { readonly kind: 'none' }> | undefined
  /** The model must be told to give its answer by our tool: it cannot be made to. */
  readonly needsInstruction: boolean
}

/** Throws TollgateError `unsupported_parameter` for a schema that cannot be the arguments of a tool. */
export function offerTools(conversation: Conversation, { traits, isThinking }: { readonly traits: ModelTraits; readonly isThinking: boolean }, dropped: Set<string>): OfferedTools {
  const { tools, toolChoice, output } = conversation
  const former = formerTools(conversation.messages)
  // A history of calls is refused without tools, and without a history what may not be called need not be offered.
  const offered = tools.length === 0 ? former : toolChoice?.kind === 'none' && former.length === 0 ? [] : tools
  // A demanded call is no answer yet.
  if (output === undefined || toolChoice?.kind === 'any' || toolChoice?.kind === 'tool') {
    const isForbidden = toolChoice?.kind === 'none'
    if (isForbidden && offered.length > 0) dropped.add('tool_choice')
    return { tools: offered, choice: isForbidden ? undefined : toolChoice, needsInstruction: false }
  }
  const withAnswer = [...offered, answerTool(output)]
  // Claude thinks only before calls that it is free to make; other vendors' models mostly cannot be made to call.
  if (isThinking || (traits.vendor !== 'anthropic' && traits.vendor !== 'amazon')) return { tools: withAnswer, choice: undefined, needsInstruction: true }
  const isOnlyAnswer = tools.length === 0 || toolChoice?.kind === 'none'
  return { tools: withAnswer, choice: isOnlyAnswer ? { kind: 'tool', name: answerToolName } : { kind: 'any' }, needsInstruction: false }
}

/** Those that the history has calls or results of. */
function formerTools(messages: readonly Message[]): readonly Tool[] {
  const names = new Set<string>()
  for (const { parts } of messages) {
    for (const part of parts) {
      if (part.kind === 'tool_call') names.add(part.name)
      else if (part.kind === 'tool_result') names.add(part.name ?? 'tool')
    }
  }
  return [...names].map((name) => ({ name, description: 'No longer available.', parameters: undefined, strict: undefined }))
}
