// Whether OpenAI would take a Responses request, and in which words it would not: the schema, and what items demand of each other.

import { checkParameterSchema } from './check-chat-request.ts'
import { describeSchemaProblem } from './describe-schema-problem.ts'
import { isObject } from './json-object.ts'
import type { JsonObject } from './json-object.ts'
import { type ResponsesItem, type ResponsesRequest, responsesRequestSchema } from './openai-responses-schema.ts'

/** The message of OpenAI's 400, or undefined for a request that it takes. */
export function checkResponsesRequest(body: JsonObject): string | undefined {
  const parsed = responsesRequestSchema.safeParse(body)
  if (!parsed.success) return describeSchemaProblem(parsed.error.issues, body, (names) => `Unknown parameter: '${names[0] ?? ''}'.`)
  const request = parsed.data
  return checkParameters(request) ?? checkTools(request) ?? checkItems(request)
}

function checkParameters(request: ResponsesRequest): string | undefined {
  const { input, previous_response_id: previous, conversation, prompt } = request
  if (input === undefined && (previous ?? conversation ?? prompt ?? null) === null) {
    return "One of 'input', 'previous_response_id', 'prompt', or 'conversation' must be provided."
  }
  if ((previous ?? null) !== null && (conversation ?? null) !== null) return "Mutually exclusive parameters: 'previous_response_id' and 'conversation'."
  if (request.stream !== true && (request.stream_options ?? null) !== null) return "The 'stream_options' parameter is only allowed when 'stream' is enabled."
  const isJson = request.text?.format?.type === 'json_object'
  if (isJson && !/json/i.test(JSON.stringify(input ?? ''))) return "Response input messages must contain the word 'json' in some form to use 'text.format' of type 'json_object'."
  return undefined
}

function checkTools({ tools = [], tool_choice: choice }: ResponsesRequest): string | undefined {
  const names = new Set<string>()
  for (const tool of tools) {
    if (!isFunction(tool)) continue
    names.add(tool.name)
    const problem = isObject(tool.parameters) ? checkParameterSchema(tool.parameters, tool.strict === true) : undefined
    if (problem !== undefined) return `Invalid schema for function '${tool.name}': ${problem}`
  }
  const isNamed = typeof choice === 'object' && choice.type === 'function'
  return isNamed && !names.has(String(choice.name)) ? "Tool choice 'function' not found in 'tools' parameter." : undefined
}

type Tool = NonNullable<ResponsesRequest['tools']>[number]

function isFunction(tool: Tool): tool is Extract<Tool, { type: 'function' }> {
  return tool.type === 'function'
}

// What OpenAI itself remembers may hold the other half of a pair.
function checkItems({ input, previous_response_id: previous, conversation }: ResponsesRequest): string | undefined {
  if (typeof input !== 'object') return undefined
  const remembers = (previous ?? conversation ?? null) !== null
  const ids = new Set<string>()
  const pending = new Set<string>()
  for (const [index, item] of input.entries()) {
    const id = typeof item.id === 'string' ? item.id : undefined
    if (id !== undefined && ids.has(id)) return `Duplicate item found with id ${id}. Remove duplicate items from your input and try again.`
    if (id !== undefined) ids.add(id)
    if (item.type === 'function_call') pending.add(String(item.call_id))
    if (item.type === 'function_call_output' && !pending.delete(String(item.call_id)) && !remembers) {
      return `No tool call found for function call output with call_id ${String(item.call_id)}.`
    }
    if (item.type === 'reasoning' && !followsReasoning(input[index + 1])) {
      return `Item '${String(item.id)}' of type 'reasoning' was provided without its required following item.`
    }
  }
  const [unanswered] = pending
  return unanswered === undefined ? undefined : `No tool output found for function call ${unanswered}.`
}

function followsReasoning(item: ResponsesItem | undefined): boolean {
  if (item === undefined || item.type === 'function_call_output') return false
  return !('role' in item) || item.role === 'assistant'
}
