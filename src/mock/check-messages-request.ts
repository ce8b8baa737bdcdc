// Whether Anthropic would take a Messages request, and in which words it would not: the schema, and what members demand of each other.

import type { z } from 'zod'
import { type MessagesRequest, messagesRequestSchema } from './anthropic-messages-schema.ts'
import { checkModelRules } from './anthropic-model-rules.ts'
import { isOwnHiddenThought, isOwnThought } from './anthropic-thoughts.ts'
import type { JsonObject } from './json-object.ts'
import { isObject } from './json-object.ts'

/** The message of Anthropic's 400, or undefined for a request that it takes. */
export function checkMessagesRequest(body: JsonObject): string | undefined {
  const parsed = messagesRequestSchema.safeParse(body)
  if (!parsed.success) return describe(deepest(parsed.error.issues), body)
  const request = parsed.data
  const turns = mergeTurns(request.messages)
  return checkTexts(request, turns) ?? checkTurns(turns) ?? checkTools(request) ?? checkMarks(body) ?? checkThinking(request, turns) ?? checkModelRules(request)
}

type Issue = z.core.$ZodIssue

// Of a union, the branch that got furthest is the one that was meant.
function deepest(issues: readonly Issue[]): Issue {
  const [first] = issues
  if (first === undefined) throw new RangeError('an error without an issue')
  if (first.code !== 'invalid_union' || first.errors.length === 0) return first
  const branches = first.errors.filter((branch) => branch.length > 0).map((branch) => deepest(branch))
  const inner = branches.toSorted((one, other) => other.path.length - one.path.length)[0]
  return inner === undefined ? first : { ...inner, path: [...first.path, ...inner.path] }
}

function describe(issue: Issue, body: JsonObject): string {
  const place = (steps: readonly PropertyKey[]): string => steps.map(String).join('.')
  if (issue.code === 'unrecognized_keys') return `${place([...issue.path, issue.keys[0] ?? ''])}: Extra inputs are not permitted`
  const value = issue.path.reduce((inner: unknown, step) => (isObject(inner) || Array.isArray(inner) ? Reflect.get(inner, step) : undefined), body)
  return `${place(issue.path)}: ${value === undefined ? 'Field required' : issue.message}`
}

type Block = Exclude<MessagesRequest['messages'][number]['content'], string>[number]

interface Turn {
  readonly role: 'user' | 'assistant'
  readonly blocks: readonly Block[]
}

// "Consecutive user or assistant turns in your request will be combined into a single turn."
function mergeTurns(messages: MessagesRequest['messages']): readonly Turn[] {
  const turns: { role: Turn['role']; blocks: Block[] }[] = []
  for (const { role, content } of messages) {
    if (role === 'system') continue
    const blocks: readonly Block[] = typeof content === 'string' ? [{ type: 'text', text: content }] : content
    const last = turns.at(-1)
    if (last?.role === role) last.blocks.push(...blocks)
    else turns.push({ role, blocks: [...blocks] })
  }
  return turns
}

function checkTexts({ system, stop_sequences: stops, messages }: MessagesRequest, turns: readonly Turn[]): string | undefined {
  const isBlank = (block: { readonly type: string; readonly text?: unknown }): boolean => block.type === 'text' && String(block.text).trim() === ''
  if (messages.some(({ content }, index) => content.length === 0 && !(index === messages.length - 1 && messages[index]?.role === 'assistant'))) {
    return 'messages: all messages must have non-empty content except for the optional final assistant message'
  }
  if (turns.some(({ blocks }) => blocks.some(isBlank))) return 'messages: text content blocks must contain non-whitespace text'
  if (Array.isArray(system) && system.some(isBlank)) return 'system: text content blocks must contain non-whitespace text'
  if (stops?.some((stop) => stop.trim() === '')) return 'stop_sequences: each stop sequence must contain non-whitespace'
  const last = turns.at(-1)
  const end = last?.role === 'assistant' ? last.blocks.at(-1) : undefined
  return end?.type === 'text' && end.text !== end.text.trimEnd() ? 'messages: final assistant content cannot end with trailing whitespace' : undefined
}

function checkTurns(turns: readonly Turn[]): string | undefined {
  if (turns[0]?.role !== 'user') return 'messages: first message must use the "user" role'
  const seen = new Set<string>()
  for (const [index, { blocks }] of turns.entries()) {
    const calls = callsOf(turns[index - 1])
    const results = blocks.flatMap((block) => (block.type === 'tool_result' ? [block.tool_use_id] : []))
    const stray = results.find((id) => !calls.includes(id))
    if (stray !== undefined) {
      return `messages.${index}.content.0: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${stray}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`
    }
    // What stands before a result hides it.
    const leading = blocks.slice(0, results.length).flatMap((block) => (block.type === 'tool_result' ? [block.tool_use_id] : []))
    const open = calls.filter((id) => !leading.includes(id))
    if (open.length > 0) return unanswered(index - 1, open)
    if (new Set(results).size < results.length) return `messages.${index}: each tool_use must have a single result. Found multiple \`tool_result\` blocks with id: ${results[0] ?? ''}`
    for (const id of callsOf(turns[index])) {
      if (seen.has(id)) return 'messages: `tool_use` ids must be unique'
      seen.add(id)
    }
  }
  const open = callsOf(turns.at(-1))
  return open.length > 0 ? unanswered(turns.length - 1, open) : undefined
}

function callsOf(turn: Turn | undefined): readonly string[] {
  return turn?.blocks.flatMap((block) => (block.type === 'tool_use' ? [block.id] : [])) ?? []
}

function unanswered(index: number, ids: readonly string[]): string {
  return `messages.${index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${ids.join(', ')}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`
}

function checkTools({ tools, tool_choice: choice }: MessagesRequest): string | undefined {
  if (choice !== undefined && (tools === undefined || tools.length === 0)) return 'tool_choice may only be specified while providing tools'
  const names = (tools ?? []).map((tool) => tool.name)
  if (new Set(names).size < names.length) return 'tools: Tool names must be unique.'
  const index = (tools ?? []).findIndex((tool) => ['oneOf', 'allOf', 'anyOf'].some((word) => isObject(tool.input_schema) && word in tool.input_schema))
  if (index !== -1) return `tools.${index}.custom.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level`
  return choice?.type === 'tool' && !names.includes(choice.name) ? `Tool '${choice.name}' not found in provided tools` : undefined
}

// Members are marks everywhere except in what the client's own tools take and give.
function checkMarks(body: JsonObject): string | undefined {
  const count = (value: unknown, name: string): number => {
    if (name === 'input' || name === 'input_schema' || name === 'output_config') return 0
    if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + count(item, ''), 0)
    if (!isObject(value)) return 0
    return Object.entries(value).reduce((sum, [member, inner]) => sum + (member === 'cache_control' && isObject(inner) ? 1 : count(inner, member)), 0)
  }
  const marks = count(body, '')
  return marks > 4 ? `A maximum of 4 blocks with cache_control may be provided. Found ${marks}.` : undefined
}

function checkThinking(request: MessagesRequest, turns: readonly Turn[]): string | undefined {
  const { thinking, tool_choice: choice, max_tokens: maxTokens } = request
  for (const [index, { blocks }] of turns.entries()) {
    for (const [at, block] of blocks.entries()) {
      const isForeign = (block.type === 'thinking' && !isOwnThought(block.thinking, block.signature)) || (block.type === 'redacted_thinking' && !isOwnHiddenThought(block.data))
      if (isForeign) return `messages.${index}.content.${at}: Invalid \`${block.type === 'thinking' ? 'signature' : 'data'}\` in \`${block.type}\` block`
    }
  }
  if (thinking?.type !== 'enabled' && thinking?.type !== 'adaptive') return undefined
  if (thinking.type === 'enabled' && thinking.budget_tokens >= maxTokens) return '`max_tokens` must be greater than `thinking.budget_tokens`. Please consult our documentation at https://docs.claude.com/en/docs/build-with-claude/extended-thinking#max-tokens-and-context-window-size'
  if ((request.temperature ?? 1) !== 1) return '`temperature` may only be set to 1 when thinking is enabled.'
  if ((request.top_k ?? null) !== null) return '`top_k` must be unset when thinking is enabled.'
  if ((request.top_p ?? 1) < 0.95) return '`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled.'
  if (choice?.type === 'any' || choice?.type === 'tool') return 'Thinking may not be enabled when tool_choice forces tool use.'
  return thinking.type === 'enabled' ? checkLoop(turns) : undefined
}

// By a budget, the model must have thought before the first of the calls that it still works on.
function checkLoop(turns: readonly Turn[]): string | undefined {
  const hasResults = (turn: Turn | undefined): boolean => turn?.blocks.some((block) => block.type === 'tool_result') ?? false
  let first: number | undefined
  for (let index = turns.length - 1; hasResults(turns[index]); index -= 2) first = index - 1
  if (turns.at(-1)?.role === 'assistant') first = turns.length - 1
  const opening = first === undefined ? undefined : turns[first]?.blocks[0]
  if (opening === undefined || opening.type === 'thinking' || opening.type === 'redacted_thinking') return undefined
  return `messages.${first}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${opening.type}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block (preceeding the lastmost set of \`tool_use\` and \`tool_result\` blocks).`
}
