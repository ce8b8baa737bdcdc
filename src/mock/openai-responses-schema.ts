// What OpenAI takes at /v1/responses, as strictly as it does: types, ranges, patterns, and no member that it does not know.
// Source: platform.openai.com, API reference, "Create a model response", and the limits that the API's own errors tell.

import { z } from 'zod'

const jsonObject = z.record(z.string(), z.unknown())
const functionName = z.string().regex(/^[a-zA-Z0-9_-]{1,128}$/)
const callId = z.string().min(1).max(64)
const status = z.enum(['in_progress', 'completed', 'incomplete']).nullish()
const idOf = (prefix: string) => z.string().startsWith(prefix).max(64)
const dataUrl = z.string().regex(/^data:[\w.+-]+\/[\w.+-]+;base64,/)
const webUrl = z.string().regex(/^https?:\/\//)
const breakpoint = { prompt_cache_breakpoint: z.strictObject({ mode: z.literal('explicit') }).nullish() }

const inputText = z.strictObject({ type: z.literal('input_text'), text: z.string(), ...breakpoint })
const inputImage = z.strictObject({
  type: z.literal('input_image'),
  image_url: z.union([webUrl, dataUrl]).nullish(),
  file_id: z.string().nullish(),
  detail: z.enum(['auto', 'low', 'high', 'original']).nullish(),
  ...breakpoint,
})
const inputFile = z.strictObject({
  type: z.literal('input_file'),
  file_data: dataUrl.nullish(),
  file_url: webUrl.nullish(),
  file_id: z.string().nullish(),
  filename: z.string().nullish(),
  detail: z.enum(['auto', 'low', 'high']).nullish(),
  ...breakpoint,
})
const inputAudio = z.strictObject({ type: z.literal('input_audio'), input_audio: z.strictObject({ data: z.string(), format: z.enum(['mp3', 'wav']) }) })
const inputParts = z.array(z.discriminatedUnion('type', [inputText, inputImage, inputFile, inputAudio]))
const outputText = z.strictObject({ type: z.literal('output_text'), text: z.string(), annotations: z.array(z.unknown()).optional(), logprobs: z.array(z.unknown()).nullish() })
const refusal = z.strictObject({ type: z.literal('refusal'), refusal: z.string() })

const phase = z.enum(['commentary', 'final_answer']).nullish()
const message = { type: z.literal('message').optional(), id: idOf('msg').nullish(), status, phase }
const spoken = z.strictObject({ ...message, role: z.enum(['user', 'system', 'developer']), content: z.union([z.string(), inputParts]) })
const answered = z.strictObject({ ...message, role: z.literal('assistant'), content: z.union([z.string(), z.array(z.discriminatedUnion('type', [outputText, refusal]))]) })
const functionCall = z.strictObject({
  type: z.literal('function_call'),
  id: idOf('fc').nullish(),
  call_id: callId,
  name: functionName,
  arguments: z.string(),
  namespace: z.string().nullish(),
  caller: jsonObject.nullish(),
  status,
})
const functionOutput = z.strictObject({
  type: z.literal('function_call_output'),
  id: idOf('fc').nullish(),
  call_id: callId,
  output: z.union([z.string(), z.array(z.discriminatedUnion('type', [inputText, inputImage, inputFile]))]),
  caller: jsonObject.nullish(),
  status,
})
const reasoning = z.strictObject({
  type: z.literal('reasoning'),
  id: idOf('rs'),
  summary: z.array(z.strictObject({ type: z.literal('summary_text'), text: z.string() })),
  content: z.array(z.strictObject({ type: z.literal('reasoning_text'), text: z.string() })).nullish(),
  encrypted_content: z.string().nullish(),
  status,
})
const reference = z.strictObject({ type: z.literal('item_reference'), id: z.string().min(1) })
// Items of OpenAI's own tools: their members are nobody else's concern.
const hostedItem = z.looseObject({
  type: z.enum([
    ...(['file_search_call', 'computer_call', 'computer_call_output', 'web_search_call', 'tool_search_call', 'tool_search_output', 'additional_tools'] as const),
    ...(['compaction', 'compaction_trigger', 'image_generation_call', 'code_interpreter_call', 'local_shell_call', 'local_shell_call_output'] as const),
    ...(['shell_call', 'shell_call_output', 'apply_patch_call', 'apply_patch_call_output', 'mcp_list_tools', 'mcp_approval_request'] as const),
    ...(['mcp_approval_response', 'mcp_call', 'custom_tool_call', 'custom_tool_call_output', 'program', 'program_output'] as const),
  ]),
})
const item = z.discriminatedUnion('type', [z.discriminatedUnion('role', [spoken, answered]), functionCall, functionOutput, reasoning, hostedItem, reference])

const hostedTool = z.looseObject({
  type: z.enum([
    ...(['web_search', 'web_search_2025_08_26', 'web_search_preview', 'web_search_preview_2025_03_11', 'file_search', 'computer'] as const),
    ...(['computer_use_preview', 'mcp', 'code_interpreter', 'programmatic_tool_calling', 'image_generation', 'local_shell', 'shell', 'custom'] as const),
    ...(['namespace', 'tool_search', 'apply_patch'] as const),
  ]),
})
const functionTool = z.strictObject({
  type: z.literal('function'),
  name: functionName,
  description: z.string().nullish(),
  parameters: jsonObject.nullish(),
  strict: z.boolean().nullish(),
  allowed_callers: z.array(z.enum(['direct', 'programmatic'])).nullish(),
  defer_loading: z.boolean().optional(),
  output_schema: jsonObject.nullish(),
})
const namedFunction = z.strictObject({ type: z.literal('function'), name: functionName })
const allowedTools = z.strictObject({ type: z.literal('allowed_tools'), mode: z.enum(['auto', 'required']), tools: z.array(jsonObject).min(1) })

const format = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text') }),
  z.strictObject({ type: z.literal('json_object') }),
  z.strictObject({
    type: z.literal('json_schema'),
    name: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/),
    description: z.string().nullish(),
    schema: jsonObject,
    strict: z.boolean().nullish(),
  }),
])
const summary = z.enum(['auto', 'concise', 'detailed']).nullish()
const includable = z.enum([
  ...(['file_search_call.results', 'web_search_call.results', 'web_search_call.action.sources', 'message.input_image.image_url'] as const),
  ...(['computer_call_output.output.image_url', 'code_interpreter_call.outputs', 'reasoning.encrypted_content', 'message.output_text.logprobs'] as const),
])

/** One request. Its parameters are all that OpenAI knows. */
export const responsesRequestSchema = z.strictObject({
  model: z.string().min(1),
  input: z.union([z.string(), z.array(item)]).optional(),
  background: z.boolean().nullish(),
  context_management: z.array(z.looseObject({ type: z.string() })).nullish(),
  conversation: z.union([z.string(), z.strictObject({ id: z.string() })]).nullish(),
  include: z.array(includable).nullish(),
  instructions: z.string().nullish(),
  max_output_tokens: z.int().min(16).nullish(),
  max_tool_calls: z.int().min(1).nullish(),
  metadata: z.record(z.string().max(64), z.string().max(512)).nullish(),
  moderation: jsonObject.nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  previous_response_id: z.string().nullish(),
  prompt: z.looseObject({ id: z.string() }).nullish(),
  prompt_cache_key: z.string().max(64).nullish(),
  prompt_cache_options: jsonObject.optional(),
  prompt_cache_retention: z.enum(['in_memory', '24h']).nullish(),
  reasoning: z
    .strictObject({
      effort: z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']).nullish(),
      summary,
      generate_summary: summary,
      context: z.enum(['auto', 'current_turn', 'all_turns']).nullish(),
      mode: z.string().nullish(),
    })
    .nullish(),
  safety_identifier: z.string().max(64).nullish(),
  service_tier: z.enum(['auto', 'default', 'flex', 'scale', 'priority']).nullish(),
  store: z.boolean().nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.strictObject({ include_obfuscation: z.boolean().optional() }).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  text: z.strictObject({ format: format.optional(), verbosity: z.enum(['low', 'medium', 'high']).nullish() }).optional(),
  tool_choice: z.union([z.enum(['none', 'auto', 'required']), z.discriminatedUnion('type', [namedFunction, allowedTools, hostedTool])]).optional(),
  tools: z.array(z.discriminatedUnion('type', [functionTool, hostedTool])).max(128).optional(),
  top_logprobs: z.int().min(0).max(20).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  truncation: z.enum(['auto', 'disabled']).nullish(),
  user: z.string().max(64).nullish(),
})

export type ResponsesRequest = z.infer<typeof responsesRequestSchema>
export type ResponsesItem = z.infer<typeof item>
