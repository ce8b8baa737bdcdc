// What Anthropic takes at /v1/messages, as strictly as it does: types, ranges, patterns, and no member that it does not know.
// Source: docs.anthropic.com, API reference, "Messages", and the limits that the API's own errors tell.

import { z } from 'zod'

const cacheControl = z.strictObject({ type: z.literal('ephemeral'), ttl: z.enum(['5m', '1h']).optional() }).nullish()
const mark = { cache_control: cacheControl }
const citations = z.strictObject({ enabled: z.boolean().optional() }).nullish()
const callId = z.string().regex(/^[a-zA-Z0-9_-]+$/, "String should match pattern '^[a-zA-Z0-9_-]+$'")
const toolName = z.string().regex(/^[a-zA-Z0-9_-]{1,128}$/, "String should match pattern '^[a-zA-Z0-9_-]{1,128}$'")
const jsonObject = z.record(z.string(), z.unknown())
const base64 = z.string().regex(/^[A-Za-z0-9+/]+={0,2}$/, 'The value is not valid base64')
const url = z.string().regex(/^https?:\/\//, 'Only HTTP and HTTPS URLs are supported')

const text = z.strictObject({ type: z.literal('text'), text: z.string().min(1, 'text content blocks must be non-empty'), citations: z.array(jsonObject).nullish(), ...mark })
const file = z.strictObject({ type: z.literal('file'), file_id: z.string() })
const image = z.strictObject({
  type: z.literal('image'),
  source: z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('base64'), media_type: z.enum(['image/jpeg', 'image/png', 'image/gif', 'image/webp']), data: base64 }),
    z.strictObject({ type: z.literal('url'), url }),
    file,
  ]),
  transformations: jsonObject.nullish(),
  ...mark,
})
const document = z.strictObject({
  type: z.literal('document'),
  source: z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('base64'), media_type: z.literal('application/pdf'), data: base64 }),
    z.strictObject({ type: z.literal('text'), media_type: z.literal('text/plain'), data: z.string().min(1) }),
    z.strictObject({ type: z.literal('url'), url }),
    z.strictObject({ type: z.literal('content'), content: z.union([z.string(), z.array(z.discriminatedUnion('type', [text, image]))]) }),
    file,
  ]),
  title: z.string().min(1).max(500).nullish(),
  context: z.string().min(1).nullish(),
  citations,
  ...mark,
})
const searchResult = z.strictObject({ type: z.literal('search_result'), source: z.string(), title: z.string(), content: z.array(text), citations, ...mark })
const toolResult = z.strictObject({
  type: z.literal('tool_result'),
  tool_use_id: callId,
  content: z.union([z.string(), z.array(z.discriminatedUnion('type', [text, image, document, searchResult]))]).optional(),
  is_error: z.boolean().nullish(),
  ...mark,
})
const toolUse = z.strictObject({ type: z.literal('tool_use'), id: callId, name: z.string().min(1).max(200), input: jsonObject, caller: jsonObject.optional(), ...mark })
const thinking = z.strictObject({ type: z.literal('thinking'), thinking: z.string(), signature: z.string() })
const redacted = z.strictObject({ type: z.literal('redacted_thinking'), data: z.string() })

const message = z.discriminatedUnion('role', [
  z.strictObject({ role: z.literal('user'), content: z.union([z.string(), z.array(z.discriminatedUnion('type', [text, image, document, searchResult, toolResult]))]) }),
  z.strictObject({ role: z.literal('assistant'), content: z.union([z.string(), z.array(z.discriminatedUnion('type', [text, toolUse, thinking, redacted]))]) }),
  z.strictObject({ role: z.literal('system'), content: z.union([z.string(), z.array(text)]) }),
])

const tool = z.union([
  z.strictObject({
    type: z.literal('custom').nullish(),
    name: toolName,
    description: z.string().optional(),
    input_schema: z.looseObject({ type: z.literal('object'), properties: jsonObject.nullish(), required: z.array(z.string()).nullish() }),
    strict: z.boolean().optional(),
    defer_loading: z.boolean().optional(),
    eager_input_streaming: z.boolean().nullish(),
    input_examples: z.array(jsonObject).optional(),
    allowed_callers: z.array(z.string()).optional(),
    ...mark,
  }),
  // Those that Anthropic brings along.
  z.looseObject({ type: z.string().regex(/^[a-z_]+_\d{8}$/), name: z.string() }),
])
const single = { disable_parallel_tool_use: z.boolean().optional() }
const toolChoice = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('auto'), ...single }),
  z.strictObject({ type: z.literal('any'), ...single }),
  z.strictObject({ type: z.literal('tool'), name: z.string(), ...single }),
  z.strictObject({ type: z.literal('none') }),
])
const display = { display: z.enum(['summarized', 'omitted']).nullish() }
const thinkingConfig = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('enabled'), budget_tokens: z.int().min(1_024, 'Input should be greater than or equal to 1024'), ...display }),
  z.strictObject({ type: z.literal('adaptive'), ...display }),
  z.strictObject({ type: z.literal('disabled') }),
  z.strictObject({ type: z.literal('between_tools') }),
])
const share = z.number().min(0).max(1).nullish()

/** One request. Its parameters are all that Anthropic knows without a beta header. */
export const messagesRequestSchema = z.strictObject({
  model: z.string().min(1),
  messages: z.array(message).min(1, 'at least one message is required').max(100_000),
  max_tokens: z.int().min(0),
  cache_control: cacheControl,
  container: z.union([z.string(), jsonObject]).nullish(),
  diagnostics: jsonObject.nullish(),
  inference_geo: z.string().nullish(),
  metadata: z.strictObject({ user_id: z.string().max(256, 'String should have at most 256 characters').nullish() }).optional(),
  output_config: z
    .strictObject({ effort: z.enum(['low', 'medium', 'high', 'xhigh', 'max']).nullish(), format: z.strictObject({ type: z.literal('json_schema'), schema: jsonObject }).nullish() })
    .optional(),
  service_tier: z.enum(['auto', 'standard_only']).optional(),
  speed: z.enum(['standard', 'fast']).nullish(),
  stop_sequences: z.array(z.string()).optional(),
  stream: z.boolean().optional(),
  system: z.union([z.string(), z.array(text)]).optional(),
  temperature: share,
  thinking: thinkingConfig.optional(),
  tool_choice: toolChoice.optional(),
  tools: z.array(tool).optional(),
  top_k: z.int().min(0).nullish(),
  top_p: share,
})

export type MessagesRequest = z.infer<typeof messagesRequestSchema>
