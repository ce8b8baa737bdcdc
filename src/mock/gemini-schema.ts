// What generateContent and the embedding calls take, as published: unknown names are refused, as proto JSON does.
// Sources: ai.google.dev/api/generate-content, /api/caching (Content, Part, Tool), /api/embeddings; Vertex AI REST reference, "Text embeddings API".

import { z } from 'zod'
import { jsonSchemaFault } from './gemini-json-schema.ts'

const int32 = z.int32()
const base64 = z.base64().min(1)
// Signatures are bytes: proto JSON takes both alphabets.
const bytes = z.string().regex(/^[A-Za-z0-9+/_-]+={0,2}$/, 'Base64 decoding failed')
const struct = z.record(z.string(), z.unknown())

const blob = z.strictObject({ mimeType: z.string().regex(/^\w+\/[\w.+-]+$/), data: base64, displayName: z.string().optional() })
const fileData = z.strictObject({ mimeType: z.string().optional(), fileUri: z.string().min(1), displayName: z.string().optional() })
const functionName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_.:-]{0,127}$/, 'Invalid function name. Must start with a letter or an underscore.')

const functionResponse = z.strictObject({
  id: z.string().optional(),
  name: functionName,
  response: struct,
  parts: z.array(z.strictObject({ inlineData: blob.optional(), fileData: fileData.optional() })).optional(),
  willContinue: z.boolean().optional(),
  scheduling: z.enum(['SILENT', 'WHEN_IDLE', 'INTERRUPT']).optional(),
})

const dataMembers = ['text', 'inlineData', 'fileData', 'functionCall', 'functionResponse'] as const

const part = z
  .strictObject({
    text: z.string().optional(),
    inlineData: blob.optional(),
    fileData: fileData.optional(),
    functionCall: z.strictObject({ id: z.string().optional(), name: functionName, args: struct.optional() }).optional(),
    functionResponse: functionResponse.optional(),
    thought: z.boolean().optional(),
    thoughtSignature: bytes.optional(),
    videoMetadata: struct.optional(),
    mediaResolution: struct.optional(),
  })
  .refine((value) => dataMembers.filter((name) => value[name] !== undefined).length === 1, 'required oneof field "data" must have one initialized field')

const content = z.strictObject({ role: z.enum(['user', 'model'], 'Please use a valid role: user, model.').optional(), parts: z.array(part).min(1, 'contents.parts must not be empty.') })

const jsonSchema = z.unknown().superRefine((value, context) => {
  const fault = jsonSchemaFault(value)
  if (fault !== undefined) context.addIssue({ code: 'custom', message: fault })
})

const functionDeclaration = z
  .strictObject({
    name: functionName,
    description: z.string().optional(),
    parameters: struct.optional(),
    parametersJsonSchema: jsonSchema.optional(),
    response: struct.optional(),
    responseJsonSchema: jsonSchema.optional(),
  })
  .refine((value) => value.parameters === undefined || value.parametersJsonSchema === undefined, 'parameters and parameters_json_schema are mutually exclusive')

const tool = z.strictObject({ functionDeclarations: z.array(functionDeclaration).optional(), googleSearch: struct.optional(), codeExecution: struct.optional(), urlContext: struct.optional() })

const toolConfig = z.strictObject({
  functionCallingConfig: z.strictObject({ mode: z.enum(['AUTO', 'ANY', 'NONE', 'VALIDATED']).optional(), allowedFunctionNames: z.array(z.string()).optional() }).optional(),
  retrievalConfig: struct.optional(),
})

const generationConfig = z.strictObject({
  candidateCount: int32.min(1).max(8).optional(),
  stopSequences: z.array(z.string().min(1)).max(5, 'the number of stop_sequences must not exceed 5').optional(),
  maxOutputTokens: int32.min(1).optional(),
  temperature: z.number().min(0).max(2).optional(),
  topP: z.number().min(0).max(1).optional(),
  topK: z.number().min(1).optional(),
  seed: int32.optional(),
  presencePenalty: z.number().min(-2).max(2).optional(),
  frequencyPenalty: z.number().min(-2).max(2).optional(),
  responseMimeType: z.enum(['text/plain', 'application/json', 'text/x.enum']).optional(),
  responseSchema: struct.optional(),
  responseJsonSchema: jsonSchema.optional(),
  responseModalities: z.array(z.enum(['TEXT', 'IMAGE', 'AUDIO'])).optional(),
  responseLogprobs: z.boolean().optional(),
  logprobs: int32.optional(),
  speechConfig: struct.optional(),
  mediaResolution: z.string().optional(),
  thinkingConfig: z
    .strictObject({ includeThoughts: z.boolean().optional(), thinkingBudget: int32.min(-1).optional(), thinkingLevel: z.enum(['MINIMAL', 'LOW', 'MEDIUM', 'HIGH']).optional() })
    .optional(),
})

export const generateRequest = z.strictObject({
  contents: z.array(content).min(1, 'contents is not specified'),
  systemInstruction: content.optional(),
  tools: z.array(tool).optional(),
  toolConfig: toolConfig.optional(),
  safetySettings: z.array(z.strictObject({ category: z.string(), threshold: z.string() })).optional(),
  generationConfig: generationConfig.optional(),
  cachedContent: z.string().optional(),
})

export type GenerateRequest = z.infer<typeof generateRequest>
export type Content = z.infer<typeof content>

const dimensions = int32.min(1).max(3072)

export const batchEmbedRequest = z.strictObject({
  requests: z
    .array(z.strictObject({ model: z.string(), content, taskType: z.string().optional(), title: z.string().optional(), outputDimensionality: dimensions.optional() }))
    .min(1)
    .max(100, 'at most 100 requests can be in one batch'),
})

export const predictRequest = z.strictObject({
  instances: z.array(z.strictObject({ content: z.string().min(1), task_type: z.string().optional(), title: z.string().optional() })).min(1).max(250),
  parameters: z.strictObject({ autoTruncate: z.boolean().optional(), outputDimensionality: dimensions.optional() }).optional(),
})
