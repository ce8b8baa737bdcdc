// What Converse refuses although every member is right: turns out of order, blank text, calls without tools, settings of another family.
// Source: Bedrock user guide, "Using the Converse API"; the messages are those that the API answers with.

import { z } from 'zod'
import { checkModelRules } from './anthropic-model-rules.ts'
import { claudeFields, type ContentBlock, type ConverseRequest, converseRequest, gptFields } from './bedrock-converse-schema.ts'
import type { JsonObject } from './json-object.ts'

const anthropicText = 'The model returned the following errors: '

/** The message of Bedrock's 400, or undefined for a request that `model` takes. */
export function checkConverse(body: JsonObject, model: string): string | undefined {
  const parsed = converseRequest.safeParse(body)
  if (!parsed.success) return describe(parsed.error)
  const request = parsed.data
  return checkTurns(request) ?? checkTools(request) ?? checkDocuments(request) ?? checkFamily(request, model)
}

function describe(error: z.ZodError): string {
  const [issue] = error.issues
  const place = issue === undefined ? '' : issue.path.join('.')
  if (issue?.code === 'unrecognized_keys') return `Malformed input request: ${place === '' ? '#' : `#/${place}`}: extraneous key [${issue.keys[0] ?? ''}] is not permitted, please reformat your input and try again.`
  return `1 validation error detected: Value at '${place}' failed to satisfy constraint: ${issue?.message ?? ''}`
}

function checkTurns({ messages, system }: ConverseRequest): string | undefined {
  if (messages.length === 0) return 'The messages field is required and cannot be empty.'
  if (messages[0]?.role !== 'user') return 'A conversation must start with a user message. Try again with a conversation that starts with a user message.'
  for (const [index, { role, content }] of messages.entries()) {
    if (index > 0 && messages[index - 1]?.role === role) return 'A conversation must alternate between user and assistant roles. Make sure the conversation alternates between user and assistant roles and try again.'
    if (content.length === 0) return `The content field in the Message object at messages.${index} is empty. Add a ContentBlock object to the content field and try again.`
    const blank = content.findIndex((block) => block.text?.trim() === '')
    if (blank !== -1) return `The text field in the ContentBlock object at messages.${index}.content.${blank} is blank. Add text to the text field, and try again.`
  }
  return system?.some((block) => block.text?.trim() === '') === true ? 'The text field in the SystemContentBlock object is blank. Add text to the text field, and try again.' : undefined
}

function checkTools({ messages, toolConfig }: ConverseRequest): string | undefined {
  const isUsed = messages.some(({ content }) => content.some((block) => block.toolUse !== undefined || block.toolResult !== undefined))
  if (isUsed && toolConfig === undefined) return 'The toolConfig field must be defined when using toolUse and toolResult content blocks.'
  const chosen = toolConfig?.toolChoice?.tool?.name
  const names = (toolConfig?.tools ?? []).flatMap((tool) => tool.toolSpec?.name ?? [])
  if (chosen !== undefined && !names.includes(chosen)) return `The tool ${chosen} in toolChoice is not among the tools.`
  if (new Set(names).size < names.length) return 'The toolConfig field contains tools with the same name.'
  for (let index = 0; index <= messages.length; index += 1) {
    const calls = messages[index - 1]?.content.flatMap((block) => block.toolUse?.toolUseId ?? []) ?? []
    const results = messages[index]?.content.flatMap((block) => block.toolResult ?? []) ?? []
    const open = calls.filter((id) => !results.some((result) => result.toolUseId === id))
    if (open.length > 0) return `Expected toolResult blocks at messages.${index}.content for the following Ids: ${open.join(', ')}`
    if (results.some((result) => !calls.includes(result.toolUseId))) return `The number of toolResult blocks at messages.${index}.content exceeds the number of toolUse blocks of previous turn.`
    const failed = results.findIndex((result) => result.status === 'error' && result.content.length === 0)
    if (failed !== -1) return `The content field at messages.${index}.content.${failed}.toolResult cannot be empty when status value is error.`
  }
  return undefined
}

function checkDocuments({ messages }: ConverseRequest): string | undefined {
  const names = messages.flatMap(({ content }) => content.flatMap((block) => [block.document, ...(block.toolResult?.content.map((inner) => inner.document) ?? [])].flatMap((each) => each?.name ?? [])))
  if (new Set(names).size < names.length) return 'Documents with duplicate names were found. Use a unique name for each document.'
  const isBare = messages.some(({ content }) => has(content, 'document') && !has(content, 'text'))
  return isBare ? 'A text block is required when a document block is used in the same message.' : undefined
}

function checkFamily(request: ConverseRequest, model: string): string | undefined {
  const isClaude = /(^|[./])anthropic\./.test(model)
  const isNova = /(^|[./])amazon\.nova/.test(model)
  const { messages, toolConfig, additionalModelRequestFields: fields = {} } = request
  const marks = [...messages.map(({ content }) => content), toolConfig?.tools ?? [], request.system ?? []].flat().filter((block) => block.cachePoint !== undefined)
  if (marks.length > 0 && !isClaude && !isNova) return 'You invoked an unsupported model or your request did not allow prompt caching. See the documentation for more information.'
  if (marks.length > 4) return `A maximum of 4 blocks with cache_control may be provided. Found ${marks.length}.`
  if (isClaude) return checkClaude(request, model)
  if (messages.some(({ content }) => has(content, 'reasoningContent'))) return 'User messages cannot contain reasoning content. Please remove the reasoning content and try again.'
  if (messages.some(({ content }) => content.some((block) => block.toolResult?.status !== undefined)) && !isNova) return "This model doesn't support the status field in toolResult. Remove status and try again."
  const known = /(^|[./])openai\./.test(model) ? gptFields : z.strictObject({})
  const parsed = known.safeParse(fields)
  return parsed.success ? undefined : describe(parsed.error)
}

function checkClaude({ messages, inferenceConfig: inference = {}, toolConfig, ...rest }: ConverseRequest, model: string): string | undefined {
  const parsed = claudeFields.safeParse(rest.additionalModelRequestFields ?? {})
  if (!parsed.success) return anthropicText + describe(parsed.error)
  const { thinking, top_k: topK, tool_choice: choice } = parsed.data
  if (choice !== undefined && toolConfig?.toolChoice !== undefined) return 'The additional field tool_choice conflicts with an existing field.'
  if (choice !== undefined && toolConfig === undefined) return `${anthropicText}tool_choice may only be specified while providing tools`
  const isForced = toolConfig?.toolChoice?.any !== undefined || toolConfig?.toolChoice?.tool !== undefined
  const isThinking = thinking?.type === 'enabled' || thinking?.type === 'adaptive'
  if (isThinking && isForced) return `${anthropicText}Thinking may not be enabled when tool_choice forces tool use.`
  if (isThinking && ((inference.temperature ?? 1) !== 1 || topK !== undefined)) return `${anthropicText}\`temperature\` may only be set to 1 when thinking is enabled.`
  if (thinking?.type === 'enabled' && thinking.budget_tokens >= (inference.maxTokens ?? Infinity)) return `${anthropicText}\`max_tokens\` must be greater than \`thinking.budget_tokens\`.`
  if (inference.stopSequences?.some((stop) => stop.trim() === '') === true) return `${anthropicText}stop_sequences: each stop sequence must contain non-whitespace`
  if (messages.some(({ role, content }) => role === 'assistant' && content.at(-1)?.reasoningContent !== undefined)) return `${anthropicText}messages: The final block in an assistant message cannot be \`thinking\`.`
  if (messages.some(({ content }) => content.some((block) => block.reasoningContent?.reasoningText !== undefined && block.reasoningContent.reasoningText.signature === undefined))) return `${anthropicText}thinking.signature: Field required`
  if (messages.some(({ content }) => has(content, 'audio'))) return `${anthropicText}This model doesn't support audio.`
  const problem = checkModelRules({
    model,
    max_tokens: inference.maxTokens ?? 1,
    messages: [{ role: messages.at(-1)?.role ?? 'user', content: 'text' }],
    temperature: inference.temperature,
    top_p: inference.topP,
    top_k: topK,
    thinking: thinking?.type === 'enabled' ? { type: 'enabled', budget_tokens: thinking.budget_tokens } : thinking,
    tool_choice: isForced ? { type: 'any' } : undefined,
  })
  return problem === undefined ? undefined : anthropicText + problem
}

function has(content: readonly ContentBlock[], name: keyof ContentBlock): boolean {
  return content.some((block) => block[name] !== undefined)
}
