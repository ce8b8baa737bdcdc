// When the mock calls a tool, and with which arguments: made up from the tool's own schema, so that a client can use them.

import { isObject, stringOf } from './json-object.ts'
import type { JsonObject } from './json-object.ts'

export interface MockTool {
  readonly name: string
  /** JSON Schema of its arguments. */
  readonly schema: unknown
}

/** What the request says about tools, in one form for all APIs. */
export type ToolChoice = { readonly kind: 'none' } | { readonly kind: 'auto' } | { readonly kind: 'any' } | { readonly kind: 'named'; readonly name: string }

export interface ToolCall {
  readonly name: string
  readonly arguments: JsonObject
}

/** The call to answer with: the tool that is demanded, or one that the prompt mentions by name ("get weather" is get_weather too). */
export function selectToolCall(tools: readonly MockTool[], choice: ToolChoice, prompt: string): ToolCall | undefined {
  if (choice.kind === 'none') return undefined
  const named = choice.kind === 'named' ? tools.find((tool) => tool.name === choice.name) : undefined
  const lowered = prompt.toLowerCase()
  const tool = named ?? tools.find((candidate) => mentions(lowered, candidate.name)) ?? (choice.kind === 'auto' ? undefined : tools[0])
  return tool === undefined ? undefined : { name: tool.name, arguments: sampleObject(tool.schema, prompt) }
}

/**
 * The call behind the results of others: the model is done, unless a call is demanded: then one of a tool that it has not called yet.
 * `called`: names of those that it has.
 */
export function selectNextCall(tools: readonly MockTool[], choice: ToolChoice, called: ReadonlySet<string>): ToolCall | undefined {
  if (choice.kind === 'auto') return undefined
  const fresh = tools.filter(({ name }) => !called.has(name))
  return selectToolCall(fresh.length > 0 ? fresh : tools, choice, '')
}

/** JSON text in fragments, as a stream sends tool arguments. */
export function splitArguments(json: string, pieces: number | undefined): readonly string[] {
  const size = pieces === undefined ? 8 : Math.max(1, Math.ceil(json.length / pieces))
  const fragments: string[] = []
  for (let from = 0; from < json.length; from += size) fragments.push(json.slice(from, from + size))
  return fragments
}

function mentions(lowered: string, name: string): boolean {
  const loweredName = name.toLowerCase()
  return lowered.includes(loweredName) || lowered.includes(loweredName.replaceAll(/[_-]+/g, ' '))
}

function sampleObject(schema: unknown, prompt: string): JsonObject {
  const properties = isObject(schema) && isObject(schema['properties']) ? schema['properties'] : {}
  return Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, sampleValue(property, prompt)]))
}

function sampleValue(schema: unknown, prompt: string): unknown {
  if (!isObject(schema)) return null
  const allowed = schema['enum']
  if (Array.isArray(allowed) && allowed.length > 0) return allowed[0]
  switch (stringOf(schema['type'])) {
    case 'string':
      // The last word with a capital is as good a guess at a city or a name as a mock needs.
      return prompt.match(/\p{Lu}[\p{L}]+(?!.*\p{Lu}\p{L})/u)?.[0] ?? 'mock'
    case 'number':
    case 'integer':
      return 1
    case 'boolean':
      return true
    case 'array':
      return []
    case 'object':
      return sampleObject(schema, prompt)
    default:
      return null
  }
}
