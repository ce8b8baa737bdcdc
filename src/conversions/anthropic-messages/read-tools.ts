// The tools of a Messages request and how the model is to choose among them. Source: docs.anthropic.com, "Define tools", "Tool reference".

import type { JsonObject, JsonValue, Tool, ToolChoice } from '../conversation.ts'
import { isAnswerTool } from '../structured-output.ts'
import { expectList, expectObject, expectOneOf, expectString, malformed, optionalBoolean, optionalString, unsupported } from './field-checks.ts'
import { readCacheMark } from './read-cache-mark.ts'

export interface ReadTools {
  readonly tools: readonly Tool[]
  readonly toolChoice: ToolChoice | undefined
  readonly parallelToolCalls: boolean | undefined
}

const toolName = /^[a-zA-Z0-9_-]{1,128}$/

export function readTools(body: JsonObject, dropped: Set<string>): ReadTools {
  const value = body['tools']
  const tools = value === undefined || value === null ? [] : expectList(value, 'tools').map((tool, index) => readTool(tool, `tools.${index}`, dropped))
  const choice = body['tool_choice']
  if (choice === undefined || choice === null) return { tools, toolChoice: undefined, parallelToolCalls: undefined }
  if (tools.length === 0) throw malformed('tool_choice', 'may only be specified while providing tools')
  return { tools, ...readChoice(expectObject(choice, 'tool_choice'), tools) }
}

function readTool(value: JsonValue, at: string, dropped: Set<string>): Tool {
  const tool = expectObject(value, at)
  const type = optionalString(tool['type'], `${at}.type`)
  if (type !== undefined && type !== 'custom') throw unsupported(`${at}.type`, `the tool '${type.slice(0, 40)}' is Anthropic's own; define it with a name and an input_schema`)
  const name = expectString(tool['name'], `${at}.name`)
  if (!toolName.test(name)) throw malformed(`${at}.name`, "String should match pattern '^[a-zA-Z0-9_-]{1,128}$'")
  if (isAnswerTool(name)) throw malformed(`${at}.name`, 'this name is reserved')
  const parameters = expectObject(tool['input_schema'], `${at}.input_schema`)
  expectOneOf(parameters['type'], `${at}.input_schema.type`, ['object'])
  // Both are about how Anthropic shows tools to its model.
  for (const member of ['defer_loading', 'input_examples']) if ((tool[member] ?? false) !== false) dropped.add(member)
  return {
    name,
    description: optionalString(tool['description'], `${at}.description`),
    parameters,
    strict: optionalBoolean(tool['strict'], `${at}.strict`),
    ...readCacheMark(tool, at),
  }
}

function readChoice(choice: JsonObject, tools: readonly Tool[]): Omit<ReadTools, 'tools'> {
  const kind = expectOneOf(choice['type'], 'tool_choice.type', ['auto', 'any', 'tool', 'none'])
  const isSingle = optionalBoolean(choice['disable_parallel_tool_use'], 'tool_choice.disable_parallel_tool_use')
  const parallelToolCalls = isSingle === true ? false : undefined
  if (kind !== 'tool') return { toolChoice: { kind }, parallelToolCalls }
  const name = expectString(choice['name'], 'tool_choice.name')
  if (!tools.some((tool) => tool.name === name)) throw malformed('tool_choice.name', `Tool '${name.slice(0, 64)}' not found in provided tools`)
  return { toolChoice: { kind, name }, parallelToolCalls }
}
