// Structured output for models that cannot be told a schema but can call tools: the schema becomes the arguments of a tool of ours that the
// model must call, and the arguments become the answer's text. Its name alone tells, so that reading an answer needs nothing of its request.

import { TollgateError } from '../core/errors.ts'
import type { JsonObject, OutputFormat, Tool } from './conversation.ts'

/** Reserved: no client's tool may have it. Fits the rules of Anthropic and Bedrock ([a-zA-Z0-9_-], at most 64). */
export const answerToolName = 'tollgate_structured_answer'

/** For requests in which the call cannot be forced: it goes to the end of the system prompt. */
export const answerInstruction =
  `Give your final answer by calling the tool ${answerToolName}, exactly once. Its arguments are the whole answer: ` +
  'write no text before or after that call. Other tools may be called first if there are any.'

/**
 * The tool that stands for this format. Its parameters always say `type: object`. Throws TollgateError `unsupported_parameter` for a
 * schema whose root is no plain object, which arguments cannot be.
 */
export function answerTool(output: OutputFormat): Tool {
  if (output.kind === 'json') {
    return { name: answerToolName, description: 'Gives your final answer as a JSON object with the members that were asked for.', parameters: { type: 'object' }, strict: undefined }
  }
  return {
    name: answerToolName,
    description: output.description ?? `Gives your final answer (${output.name}).`,
    parameters: objectSchema(output.schema),
    strict: undefined,
  }
}

/** For providers that are asked for structured output by our tool. Throws TollgateError `unsupported_parameter` where a client's tool has its name. */
export function refuseAnswerTool(tools: readonly Tool[]): void {
  if (!tools.some(({ name }) => isAnswerTool(name))) return
  throw new TollgateError('unsupported_parameter', 'tools holds one with a name that Tollgate needs for structured output. Give it another.', { param: 'tools' })
}

export function isAnswerTool(name: string): boolean {
  return name === answerToolName
}

function objectSchema(schema: JsonObject): JsonObject {
  const type = schema['type']
  const branch = ['anyOf', 'oneOf', 'allOf'].find((name) => schema[name] !== undefined)
  if ((type !== undefined && type !== 'object') || branch !== undefined) {
    const root = branch === undefined ? 'something other than an object' : branch
    throw new TollgateError('unsupported_parameter', `The root of the schema must be an object for this model, not ${root}.`, { param: 'response_format' })
  }
  return type === undefined ? { type: 'object', ...schema } : schema
}
