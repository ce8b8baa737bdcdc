// A complete answer of Converse.

import { TollgateError } from '../../core/errors.ts'
import type { Answer, AnswerPart } from '../answer.ts'
import type { JsonObject, JsonValue } from '../conversation.ts'
import { asList, asObject, asString, isList } from '../json-value.ts'
import { isAnswerTool } from '../structured-output.ts'
import { describeFailure, mapStopReason } from './map-stop-reason.ts'
import { readUsage } from './read-usage.ts'

/** Throws TollgateError `provider_error` for what is no answer, and for an answer in which the model failed. */
export function readAnswer(body: JsonValue): Answer {
  const answer = asObject(body)
  const content = asObject(asObject(answer?.['output'])?.['message'])?.['content']
  if (answer === undefined || content === undefined || !isList(content)) {
    throw new TollgateError('provider_error', 'The provider answered with something that is not an answer of Converse.')
  }
  const parts = onlyAnswer(content.flatMap((block) => readBlock(asObject(block) ?? {})))
  const reason = asString(answer['stopReason']) ?? 'end_turn'
  const finish = mapStopReason(reason, { parts: parts.length, calls: parts.filter(({ kind }) => kind === 'tool_call').length })
  if (finish === undefined) throw new TollgateError('provider_error', describeFailure(reason))
  const usage = asObject(answer['usage'])
  // Converse repeats neither an id nor the model.
  return { id: '', model: '', parts, finish, stopSequence: readStopSequence(answer), usage: usage === undefined ? undefined : readUsage(usage) }
}

/** With structured output the call of our tool is the text, and what was said around it would make it no JSON. */
function onlyAnswer(parts: readonly AnswerPart[]): readonly AnswerPart[] {
  const answer = parts.find((part) => part.kind === 'tool_call' && isAnswerTool(part.name))
  if (answer?.kind !== 'tool_call') return parts
  const others = parts.filter((part) => part.kind !== 'text' && (part.kind !== 'tool_call' || !isAnswerTool(part.name)))
  return [...others.filter(({ kind }) => kind !== 'tool_call'), { kind: 'text', text: answer.arguments }, ...others.filter(({ kind }) => kind === 'tool_call')]
}

/** What Claude says when it is asked for `/stop_sequence`; also in messageStop. */
export function readStopSequence(holder: JsonObject): string | undefined {
  return asString(asObject(holder['additionalModelResponseFields'])?.['stop_sequence'])
}

/** Nothing for kinds of blocks that no client can be given. */
function readBlock(block: JsonObject): readonly AnswerPart[] {
  const text = asString(block['text']) ?? citedText(block['citationsContent'])
  if (text !== undefined) return text === '' ? [] : [{ kind: 'text', text }]
  const reasoning = asObject(block['reasoningContent'])
  if (reasoning !== undefined) return readReasoning(reasoning)
  const call = asObject(block['toolUse'])
  if (call === undefined || call['type'] === 'server_tool_use') return []
  const [id, name] = [asString(call['toolUseId']), asString(call['name'])]
  if (id === undefined || name === undefined) throw new TollgateError('provider_error', 'The provider answered with a call of a tool that has no name or no id.')
  return [{ kind: 'tool_call', id, name, arguments: JSON.stringify(call['input'] ?? {}) }]
}

function readReasoning(reasoning: JsonObject): readonly AnswerPart[] {
  const redacted = asString(reasoning['redactedContent'])
  if (redacted !== undefined) return [{ kind: 'reasoning', text: '', redacted }]
  const thought = asObject(reasoning['reasoningText'])
  const text = asString(thought?.['text']) ?? ''
  const signature = asString(thought?.['signature'])
  if (signature !== undefined && signature !== '') return [{ kind: 'reasoning', text, signature }]
  return text === '' ? [] : [{ kind: 'reasoning', text }]
}

function citedText(value: JsonValue | undefined): string | undefined {
  const cited = asObject(value)
  return cited === undefined ? undefined : asList(cited['content']).map((piece) => asString(asObject(piece)?.['text']) ?? '').join('')
}
