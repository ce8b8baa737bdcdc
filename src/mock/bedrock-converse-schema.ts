// What Converse and ConverseStream take, as published: unknown members are refused, unions have one member.
// Source: Bedrock API reference and service model (bedrock-runtime, 2023-09-30), ConverseRequest.

import { z } from 'zod'

const base64 = z.base64().min(1)
const document = z.record(z.string(), z.unknown())
const empty = z.strictObject({})

/** Exactly one member, as a union of the service model has. */
function union<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape).partial().refine((value) => Object.keys(value).length === 1, 'must have exactly one member')
}

const cachePoint = z.strictObject({ type: z.literal('default'), ttl: z.enum(['5m', '1h']).optional() })
const toolUseId = z.string().regex(/^[a-zA-Z0-9_.:-]{1,64}$/)
const toolName = z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/)
const imageSource = union({ bytes: base64, s3Location: document })
const image = z.strictObject({ format: z.enum(['png', 'jpeg', 'gif', 'webp']), source: imageSource })
const documentBlock = z.strictObject({
  format: z.enum(['pdf', 'csv', 'doc', 'docx', 'xls', 'xlsx', 'html', 'txt', 'md']).optional(),
  name: z
    .string()
    .min(1)
    .max(200)
    .regex(/^(?!.*\s\s)[a-zA-Z0-9\s()[\]-]+$/, 'can only contain alphanumeric characters, whitespace characters, hyphens, parentheses, and square brackets'),
  source: union({ bytes: base64, s3Location: document, text: z.string(), content: z.array(union({ text: z.string() })) }),
  context: z.string().optional(),
  citations: z.strictObject({ enabled: z.boolean() }).optional(),
})
const audio = z.strictObject({
  format: z.enum(['mp3', 'opus', 'wav', 'aac', 'flac', 'mp4', 'ogg', 'mkv', 'mka', 'x-aac', 'm4a', 'mpeg', 'mpga', 'pcm', 'webm']),
  source: imageSource,
})
const video = z.strictObject({ format: z.enum(['mkv', 'mov', 'mp4', 'webm', 'flv', 'mpeg', 'mpg', 'wmv', 'three_gp']), source: imageSource })
const toolUse = z.strictObject({ toolUseId, name: toolName, input: document })
const toolResult = z.strictObject({
  toolUseId,
  content: z.array(union({ json: document, text: z.string(), image, document: documentBlock, video })),
  status: z.enum(['success', 'error']).optional(),
})
const reasoningContent = union({ reasoningText: z.strictObject({ text: z.string(), signature: z.string().optional() }), redactedContent: base64 })

const contentBlock = union({ text: z.string(), image, document: documentBlock, audio, video, toolUse, toolResult, cachePoint, reasoningContent })
const message = z.strictObject({ role: z.enum(['user', 'assistant']), content: z.array(contentBlock) })

const toolSpec = z.strictObject({
  name: toolName,
  description: z.string().min(1).optional(),
  inputSchema: z.strictObject({ json: z.looseObject({ type: z.literal('object') }) }),
  strict: z.boolean().optional(),
})
const toolConfig = z.strictObject({
  tools: z.array(union({ toolSpec, cachePoint })).min(1),
  toolChoice: union({ auto: empty, any: empty, tool: z.strictObject({ name: toolName }) }).optional(),
})
const inferenceConfig = z.strictObject({
  maxTokens: z.int().min(1).optional(),
  temperature: z.number().min(0).max(1).optional(),
  topP: z.number().min(0).max(1).optional(),
  stopSequences: z.array(z.string().min(1)).max(2500).optional(),
})
const logText = z.string().regex(/^[a-zA-Z0-9\s:_@$#=/+,.-]{0,256}$/)

export const converseRequest = z.strictObject({
  messages: z.array(message),
  system: z.array(union({ text: z.string().min(1), cachePoint })).optional(),
  inferenceConfig: inferenceConfig.optional(),
  toolConfig: toolConfig.optional(),
  additionalModelRequestFields: document.optional(),
  additionalModelResponseFieldPaths: z.array(z.string().min(1).max(256)).max(10).optional(),
  requestMetadata: z
    .record(logText.min(1), logText)
    .refine((pairs) => Object.keys(pairs).length >= 1 && Object.keys(pairs).length <= 16, 'must have 1 to 16 members')
    .optional(),
})

export type ConverseRequest = z.infer<typeof converseRequest>
export type ContentBlock = z.infer<typeof contentBlock>

/** What Claude takes in additionalModelRequestFields, of its own Messages API. */
export const claudeFields = z.strictObject({
  top_k: z.int().min(0).optional(),
  thinking: z
    .discriminatedUnion('type', [
      z.strictObject({ type: z.literal('enabled'), budget_tokens: z.int().min(1024) }),
      z.strictObject({ type: z.literal('adaptive'), display: z.enum(['summarized', 'omitted']).optional() }),
      z.strictObject({ type: z.literal('disabled') }),
      z.strictObject({ type: z.literal('between_tools') }),
    ])
    .optional(),
  output_config: z.strictObject({ effort: z.enum(['low', 'medium', 'high', 'xhigh', 'max']).optional() }).optional(),
  tool_choice: z.strictObject({ type: z.enum(['auto', 'any', 'tool', 'none']), name: z.string().optional(), disable_parallel_tool_use: z.boolean().optional() }).optional(),
  anthropic_beta: z.array(z.string()).optional(),
})

export const gptFields = z.strictObject({ reasoning_effort: z.enum(['low', 'medium', 'high']).optional() })
