// A conversation as the body of generateContent.

import { TollgateError } from '../../core/errors.ts'
import type { Conversation, JsonObject, Tool, ToolChoice } from '../conversation.ts'
import type { Target, WrittenRequest } from '../dialect.ts'
import { withoutUndefined } from '../json-value.ts'
import { generationOf } from './model-generation.ts'
import { offerTools } from './offer-tools.ts'
import { writeContents } from './write-contents.ts'
import { writeArgumentsSchema, writeSchema } from './write-schema.ts'
import { writeThinking } from './write-thinking.ts'

/** Both surfaces answer 400 to more (ai.google.dev/api/generate-content, stopSequences). */
const maxStopSequences = 5
const maxSeed = 2 ** 31 - 1

export function writeRequest(conversation: Conversation, target: Target): WrittenRequest {
  const dropped = new Set<string>()
  const generation = generationOf(target.upstreamModel)
  const { tools, choice, output } = offerTools(conversation, generation)
  const generationConfig = writeGenerationConfig({ ...conversation, output }, target.upstreamModel, dropped)
  const body = withoutUndefined({
    ...writeMessages(conversation, generation, dropped),
    tools: tools.length === 0 ? undefined : [{ functionDeclarations: tools.map((tool) => writeTool(tool, dropped)) }],
    toolConfig: choice === undefined ? undefined : { functionCallingConfig: writeToolChoice(choice) },
    generationConfig: Object.keys(generationConfig).length === 0 ? undefined : generationConfig,
  })
  if (conversation.parallelToolCalls === false) dropped.add('parallel_tool_calls')
  if (conversation.user !== undefined) dropped.add('user')
  if (conversation.metadata !== undefined) dropped.add('metadata')
  return { body, dropped: [...dropped] }
}

// Gemini takes no request without contents: instructions alone become what the user says.
function writeMessages(conversation: Conversation, generation: number | undefined, dropped: Set<string>): JsonObject {
  const system = conversation.system.filter(({ text }) => text !== '').map(({ text }) => ({ text }))
  if (conversation.system.some(({ cache }) => cache !== undefined)) dropped.add('cache_control')
  const contents = writeContents(conversation, generation, dropped)
  if (contents.length > 0) return system.length === 0 ? { contents } : { systemInstruction: { parts: system }, contents }
  return { contents: [{ role: 'user', parts: system.length === 0 ? [{ text: ' ' }] : system }] }
}

function writeTool(tool: Tool, dropped: Set<string>): JsonObject {
  if (tool.strict === true) dropped.add('strict')
  if (tool.cache !== undefined) dropped.add('cache_control')
  return withoutUndefined({
    name: tool.name,
    description: tool.description,
    parametersJsonSchema: tool.parameters === undefined ? undefined : writeArgumentsSchema(tool.parameters, 'tools'),
  })
}

function writeToolChoice(choice: ToolChoice): JsonObject {
  switch (choice.kind) {
    case 'auto':
      return { mode: 'AUTO' }
    case 'none':
      return { mode: 'NONE' }
    case 'any':
      return { mode: 'ANY' }
    case 'tool':
      return { mode: 'ANY', allowedFunctionNames: [choice.name] }
  }
}

function writeGenerationConfig(conversation: Conversation, model: string, dropped: Set<string>): JsonObject {
  const { stop, seed } = conversation
  if (stop.length > maxStopSequences) {
    throw new TollgateError('unsupported_parameter', `stop holds ${stop.length} sequences; Gemini takes at most ${maxStopSequences}.`, { param: 'stop' })
  }
  const isSeedTaken = seed === undefined || (Number.isInteger(seed) && Math.abs(seed) <= maxSeed)
  if (!isSeedTaken) dropped.add('seed')
  return withoutUndefined({
    maxOutputTokens: conversation.maxOutputTokens,
    temperature: conversation.temperature,
    topP: conversation.topP,
    topK: conversation.topK,
    presencePenalty: conversation.presencePenalty,
    frequencyPenalty: conversation.frequencyPenalty,
    seed: isSeedTaken ? seed : undefined,
    stopSequences: stop.length === 0 ? undefined : stop,
    ...writeOutput(conversation),
    thinkingConfig: writeThinking(conversation, model, dropped),
  })
}

function writeOutput({ output }: Conversation): JsonObject {
  if (output === undefined) return {}
  if (output.kind === 'json') return { responseMimeType: 'application/json' }
  const schema = writeSchema(output.schema, 'response_format')
  const described = output.description === undefined || Object.hasOwn(schema, 'description') ? schema : { ...schema, description: output.description }
  return { responseMimeType: 'application/json', responseJsonSchema: described }
}
