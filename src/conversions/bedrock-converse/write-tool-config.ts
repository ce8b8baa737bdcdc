// The tools that a model may call, and whether it must. Source: Bedrock API reference, ToolConfiguration, ToolSpecification, ToolChoice.

import { TollgateError } from '../../core/errors.ts'
import type { Conversation, JsonObject, Tool } from '../conversation.ts'
import { withoutUndefined } from '../json-value.ts'
import { isAnswerTool } from '../structured-output.ts'
import { pushCachePoint } from './cache-point.ts'
import type { ModelTraits } from './model-traits.ts'
import type { OfferedTools } from './offer-tools.ts'

const acceptedName = /^[a-zA-Z0-9_-]{1,64}$/

export interface WrittenTools {
  readonly toolConfig: JsonObject | undefined
  /** What is said beside the API, in Claude's own words: Converse has none for one call at a time. */
  readonly toolChoice: JsonObject | undefined
}

/** Throws TollgateError `unsupported_parameter` for names of tools that Bedrock does not take. */
export function writeToolConfig(conversation: Conversation, offered: OfferedTools, traits: ModelTraits, dropped: Set<string>): WrittenTools {
  if (conversation.tools.some(({ name }) => isAnswerTool(name))) throw unsupported('A tool of this request has a name that Tollgate needs for structured output. Give it another.')
  if (offered.tools.length === 0) return { toolConfig: undefined, toolChoice: undefined }
  const tools: JsonObject[] = []
  for (const tool of offered.tools) {
    tools.push({ toolSpec: writeTool(tool, traits, dropped) })
    // Nova caches no tools.
    if (tool.cache !== undefined && traits.vendor === 'amazon') dropped.add('cache_control')
    else pushCachePoint(tools, tool.cache, traits, dropped)
  }
  const oneAtATime = conversation.parallelToolCalls === false && writeOneAtATime(offered, traits, dropped)
  const choice = oneAtATime ? undefined : writeToolChoice(offered.choice, traits)
  return {
    toolConfig: choice === undefined ? { tools } : { tools, toolChoice: choice },
    // A choice in both places is refused.
    toolChoice: oneAtATime ? { type: 'auto', disable_parallel_tool_use: true } : undefined,
  }
}

function writeTool(tool: Tool, traits: ModelTraits, dropped: Set<string>): JsonObject {
  if (!acceptedName.test(tool.name)) throw unsupported('Bedrock takes names of tools of 1 to 64 letters, digits, hyphens and underscores.')
  if (tool.strict === true && !traits.isFrom45) dropped.add('strict')
  return withoutUndefined({
    name: tool.name,
    description: tool.description === '' ? undefined : tool.description,
    inputSchema: { json: { type: 'object', ...(tool.parameters ?? { properties: {} }) } },
    strict: tool.strict === true && traits.isFrom45 ? true : undefined,
  })
}

function writeToolChoice(choice: OfferedTools['choice'], { vendor }: ModelTraits): JsonObject | undefined {
  // What the others do without being told; some refuse to be told.
  if (choice === undefined || (choice.kind === 'auto' && vendor !== 'anthropic' && vendor !== 'amazon')) return undefined
  return choice.kind === 'tool' ? { tool: { name: choice.name } } : { [choice.kind]: {} }
}

function writeOneAtATime({ choice }: OfferedTools, { vendor }: ModelTraits, dropped: Set<string>): boolean {
  if (vendor === 'anthropic' && (choice === undefined || choice.kind === 'auto')) return true
  // One named tool is called once anyhow.
  if (choice?.kind !== 'tool') dropped.add('parallel_tool_calls')
  return false
}

function unsupported(message: string): TollgateError {
  return new TollgateError('unsupported_parameter', message, { param: 'tools' })
}
