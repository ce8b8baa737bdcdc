// The tools of a chat request and how the model is to choose among them.

import type { JsonObject, JsonValue, Tool, ToolChoice } from '../conversation.ts'
import {
  describe,
  expectArray,
  expectObject,
  expectOneOf,
  expectString,
  malformed,
  notThis,
  optionalBoolean,
  optionalObject,
  optionalString,
  unsupported,
} from '../field-checks.ts'
import { isJsonObject } from '../json-value.ts'
import { readCacheMark } from '../read-cache-mark.ts'

export interface ReadTools {
  readonly tools: readonly Tool[]
  readonly toolChoice: ToolChoice | undefined
  readonly parallelToolCalls: boolean | undefined
}

// platform.openai.com, API reference, "Chat": a function's name.
const functionName = /^[a-zA-Z0-9_-]{1,64}$/

export function readTools(body: JsonObject): ReadTools {
  const value = body['tools']
  const tools = value === undefined || value === null ? [] : expectArray(value, 'tools').map((tool, index) => readTool(tool, `tools[${index}]`))
  const parallelToolCalls = optionalBoolean(body['parallel_tool_calls'], 'parallel_tool_calls')
  const choice = body['tool_choice']
  const chosen = choice === undefined || choice === null ? { tools, toolChoice: undefined } : readChoice(choice, tools)
  if (tools.length === 0) return { tools, toolChoice: undefined, parallelToolCalls: undefined }
  return { ...chosen, parallelToolCalls }
}

function readTool(value: JsonValue, at: string): Tool {
  const tool = expectObject(value, at)
  if (tool['type'] === 'custom') throw unsupported(`${at}.type`, 'is "custom": custom tools exist at OpenAI only')
  expectOneOf(tool['type'], `${at}.type`, ['function'])
  const place = `${at}.function`
  const fields = expectObject(tool['function'], place)
  const name = expectString(fields['name'], `${place}.name`)
  if (!functionName.test(name)) throw malformed(`${place}.name`, `must be 1 to 64 letters, digits, "_" and "-", ${notThis(name)}`)
  const read: Tool = {
    name,
    description: optionalString(fields['description'], `${place}.description`),
    parameters: optionalObject(fields['parameters'], `${place}.parameters`),
    strict: optionalBoolean(fields['strict'], `${place}.strict`),
  }
  // Envoy AI Gateway has the mark inside `function`, everybody else beside it.
  const cache = readCacheMark(tool, at) ?? readCacheMark(fields, place)
  return cache === undefined ? read : { ...read, cache }
}

function readChoice(choice: JsonValue, tools: readonly Tool[]): { tools: readonly Tool[]; toolChoice: ToolChoice } {
  if (choice === 'auto' || choice === 'none') return { tools, toolChoice: { kind: choice } }
  if (tools.length === 0) throw malformed('tool_choice', 'demands a tool, but there are no tools')
  if (choice === 'required') return { tools, toolChoice: { kind: 'any' } }
  if (!isJsonObject(choice)) throw malformed('tool_choice', `must be "none", "auto", "required" or an object, ${notThis(choice)}`)
  switch (choice['type']) {
    case 'function':
      return { tools, toolChoice: { kind: 'tool', name: readNamed(choice, 'tool_choice', tools) } }
    case 'allowed_tools':
      return readAllowed(expectObject(choice['allowed_tools'], 'tool_choice.allowed_tools'), tools)
    case 'custom':
      throw unsupported('tool_choice.type', 'is "custom": custom tools exist at OpenAI only')
    default:
      throw malformed('tool_choice.type', `must be one of "function", "allowed_tools", ${notThis(choice['type'])}`)
  }
}

// No other API narrows the tools by a second list; to leave the others out says the same.
function readAllowed(allowed: JsonObject, tools: readonly Tool[]): { tools: readonly Tool[]; toolChoice: ToolChoice } {
  const at = 'tool_choice.allowed_tools'
  const mode = expectOneOf(allowed['mode'], `${at}.mode`, ['auto', 'required'])
  const names = expectArray(allowed['tools'], `${at}.tools`).map((tool, index) => readNamed(expectObject(tool, `${at}.tools[${index}]`), `${at}.tools[${index}]`, tools))
  if (names.length === 0) throw malformed(`${at}.tools`, 'must name at least one tool')
  return { tools: tools.filter((tool) => names.includes(tool.name)), toolChoice: { kind: mode === 'required' ? 'any' : 'auto' } }
}

function readNamed(holder: JsonObject, at: string, tools: readonly Tool[]): string {
  const name = expectString(expectObject(holder['function'], `${at}.function`)['name'], `${at}.function.name`)
  if (!tools.some((tool) => tool.name === name)) throw malformed(`${at}.function.name`, `is ${describe(name)}, which is none of the tools`)
  return name
}
