// A chat completions request for OpenAI and everybody who copied it, valid by the published schema. Source: platform.openai.com, API
// reference, "Create chat completion".

import { createHash } from 'node:crypto'
import type { CacheMark, Conversation, JsonObject, JsonValue, OutputFormat, Tool, ToolChoice } from '../conversation.ts'
import type { Target, WrittenRequest } from '../dialect.ts'
import { effortOf } from '../reasoning.ts'
import { unsupported } from '../field-checks.ts'
import { hasFixedSampling, isOpenaiModel, nearestEffort } from './openai-models.ts'
import { isStrictSchema } from '../strict-schema.ts'
import { writeMessages } from './write-messages.ts'

const longestToolName = 64
const mostStops = 4
const longestUser = 64

export type MaxTokensName = 'max_tokens' | 'max_completion_tokens'

/** `maxTokensName`: undefined for what the model's name says, max_completion_tokens for OpenAI's own and else max_tokens, which all others read. */
export function writeRequest(conversation: Conversation, { upstreamModel }: Target, maxTokensName?: MaxTokensName): WrittenRequest {
  const dropped: string[] = []
  const body: Record<string, JsonValue> = { model: upstreamModel, messages: writeMessages(conversation) }
  writeTools(conversation, body, dropped)
  if (conversation.output !== undefined) body['response_format'] = writeOutput(conversation.output, dropped)
  if (conversation.maxOutputTokens !== undefined) {
    body[maxTokensName ?? (isOpenaiModel(upstreamModel) ? 'max_completion_tokens' : 'max_tokens')] = conversation.maxOutputTokens
  }
  writeSampling(conversation, { body, dropped, model: upstreamModel })
  const effort = effortOf(conversation.reasoning)
  if (effort !== undefined) {
    const nearest = nearestEffort(effort, upstreamModel)
    if (nearest !== undefined) body['reasoning_effort'] = nearest
    else if (effort !== 'none') dropped.push('reasoning_effort')
  }
  if (conversation.user !== undefined) body['user'] = writeUserId(conversation.user)
  if (conversation.stream) {
    body['stream'] = true
    body['stream_options'] = { include_usage: true }
  }
  // OpenAI takes it only together with `store`, and its look-alikes do not know it.
  if (conversation.metadata !== undefined) dropped.push('metadata')
  if (conversation.topK !== undefined) dropped.push('top_k')
  if (conversation.messages.some((message) => message.role === 'assistant' && message.parts.some((part) => part.kind === 'reasoning'))) dropped.push('reasoning')
  if (hasCacheMarks(conversation)) dropped.push('cache_control')
  return { body, dropped }
}

// OpenAI and most others cache by themselves.
function hasCacheMarks({ system, tools, messages }: Conversation): boolean {
  const isMarked = (part: { readonly kind?: string; readonly cache?: CacheMark }): boolean => part.cache !== undefined
  return system.some(isMarked) || tools.some(isMarked) || messages.some((message) => message.parts.some(isMarked))
}

function writeTools({ tools, toolChoice, parallelToolCalls }: Conversation, body: Record<string, JsonValue>, dropped: string[]): void {
  if (tools.length === 0) return
  body['tools'] = tools.map((tool, index) => writeTool(tool, index, dropped))
  if (toolChoice !== undefined) body['tool_choice'] = writeToolChoice(toolChoice)
  if (parallelToolCalls !== undefined) body['parallel_tool_calls'] = parallelToolCalls
}

function writeTool(tool: Tool, index: number, dropped: string[]): JsonObject {
  if (tool.name.length > longestToolName) throw unsupported(`tools[${index}].name`, `is longer than the ${longestToolName} characters that this provider takes`)
  // OpenAI refuses an object schema that does not say which properties it has.
  const parameters = { type: 'object', properties: {}, ...tool.parameters }
  const fields: Record<string, JsonValue> = { name: tool.name, parameters }
  if (tool.description !== undefined) fields['description'] = tool.description
  writeStrict(tool.strict, parameters, { fields, dropped })
  return { type: 'function', function: fields }
}

function writeToolChoice(choice: ToolChoice): JsonValue {
  switch (choice.kind) {
    case 'any':
      return 'required'
    case 'tool':
      return { type: 'function', function: { name: choice.name } }
    default:
      return choice.kind
  }
}

function writeOutput(output: OutputFormat, dropped: string[]): JsonObject {
  if (output.kind === 'json') return { type: 'json_object' }
  const fields: Record<string, JsonValue> = { name: schemaName(output.name), schema: output.schema }
  if (output.description !== undefined) fields['description'] = output.description
  writeStrict(output.strict, output.schema, { fields, dropped })
  return { type: 'json_schema', json_schema: fields }
}

function writeStrict(strict: boolean | undefined, schema: JsonObject, { fields, dropped }: { fields: Record<string, JsonValue>; dropped: string[] }): void {
  if (strict === undefined) return
  if (strict && !isStrictSchema(schema)) dropped.push('strict')
  else fields['strict'] = strict
}

// Other dialects name their schemas freely, or not at all.
function schemaName(name: string): string {
  return name.replaceAll(/[^a-zA-Z0-9_-]/g, '_').slice(0, longestToolName) || 'answer'
}

function writeSampling(conversation: Conversation, { body, dropped, model }: { body: Record<string, JsonValue>; dropped: string[]; model: string }): void {
  const isFixed = hasFixedSampling(model)
  const settings = [
    { name: 'temperature', value: conversation.temperature, standard: 1 },
    { name: 'top_p', value: conversation.topP, standard: 1 },
    { name: 'presence_penalty', value: conversation.presencePenalty, standard: 0 },
    { name: 'frequency_penalty', value: conversation.frequencyPenalty, standard: 0 },
  ]
  for (const { name, value, standard } of settings) {
    if (value === undefined) continue
    if (isFixed && value !== standard) dropped.push(name)
    else body[name] = value
  }
  if (conversation.seed !== undefined) body['seed'] = conversation.seed
  if (conversation.stop.length === 0) return
  if (conversation.stop.length > mostStops && isOpenaiModel(model)) throw unsupported('stop', `holds ${conversation.stop.length} sequences; this provider takes ${mostStops}`)
  body['stop'] = conversation.stop
}

// OpenAI refuses longer ones, as Claude Code's are; a hash names the same user, and it is what OpenAI recommends.
function writeUserId(user: string): string {
  return user.length <= longestUser ? user : createHash('sha256').update(user).digest('hex')
}
