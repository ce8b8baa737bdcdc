// What OpenAI takes at /v1/chat/completions, as strictly as it does: types, ranges, patterns, and no member that it does not know.
// Source: platform.openai.com, API reference, "Create chat completion", and the limits that the API's own errors tell.

import { z } from 'zod'

const functionName = z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/)
const callId = z.string().min(1).max(40)
const participant = z.string().regex(/^[^\s<|\\/>]+$/)
const breakpoint = { prompt_cache_breakpoint: z.strictObject({ mode: z.literal('explicit') }).optional() }

const textPart = z.strictObject({ type: z.literal('text'), text: z.string(), ...breakpoint })
const refusalPart = z.strictObject({ type: z.literal('refusal'), refusal: z.string() })
const imagePart = z.strictObject({
  type: z.literal('image_url'),
  image_url: z.strictObject({ url: z.string().regex(/^(?:https?:\/\/|data:[\w.+-]+\/[\w.+-]+;base64,)/), detail: z.enum(['auto', 'low', 'high']).optional() }),
  ...breakpoint,
})
const audioPart = z.strictObject({ type: z.literal('input_audio'), input_audio: z.strictObject({ data: z.string(), format: z.enum(['wav', 'mp3']) }), ...breakpoint })
const filePart = z.strictObject({
  type: z.literal('file'),
  file: z.union([
    z.strictObject({ file_data: z.string().regex(/^data:[\w.+-]+\/[\w.+-]+;base64,/), filename: z.string().min(1) }),
    z.strictObject({ file_id: z.string().min(1), filename: z.string().optional() }),
  ]),
  ...breakpoint,
})

const texts = z.union([z.string(), z.array(textPart).min(1)])
const functionCall = z.strictObject({ name: functionName, arguments: z.string() })
const toolCall = z.discriminatedUnion('type', [
  z.strictObject({ id: callId, type: z.literal('function'), function: functionCall }),
  z.strictObject({ id: callId, type: z.literal('custom'), custom: z.strictObject({ name: z.string(), input: z.string() }) }),
])

const message = z.discriminatedUnion('role', [
  z.strictObject({ role: z.literal('developer'), content: texts, name: participant.optional() }),
  z.strictObject({ role: z.literal('system'), content: texts, name: participant.optional() }),
  z.strictObject({
    role: z.literal('user'),
    content: z.union([z.string(), z.array(z.discriminatedUnion('type', [textPart, imagePart, audioPart, filePart])).min(1)]),
    name: participant.optional(),
  }),
  z.strictObject({
    role: z.literal('assistant'),
    content: z.union([z.string(), z.array(z.discriminatedUnion('type', [textPart, refusalPart])).min(1)]).nullish(),
    refusal: z.string().nullish(),
    name: participant.optional(),
    audio: z.strictObject({ id: z.string() }).nullish(),
    // Of an answer that is sent back as it came.
    annotations: z.array(z.unknown()).nullish(),
    tool_calls: z.array(toolCall).min(1).optional(),
    function_call: functionCall.nullish(),
  }),
  z.strictObject({ role: z.literal('tool'), content: texts, tool_call_id: callId, name: participant.optional() }),
  z.strictObject({ role: z.literal('function'), content: z.string().nullable(), name: functionName }),
])

const jsonObject = z.record(z.string(), z.unknown())
const definition = { name: functionName, description: z.string().optional(), parameters: jsonObject.optional() }
const customFormat = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text') }),
  z.strictObject({ type: z.literal('grammar'), grammar: z.strictObject({ definition: z.string(), syntax: z.enum(['lark', 'regex']) }) }),
])
const tool = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('function'), function: z.strictObject({ ...definition, strict: z.boolean().nullish() }) }),
  z.strictObject({ type: z.literal('custom'), custom: z.strictObject({ name: z.string(), description: z.string().optional(), format: customFormat.optional() }) }),
])
const namedFunction = z.strictObject({ type: z.literal('function'), function: z.strictObject({ name: functionName }) })
const toolChoice = z.union([
  z.enum(['none', 'auto', 'required']),
  z.discriminatedUnion('type', [
    namedFunction,
    z.strictObject({ type: z.literal('custom'), custom: z.strictObject({ name: z.string() }) }),
    z.strictObject({ type: z.literal('allowed_tools'), allowed_tools: z.strictObject({ mode: z.enum(['auto', 'required']), tools: z.array(jsonObject).min(1) }) }),
  ]),
])

const responseFormat = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text') }),
  z.strictObject({ type: z.literal('json_object') }),
  z.strictObject({
    type: z.literal('json_schema'),
    json_schema: z.strictObject({ name: functionName, description: z.string().optional(), schema: jsonObject.optional(), strict: z.boolean().nullish() }),
  }),
])

const tokens = z.int().min(1).nullish()
const penalty = z.number().min(-2).max(2).nullish()

/** One request. Its parameters are all that OpenAI knows. */
export const chatRequestSchema = z.strictObject({
  model: z.string().min(1),
  messages: z.array(message).min(1),
  audio: z.strictObject({ format: z.enum(['wav', 'aac', 'mp3', 'flac', 'opus', 'pcm16']), voice: z.union([z.string(), z.strictObject({ id: z.string() })]) }).nullish(),
  frequency_penalty: penalty,
  function_call: z.union([z.enum(['none', 'auto']), z.strictObject({ name: functionName })]).optional(),
  functions: z.array(z.strictObject(definition)).min(1).max(128).optional(),
  logit_bias: z.record(z.string(), z.number().min(-100).max(100)).nullish(),
  logprobs: z.boolean().nullish(),
  max_completion_tokens: tokens,
  max_tokens: tokens,
  metadata: z.record(z.string().max(64), z.string().max(512)).nullish(),
  modalities: z.array(z.enum(['text', 'audio'])).nullish(),
  moderation: jsonObject.nullish(),
  n: z.int().min(1).max(128).nullish(),
  parallel_tool_calls: z.boolean().optional(),
  prediction: z.strictObject({ type: z.literal('content'), content: texts }).nullish(),
  presence_penalty: penalty,
  prompt_cache_key: z.string().max(64).nullish(),
  prompt_cache_options: jsonObject.optional(),
  prompt_cache_retention: z.enum(['in_memory', '24h']).nullish(),
  reasoning_effort: z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']).nullish(),
  response_format: responseFormat.optional(),
  safety_identifier: z.string().max(64).nullish(),
  seed: z.int().nullish(),
  service_tier: z.enum(['auto', 'default', 'flex', 'scale', 'priority']).nullish(),
  stop: z.union([z.string(), z.array(z.string()).min(1).max(4)]).nullish(),
  store: z.boolean().nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.strictObject({ include_usage: z.boolean().optional(), include_obfuscation: z.boolean().optional() }).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  tool_choice: toolChoice.optional(),
  tools: z.array(tool).min(1).max(128).optional(),
  top_logprobs: z.int().min(0).max(20).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  user: z.string().max(64).optional(),
  verbosity: z.enum(['low', 'medium', 'high']).nullish(),
  web_search_options: jsonObject.optional(),
})

export type ChatRequest = z.infer<typeof chatRequestSchema>
