// What tools and the choice among them have in common in OpenAI's two APIs, which nest the same things differently.

import type { JsonObject, JsonValue, Tool, ToolChoice } from './conversation.ts'
import { describe, expectArray, expectOneOf, malformed, optionalBoolean } from './field-checks.ts'

export interface ReadTools {
  readonly tools: readonly Tool[]
  readonly toolChoice: ToolChoice | undefined
  readonly parallelToolCalls: boolean | undefined
}

export interface ChosenTools {
  readonly tools: readonly Tool[]
  readonly toolChoice: ToolChoice
}

export interface ToolReaders {
  /** `at`: where it stands, for messages. */
  readonly readTool: (value: JsonValue, at: string) => Tool
  /** The tools that are left, and how the model is to choose among them. */
  readonly readChoice: (choice: JsonValue, tools: readonly Tool[]) => ChosenTools
}

export function readToolsWith({ readTool, readChoice }: ToolReaders, body: JsonObject): ReadTools {
  const value = body['tools'] ?? undefined
  const tools = value === undefined ? [] : expectArray(value, 'tools').map((tool, index) => readTool(tool, `tools[${index}]`))
  const parallelToolCalls = optionalBoolean(body['parallel_tool_calls'], 'parallel_tool_calls')
  const choice = body['tool_choice'] ?? undefined
  const chosen = choice === undefined ? { tools, toolChoice: undefined } : readChoice(choice, tools)
  if (tools.length === 0) return { tools, toolChoice: undefined, parallelToolCalls: undefined }
  return { ...chosen, parallelToolCalls }
}

/** `allowed_tools`: no other API narrows the tools by a second list; to leave the others out says the same. */
export function allowTools(allowed: JsonObject, at: string, tools: readonly Tool[], readName: (value: JsonValue, at: string) => string): ChosenTools {
  const mode = expectOneOf(allowed['mode'], `${at}.mode`, ['auto', 'required'])
  const names = expectArray(allowed['tools'], `${at}.tools`).map((value, index) => readName(value, `${at}.tools[${index}]`))
  if (names.length === 0) throw malformed(`${at}.tools`, 'must name at least one tool')
  return { tools: tools.filter((tool) => names.includes(tool.name)), toolChoice: { kind: mode === 'required' ? 'any' : 'auto' } }
}

/** `name`, if a tool has it. */
export function expectToolName(name: string, at: string, tools: readonly Tool[]): string {
  if (!tools.some((tool) => tool.name === name)) throw malformed(at, `is ${describe(name)}, which is none of the tools`)
  return name
}
