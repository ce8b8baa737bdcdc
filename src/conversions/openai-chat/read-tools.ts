// The tools of a chat request and how the model is to choose among them.

import type { JsonObject, JsonValue, Tool } from '../conversation.ts'
import { expectObject, expectOneOf, expectString, malformed, notThis, optionalBoolean, optionalObject, optionalString, unsupported } from '../field-checks.ts'
import { isJsonObject } from '../json-value.ts'
import { allowTools, type ChosenTools, expectToolName, type ReadTools, readToolsWith } from '../openai-tools.ts'
import { readCacheMark } from '../read-cache-mark.ts'

// platform.openai.com, API reference, "Chat": a function's name.
const functionName = /^[a-zA-Z0-9_-]{1,64}$/

export function readTools(body: JsonObject): ReadTools {
  return readToolsWith({ readTool, readChoice }, body)
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

function readChoice(choice: JsonValue, tools: readonly Tool[]): ChosenTools {
  if (choice === 'auto' || choice === 'none') return { tools, toolChoice: { kind: choice } }
  if (tools.length === 0) throw malformed('tool_choice', 'demands a tool, but there are no tools')
  if (choice === 'required') return { tools, toolChoice: { kind: 'any' } }
  if (!isJsonObject(choice)) throw malformed('tool_choice', `must be "none", "auto", "required" or an object, ${notThis(choice)}`)
  switch (choice['type']) {
    case 'function':
      return { tools, toolChoice: { kind: 'tool', name: readNamed(choice, 'tool_choice', tools) } }
    case 'allowed_tools':
      return readAllowed(choice, tools)
    case 'custom':
      throw unsupported('tool_choice.type', 'is "custom": custom tools exist at OpenAI only')
    default:
      throw malformed('tool_choice.type', `must be one of "function", "allowed_tools", ${notThis(choice['type'])}`)
  }
}

function readAllowed(choice: JsonObject, tools: readonly Tool[]): ChosenTools {
  const at = 'tool_choice.allowed_tools'
  return allowTools(expectObject(choice['allowed_tools'], at), at, tools, (value, place) => readNamed(expectObject(value, place), place, tools))
}

function readNamed(holder: JsonObject, at: string, tools: readonly Tool[]): string {
  const place = `${at}.function.name`
  return expectToolName(expectString(expectObject(holder['function'], `${at}.function`)['name'], place), place, tools)
}
