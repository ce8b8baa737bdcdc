// A request to create a response, read whole. Source: platform.openai.com, API reference, "Create a model response".

import { type Conversation, efforts, type JsonObject, type JsonValue, type OutputFormat, type Reasoning } from '../conversation.ts'
import { expectObject, expectOneOf, expectString, optionalBoolean, optionalInteger, optionalNumber, optionalObject, optionalString, optionalStrings } from '../field-checks.ts'
import { judgeParameters } from './judge-parameters.ts'
import { readInput } from './read-input.ts'
import { readTools } from './read-tools.ts'

const summaries = ['auto', 'concise', 'detailed'] as const

export function readRequest(body: JsonObject): Conversation {
  const dropped = judgeParameters(body)
  const { system, messages, dropped: droppedOfInput } = readInput(body)
  const { tools, toolChoice, parallelToolCalls } = readTools(body)
  const user = optionalString(body['user'], 'user')
  return {
    system,
    messages,
    tools,
    toolChoice,
    parallelToolCalls,
    output: readOutput(body['text']),
    maxOutputTokens: optionalInteger(body['max_output_tokens'], 'max_output_tokens', { least: 1 }),
    temperature: optionalNumber(body['temperature'], 'temperature', { least: 0, most: 2 }),
    topP: optionalNumber(body['top_p'], 'top_p', { least: 0, most: 1 }),
    // What follows until `stop` are parameters of the chat API that this one does not have.
    topK: undefined,
    presencePenalty: undefined,
    frequencyPenalty: undefined,
    seed: undefined,
    stop: [],
    reasoning: readReasoning(body['reasoning']),
    user: optionalString(body['safety_identifier'], 'safety_identifier') ?? user,
    metadata: optionalStrings(body['metadata'], 'metadata'),
    stream: optionalBoolean(body['stream'], 'stream') ?? false,
    dropped: droppedOfInput.length === 0 ? dropped : [...dropped, ...droppedOfInput],
  }
}

function readOutput(value: JsonValue | undefined): OutputFormat | undefined {
  const format = optionalObject(optionalObject(value, 'text')?.['format'], 'text.format')
  if (format === undefined) return undefined
  switch (expectOneOf(format['type'], 'text.format.type', ['text', 'json_object', 'json_schema'])) {
    case 'text':
      return undefined
    case 'json_object':
      return { kind: 'json' }
    case 'json_schema':
      return {
        kind: 'schema',
        name: expectString(format['name'], 'text.format.name'),
        description: optionalString(format['description'], 'text.format.description'),
        schema: expectObject(format['schema'], 'text.format.schema'),
        strict: optionalBoolean(format['strict'], 'text.format.strict'),
      }
  }
}

// OpenAI shows thoughts only as a summary, and only to those who ask for one. `generate_summary` is the older name.
function readReasoning(value: JsonValue | undefined): Reasoning | undefined {
  const fields = optionalObject(value, 'reasoning')
  if (fields === undefined) return undefined
  const said = fields['effort'] ?? undefined
  const effort = said === undefined ? undefined : expectOneOf(said, 'reasoning.effort', efforts)
  const isVisible = [asked(fields, 'summary'), asked(fields, 'generate_summary')].includes(true)
  return effort === undefined && !isVisible ? undefined : { effort, budgetTokens: undefined, visible: isVisible && effort !== 'none' }
}

function asked(fields: JsonObject, name: string): boolean {
  const value = fields[name] ?? undefined
  if (value === undefined) return false
  expectOneOf(value, `reasoning.${name}`, summaries)
  return true
}
