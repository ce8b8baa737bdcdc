// The tools of a Responses request and how the model is to choose among them. OpenAI's own tools run at OpenAI; nobody else can stand in.

import type { JsonObject, JsonValue, Tool } from '../conversation.ts'
import { describe, expectObject, expectOneOf, expectString, malformed, notThis, optionalBoolean, optionalObject, optionalString, unsupported } from '../field-checks.ts'
import { isJsonObject } from '../json-value.ts'
import { allowTools, type ChosenTools, expectToolName, type ReadTools, readToolsWith } from '../openai-tools.ts'
import { readCacheMark } from '../read-cache-mark.ts'

// platform.openai.com, API reference, "Responses", tools.
const functionName = /^[a-zA-Z0-9_-]{1,128}$/
const hostedTools = [
  'web_search web_search_2025_08_26 web_search_preview web_search_preview_2025_03_11 file_search computer computer_use_preview mcp code_interpreter',
  'image_generation local_shell shell custom apply_patch namespace tool_search programmatic_tool_calling',
].flatMap((names) => names.split(' '))

export function readTools(body: JsonObject): ReadTools {
  return readToolsWith({ readTool, readChoice }, body)
}

function readTool(value: JsonValue, at: string): Tool {
  const tool = expectObject(value, at)
  expectFunction(tool['type'], `${at}.type`, ['function'])
  const name = expectString(tool['name'], `${at}.name`)
  if (!functionName.test(name)) throw malformed(`${at}.name`, `must be 1 to 128 letters, digits, "_" and "-", ${notThis(name)}`)
  const read: Tool = {
    name,
    description: optionalString(tool['description'], `${at}.description`),
    parameters: optionalObject(tool['parameters'], `${at}.parameters`),
    strict: optionalBoolean(tool['strict'], `${at}.strict`),
  }
  const cache = readCacheMark(tool, at)
  return cache === undefined ? read : { ...read, cache }
}

function readChoice(choice: JsonValue, tools: readonly Tool[]): ChosenTools {
  if (choice === 'auto' || choice === 'none') return { tools, toolChoice: { kind: choice } }
  if (choice !== 'required' && !isJsonObject(choice)) throw malformed('tool_choice', `must be "none", "auto", "required" or an object, ${notThis(choice)}`)
  if (choice !== 'required') expectFunction(choice['type'], 'tool_choice.type', ['function', 'allowed_tools'])
  if (tools.length === 0) throw malformed('tool_choice', 'demands a tool, but there are no tools')
  if (choice === 'required') return { tools, toolChoice: { kind: 'any' } }
  if (choice['type'] === 'allowed_tools') return readAllowed(choice, tools)
  return { tools, toolChoice: { kind: 'tool', name: readNamed(choice, 'tool_choice', tools) } }
}

function readAllowed(choice: JsonObject, tools: readonly Tool[]): ChosenTools {
  return allowTools(choice, 'tool_choice', tools, (value, at) => {
    const tool = expectObject(value, at)
    expectFunction(tool['type'], `${at}.type`, ['function'])
    return readNamed(tool, at, tools)
  })
}

function readNamed(holder: JsonObject, at: string, tools: readonly Tool[]): string {
  return expectToolName(expectString(holder['name'], `${at}.name`), `${at}.name`, tools)
}

function expectFunction(type: JsonValue | undefined, at: string, allowed: readonly string[]): void {
  if (typeof type === 'string' && hostedTools.includes(type)) throw unsupported(at, `is ${describe(type)}: a tool that exists at OpenAI only`)
  expectOneOf(type, at, allowed)
}
