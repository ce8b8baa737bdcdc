// The tools that a model may call, and whether it must. Source: Bedrock API reference, ToolConfiguration, ToolSpecification, ToolChoice.

import { TollgateError } from '../../core/errors.ts'
import type { Conversation, JsonObject, Tool } from '../conversation.ts'
import { withoutUndefined } from '../json-value.ts'
import { isAnswerTool, refuseAnswerTool } from '../structured-output.ts'
import { pushCachePoint } from './cache-point.ts'
import type { ModelTraits } from './model-traits.ts'
import type { OfferedTools } from './offer-tools.ts'

const acceptedName = /^[a-zA-Z0-9_-]{1,64}$/

export interface WrittenTools {
  readonly tools: readonly JsonObject[]
  /** Undefined: as the model likes. */
  readonly choice: JsonObject | undefined
  /** What is said beside the API, in Claude's own words: Converse has none for one call at a time. */
  readonly claudeChoice: JsonObject | undefined
}

/** Throws TollgateError `unsupported_parameter` for names of tools that Bedrock does not take. */
export function writeTools(conversation: Conversation, offered: OfferedTools, traits: ModelTraits, dropped: Set<string>): WrittenTools {
  refuseAnswerTool(conversation.tools)
  if (offered.tools.length === 0) return { tools: [], choice: undefined, claudeChoice: undefined }
  const tools: JsonObject[] = []
  for (const tool of offered.tools) {
    tools.push({ toolSpec: writeTool(tool, dropped) })
    // Nova caches no tools.
    if (tool.cache !== undefined && traits.vendor === 'amazon') dropped.add('cache_control')
    else pushCachePoint(tools, tool.cache, traits, dropped)
  }
  const oneAtATime = conversation.parallelToolCalls === false && writeOneAtATime(offered, traits, dropped)
  // A choice in both places is refused.
  return oneAtATime
    ? { tools, choice: undefined, claudeChoice: { type: 'auto', disable_parallel_tool_use: true } }
    : { tools, choice: writeToolChoice(offered.choice, traits), claudeChoice: undefined }
}

function writeTool(tool: Tool, dropped: Set<string>): JsonObject {
  if (!acceptedName.test(tool.name)) throw unsupported('Bedrock takes names of tools of 1 to 64 letters, digits, hyphens and underscores.')
  // As in Anthropic's own dialect: what a Claude takes of a strict schema is less than what OpenAI's clients write in one.
  if (tool.strict === true) dropped.add('strict')
  return withoutUndefined({
    name: tool.name,
    description: tool.description === '' ? undefined : tool.description,
    inputSchema: { json: { type: 'object', ...(tool.parameters ?? { properties: {} }) } },
  })
}

function writeToolChoice(choice: OfferedTools['choice'], { vendor }: ModelTraits): JsonObject | undefined {
  // What the others do without being told; some refuse to be told.
  if (choice === undefined || (choice.kind === 'auto' && vendor !== 'anthropic' && vendor !== 'amazon')) return undefined
  return choice.kind === 'tool' ? { tool: { name: choice.name } } : { [choice.kind]: {} }
}

function writeOneAtATime({ choice }: OfferedTools, { vendor }: ModelTraits, dropped: Set<string>): boolean {
  if (vendor === 'anthropic' && (choice === undefined || choice.kind === 'auto')) return true
  // Our own tool is called once anyhow.
  if (choice?.kind !== 'tool' || !isAnswerTool(choice.name)) dropped.add('parallel_tool_calls')
  return false
}

function unsupported(message: string): TollgateError {
  return new TollgateError('unsupported_parameter', message, { param: 'tools' })
}
