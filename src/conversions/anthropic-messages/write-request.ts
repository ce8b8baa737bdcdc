// A conversation as the body of POST /v1/messages. Source: docs.anthropic.com, API reference, "Messages".

import { createHash } from 'node:crypto'
import type { Conversation, JsonObject, JsonValue } from '../conversation.ts'
import type { Target, WrittenRequest } from '../dialect.ts'
import { withoutUndefined } from '../json-value.ts'
import { CacheMarks } from './cache-marks.ts'
import { type ClaudeModel, claudeModel } from './claude-model.ts'
import { isBlank, writeMessages } from './write-messages.ts'
import { writeThinking } from './write-thinking.ts'
import { writeTools } from './write-tools.ts'

/** Longer ids of users are refused. */
const longestUser = 256

export function writeRequest(conversation: Conversation, target: Target): WrittenRequest {
  const dropped = new Set<string>()
  const model = claudeModel(target.upstreamModel)
  const { thinking, outputConfig, maxTokens, isThinking } = writeThinking(conversation, model, dropped)
  const marks = new CacheMarks(conversation, dropped)
  const { tools, toolChoice, instruction } = writeTools(conversation, { model, isThinking, marks, dropped })
  const system = writeSystem(conversation, { marks, instruction })
  const continuesAnswers = model.continuesAnswers && !isThinking && conversation.output === undefined
  const messages = writeMessages(conversation, { marks, keepsThoughts: isThinking, continuesAnswers, dropped })
  const body = withoutUndefined({
    model: target.upstreamModel,
    max_tokens: maxTokens,
    // Instructions alone are what the user says: there is no request without messages.
    ...(isSilent(conversation) && system.length > 0 ? { messages: [{ role: 'user', content: system }] } : { system: system.length === 0 ? undefined : system, messages }),
    tools,
    tool_choice: toolChoice,
    thinking,
    output_config: outputConfig,
    ...writeSampling({ conversation, model, isThinking }, dropped),
    stop_sequences: writeStop(conversation.stop, dropped),
    metadata: conversation.user === undefined ? undefined : { user_id: writeUser(conversation.user) },
    stream: conversation.stream ? true : undefined,
  })
  if (conversation.presencePenalty !== undefined && conversation.presencePenalty !== 0) dropped.add('presence_penalty')
  if (conversation.frequencyPenalty !== undefined && conversation.frequencyPenalty !== 0) dropped.add('frequency_penalty')
  if (conversation.seed !== undefined) dropped.add('seed')
  if (conversation.metadata !== undefined) dropped.add('metadata')
  return { body, dropped: [...dropped] }
}

function isSilent({ messages }: Conversation): boolean {
  return messages.length === 0
}

function writeSystem({ system }: Conversation, { marks, instruction }: { readonly marks: CacheMarks; readonly instruction: string | undefined }): readonly JsonObject[] {
  const blocks: JsonObject[] = []
  for (const { text, cache } of system) if (!isBlank(text)) blocks.push(marks.put({ type: 'text', text }, cache))
  if (instruction !== undefined) blocks.push({ type: 'text', text: instruction })
  return blocks
}

interface Sampling {
  readonly conversation: Conversation
  readonly model: ClaudeModel
  readonly isThinking: boolean
}

// A thinking model samples by its defaults ("Extended thinking", feature compatibility); the newest ones always do.
function writeSampling({ conversation, model, isThinking }: Sampling, dropped: Set<string>): Readonly<Record<string, JsonValue | undefined>> {
  const { temperature, topP, topK } = conversation
  const isFixed = isThinking || model.sampling === 'none'
  if (temperature !== undefined && (isFixed ? temperature !== 1 : temperature > 1)) dropped.add('temperature')
  // 1 is no choice at all, and beside a temperature refused by many.
  const chosenTopP = topP === undefined || topP >= 1 ? undefined : topP
  const keepsTopP = !isFixed && (model.sampling === 'all' || temperature === undefined)
  if (chosenTopP !== undefined && !keepsTopP) dropped.add('top_p')
  if (topK !== undefined && isFixed) dropped.add('top_k')
  return {
    temperature: isFixed || temperature === undefined ? undefined : Math.min(temperature, 1),
    top_p: keepsTopP ? chosenTopP : undefined,
    top_k: isFixed ? undefined : topK,
  }
}

// "stop_sequences: each stop sequence must contain non-whitespace".
function writeStop(stop: readonly string[], dropped: Set<string>): readonly string[] | undefined {
  const kept = stop.filter((sequence) => !isBlank(sequence))
  if (kept.length < stop.length) dropped.add('stop')
  return kept.length === 0 ? undefined : kept
}

function writeUser(user: string): string {
  return user.length <= longestUser ? user : createHash('sha256').update(user).digest('hex')
}
