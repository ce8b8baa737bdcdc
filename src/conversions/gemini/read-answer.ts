// A complete answer of generateContent. Only the first candidate is read: we never ask for more.

import { TollgateError } from '../../core/errors.ts'
import type { Answer, AnswerPart, FinishReason } from '../answer.ts'
import type { JsonObject, JsonValue } from '../conversation.ts'
import { asList, asObject, asString } from '../json-value.ts'
import { madeUpId } from './call-id.ts'
import { describeFailure, mapFinishReason } from './map-finish-reason.ts'
import { readPart } from './read-part.ts'
import { readUsage } from './read-usage.ts'

/** Throws TollgateError `provider_error` for what is no answer, and for an answer in which the model failed. */
export function readAnswer(body: JsonValue): Answer {
  const answer = asObject(body)
  if (answer === undefined) throw new TollgateError('provider_error', 'The provider answered with something that is not an answer of Gemini.')
  const id = asString(answer['responseId']) ?? ''
  const candidate = asObject(asList(answer['candidates'])[0])
  const usage = asObject(answer['usageMetadata'])
  const read = candidate === undefined ? { parts: [], finish: blockedFinish(answer) } : readCandidate(candidate, id)
  return { id, model: asString(answer['modelVersion']) ?? '', ...read, stopSequence: undefined, usage: usage === undefined ? undefined : readUsage(usage) }
}

// A blocked prompt has no candidates but says why.
function blockedFinish(answer: JsonObject): FinishReason {
  if (asString(asObject(answer['promptFeedback'])?.['blockReason']) !== undefined) return 'content_filter'
  throw new TollgateError('provider_error', 'The provider answered without a candidate.')
}

function readCandidate(candidate: JsonObject, responseId: string): Pick<Answer, 'parts' | 'finish'> {
  const parts = readParts(candidate, responseId)
  const reason = asString(candidate['finishReason']) ?? 'STOP'
  const finish = mapFinishReason(reason, { parts: parts.length, calls: parts.filter((part) => part.kind === 'tool_call').length })
  if (finish === undefined) throw new TollgateError('provider_error', describeFailure(reason, asString(candidate['finishMessage'])))
  return { parts, finish }
}

function readParts(candidate: JsonObject, responseId: string): readonly AnswerPart[] {
  const parts: AnswerPart[] = []
  let calls = 0
  let hasAnswer = false
  for (const value of asList(asObject(candidate['content'])?.['parts'])) {
    const part = readPart(value)
    if (part === undefined) continue
    if (part.kind === 'answer') {
      if (!hasAnswer) addText(parts, 'text', part.text)
      hasAnswer = true
    } else if (part.kind === 'call') {
      const { name, signature } = part
      const id = part.id ?? madeUpId(responseId, calls, part)
      parts.push({ kind: 'tool_call', id, name, arguments: part.arguments, ...(signature === undefined ? {} : { signature }) })
      calls += 1
    } else if (part.text !== '') addText(parts, part.kind, part.text)
    else if (calls === 1) signCall(parts, part.signature)
  }
  return parts
}

// Neighbours of a kind are one part, as they are in a stream. The signature of a text has no place in other APIs, and Gemini does not insist on
// it; that of a thought must not be taken for one of Claude's, when the client goes on with it elsewhere.
function addText(parts: AnswerPart[], kind: 'text' | 'reasoning', text: string): void {
  const last = parts.at(-1)
  if (last?.kind === kind) parts[parts.length - 1] = { kind, text: last.text + text }
  else parts.push({ kind, text })
}

// In streams the signature of the first call may come in an empty text behind it; what they are joined to is read here.
function signCall(parts: AnswerPart[], signature: string | undefined): void {
  const last = parts.at(-1)
  if (last?.kind === 'tool_call' && last.signature === undefined && signature !== undefined) parts[parts.length - 1] = { ...last, signature }
}
