// Which tools a model is offered, and which it must call: the client's, ours for structured output, and stand-ins for those of the past.

import type { Conversation, Message, Tool, ToolChoice } from '../conversation.ts'
import { answerInstruction, answerTool, answerToolName } from '../structured-output.ts'
import type { ModelTraits } from './model-traits.ts'

export interface OfferedTools {
  readonly tools: readonly Tool[]
  /** Undefined: as the model likes. Never `none`, which Bedrock does not know. */
  readonly choice: Exclude<ToolChoice, { readonly kind: 'none' }> | undefined
  /** To be said at the end of the system prompt, where a call cannot be demanded otherwise. */
  readonly instruction: string | undefined
}

/** Throws TollgateError `unsupported_parameter` for a schema that cannot be the arguments of a tool. */
export function offerTools(conversation: Conversation, { traits, isThinking }: { readonly traits: ModelTraits; readonly isThinking: boolean }, dropped: Set<string>): OfferedTools {
  const { tools, toolChoice, output } = conversation
  const former = formerTools(conversation.messages)
  // A history of calls is refused without tools, and without a history what may not be called need not be offered.
  const offered = tools.length === 0 ? former : toolChoice?.kind === 'none' && former.length === 0 ? [] : tools
  // Claude thinks only before calls that it is free to make, and some of them always think.
  const canDemand = traits.claude === undefined ? traits.vendor === 'amazon' : traits.claude.canBeForced && !isThinking
  if (toolChoice?.kind === 'any' || toolChoice?.kind === 'tool') {
    // A demanded call is no answer yet. Of models that we do not know we say what the client says.
    if (canDemand || traits.claude === undefined) return { tools: offered, choice: toolChoice, instruction: undefined }
    dropped.add('tool_choice')
    return { tools: offered, choice: undefined, instruction: demandInWords(toolChoice) }
  }
  if (output === undefined) {
    if (toolChoice?.kind !== 'none') return { tools: offered, choice: toolChoice, instruction: undefined }
    if (offered.length > 0) dropped.add('tool_choice')
    return { tools: offered, choice: undefined, instruction: undefined }
  }
  const withAnswer = [...offered, answerTool(output)]
  if (!canDemand) return { tools: withAnswer, choice: undefined, instruction: answerInstruction }
  const isOnlyAnswer = tools.length === 0 || toolChoice?.kind === 'none'
  return { tools: withAnswer, choice: isOnlyAnswer ? { kind: 'tool', name: answerToolName } : { kind: 'any' }, instruction: undefined }
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

function demandInWords(choice: ToolChoice): string {
  return choice.kind === 'tool' ? `In your next answer you must call the tool ${choice.name}.` : 'In your next answer you must call at least one of the tools.'
}
