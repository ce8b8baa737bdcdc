// The tools that a model may call, whether it must, and the tool of ours that stands for structured output.
// Source: docs.anthropic.com, API reference, "Messages", tools and tool_choice; "Thinking", tool_choice.

import type { Conversation, JsonObject, Message, Tool, ToolChoice } from '../conversation.ts'
import { withoutUndefined } from '../json-value.ts'
import { answerInstruction, answerTool, answerToolName, refuseAnswerTool } from '../structured-output.ts'
import type { CacheMarks } from './cache-marks.ts'
import type { ClaudeModel } from './claude-model.ts'

export interface WrittenTools {
  readonly tools: readonly JsonObject[] | undefined
  readonly toolChoice: JsonObject | undefined
  /** To be said at the end of the system prompt, where a call cannot be demanded otherwise. */
  readonly instruction: string | undefined
}

export interface ToolRules {
  readonly model: ClaudeModel
  readonly isThinking: boolean
  readonly marks: CacheMarks
  readonly dropped: Set<string>
}

/** Throws TollgateError `unsupported_parameter` for a schema of the answer that cannot be one of arguments, and for a tool with our name. */
export function writeTools(conversation: Conversation, rules: ToolRules): WrittenTools {
  const { tools, output, parallelToolCalls } = conversation
  refuseAnswerTool(tools)
  const plan = planChoice(conversation, rules)
  const offered = tools.length > 0 ? tools : formerTools(conversation.messages)
  const written = offered.map((tool) => writeTool(tool, rules))
  if (output !== undefined && plan.hasAnswerTool) written.push(writeTool(answerTool(output), rules))
  if (written.length === 0) return { tools: undefined, toolChoice: undefined, instruction: undefined }
  const choice = plan.choice ?? (tools.length === 0 && !plan.hasAnswerTool ? { kind: 'none' as const } : undefined)
  const isSingle = parallelToolCalls === false || (choice?.kind === 'tool' && choice.name === answerToolName)
  return { tools: written, toolChoice: writeChoice(choice, isSingle), instruction: plan.instruction }
}

interface Plan {
  readonly choice: ToolChoice | undefined
  readonly hasAnswerTool: boolean
  readonly instruction: string | undefined
}

function planChoice({ tools, toolChoice, output }: Conversation, { model, isThinking, dropped }: ToolRules): Plan {
  const canDemand = model.canBeForced && !isThinking
  const isDemanded = toolChoice?.kind === 'any' || toolChoice?.kind === 'tool'
  if (isDemanded) {
    // The answer comes in a later turn: this one is for the client's tools.
    if (canDemand) return { choice: toolChoice, hasAnswerTool: false, instruction: undefined }
    dropped.add('tool_choice')
    return { choice: { kind: 'auto' }, hasAnswerTool: false, instruction: demandInWords(toolChoice) }
  }
  if (output === undefined) return { choice: toolChoice, hasAnswerTool: false, instruction: undefined }
  const hasOwnTools = tools.length > 0 && toolChoice?.kind !== 'none'
  if (!canDemand) return { choice: { kind: 'auto' }, hasAnswerTool: true, instruction: answerInstruction }
  return { choice: hasOwnTools ? { kind: 'any' } : { kind: 'tool', name: answerToolName }, hasAnswerTool: true, instruction: undefined }
}

function demandInWords(choice: ToolChoice): string {
  return choice.kind === 'tool' ? `In your next answer you must call the tool ${choice.name}.` : 'In your next answer you must call at least one of the tools.'
}

// "Requests which include tool_use or tool_result blocks must define tools."
function formerTools(messages: readonly Message[]): readonly Tool[] {
  const names = new Set<string>()
  for (const { role, parts } of messages) {
    if (role === 'assistant') for (const part of parts) if (part.kind === 'tool_call') names.add(part.name)
  }
  return [...names].map((name) => ({ name, description: 'No longer available.', parameters: undefined, strict: undefined }))
}

function writeTool(tool: Tool, { marks, dropped }: ToolRules): JsonObject {
  // A strict tool of Anthropic's refuses schemas that one of OpenAI's takes (minimum, minLength, $ref to itself …), and is known to the newest
  // models of some clouds only. Claude keeps to schemas without it (docs.anthropic.com, "Structured outputs", JSON Schema limitations).
  if (tool.strict === true) dropped.add('strict')
  return marks.put(withoutUndefined({ name: tool.name, description: tool.description === '' ? undefined : tool.description, input_schema: inputSchema(tool.parameters) }), tool.cache)
}

function inputSchema(parameters: JsonObject | undefined): JsonObject {
  if (parameters === undefined) return { type: 'object' }
  return parameters['type'] === undefined ? { type: 'object', ...parameters } : parameters
}

function writeChoice(choice: ToolChoice | undefined, isSingle: boolean): JsonObject | undefined {
  if (choice?.kind === 'none') return { type: 'none' }
  if (choice === undefined && !isSingle) return undefined
  const named = choice?.kind === 'tool' ? { type: 'tool', name: choice.name } : { type: choice?.kind ?? 'auto' }
  return isSingle ? { ...named, disable_parallel_tool_use: true } : named
}
