// Whether OpenAI would take a chat request, and in which words it would not: the schema, and what members demand of each other.

import { describeSchemaProblem } from './describe-schema-problem.ts'
import { isObject, stringOf } from './json-object.ts'
import type { JsonObject } from './json-object.ts'
import { type ChatRequest, chatRequestSchema } from './openai-chat-schema.ts'

/** The message of OpenAI's 400, or undefined for a request that it takes. */
export function checkChatRequest(body: JsonObject): string | undefined {
  const parsed = chatRequestSchema.safeParse(body)
  if (!parsed.success) return describeSchemaProblem(parsed.error.issues, body, describeUnknown)
  const request = parsed.data
  return checkParameters(request) ?? checkTools(request) ?? checkMessages(request.messages)
}

function describeUnknown(names: readonly string[]): string {
  return `Unrecognized request argument${names.length > 1 ? 's' : ''} supplied: ${names.join(', ')}`
}

function checkParameters(request: ChatRequest): string | undefined {
  const isStream = request.stream === true
  if (!isStream && (request.stream_options ?? null) !== null) return "The 'stream_options' parameter is only allowed when 'stream' is enabled."
  if ((request.max_tokens ?? null) !== null && (request.max_completion_tokens ?? null) !== null) {
    return "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported."
  }
  if ((request.top_logprobs ?? null) !== null && request.logprobs !== true) return "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled."
  if ((request.metadata ?? null) !== null && request.store !== true) return "The 'metadata' parameter is only allowed when 'store' is enabled."
  const isJson = request.response_format?.type === 'json_object'
  if (isJson && !/json/i.test(JSON.stringify(request.messages))) return "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'."
  return undefined
}

function checkTools({ tools, tool_choice: choice, parallel_tool_calls: isParallel }: ChatRequest): string | undefined {
  if (tools === undefined) {
    if (choice !== undefined) return "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified."
    return isParallel === undefined ? undefined : "Invalid value for 'parallel_tool_calls': 'parallel_tool_calls' is only allowed when 'tools' are specified."
  }
  const names = new Set<string>()
  for (const tool of tools) {
    if (tool.type !== 'function') continue
    const { name, parameters, strict } = tool.function
    names.add(name)
    const problem = parameters === undefined ? undefined : checkParameterSchema(parameters, strict === true)
    if (problem !== undefined) return `Invalid schema for function '${name}': ${problem}`
  }
  const chosen = typeof choice === 'object' && choice.type === 'function' ? choice.function.name : undefined
  return chosen === undefined || names.has(chosen) ? undefined : `Invalid value for 'tool_choice': the function '${chosen}' is not among the tools.`
}

// platform.openai.com, "Structured Outputs": a strict schema closes every object and requires all of its properties.
export function checkParameterSchema(schema: JsonObject, isStrict: boolean): string | undefined {
  if (schema['type'] !== 'object') return `schema must be a JSON Schema of 'type: "object"', got 'type: "${stringOf(schema['type']) ?? 'None'}"'.`
  const properties = schema['properties']
  if (!isObject(properties)) return 'In context=(), object schema missing properties.'
  if (!isStrict) return undefined
  if (schema['additionalProperties'] !== false) return "In context=(), 'additionalProperties' is required to be supplied and to be false."
  const required = schema['required']
  const missing = Object.keys(properties).find((name) => !Array.isArray(required) || !required.includes(name))
  return missing === undefined ? undefined : `In context=(), 'required' is required to be supplied and to be an array including every key in properties. Missing '${missing}'.`
}

function checkMessages(messages: ChatRequest['messages']): string | undefined {
  let pending = new Set<string>()
  for (const [index, message] of messages.entries()) {
    if (message.role === 'tool') {
      if (pending.delete(message.tool_call_id)) continue
      return `Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls' (messages[${index}]).`
    }
    if (pending.size > 0) return unanswered(pending)
    if (message.role !== 'assistant') continue
    const hasSomething = (message.content ?? null) !== null || (message.refusal ?? null) !== null || message.tool_calls !== undefined
    if (!hasSomething && (message.function_call ?? null) === null) return `Invalid value for 'messages[${index}].content': expected a string, got null.`
    pending = new Set(message.tool_calls?.map((call) => call.id))
  }
  return pending.size > 0 ? unanswered(pending) : undefined
}

function unanswered(pending: ReadonlySet<string>): string {
  return `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${[...pending].join(', ')}`
}
