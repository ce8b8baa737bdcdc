// A complete message of Anthropic. Source: docs.anthropic.com, API reference, "Messages", response.

import { TollgateError } from '../../core/errors.ts'
import { convertAnthropicUsage } from '../../core/usage-fields.ts'
import type { Answer, AnswerPart } from '../answer.ts'
import type { JsonObject, JsonValue } from '../conversation.ts'
import { asList, asObject, asString } from '../json-value.ts'
import { isAnswerTool } from '../structured-output.ts'
import { readStopReason } from './map-stop-reason.ts'

/** Throws TollgateError `provider_error` for what is no message. */
export function readAnswer(body: JsonValue): Answer {
  const message = asObject(body)
  const content = message?.['content']
  if (message === undefined || !Array.isArray(content)) throw new TollgateError('provider_error', 'The provider answered with something that is not a message of Anthropic.')
  const parts = readParts(asList(message['content']))
  const usage = asObject(message['usage'])
  const calls = parts.reduce((count, part) => count + (part.kind === 'tool_call' ? 1 : 0), 0)
  return {
    id: asString(message['id']) ?? '',
    model: asString(message['model']) ?? '',
    parts,
    finish: readStopReason(asString(message['stop_reason']) ?? '', calls),
    stopSequence: asString(message['stop_sequence']),
    usage: usage === undefined ? undefined : convertAnthropicUsage(usage),
  }
}

function readParts(content: readonly JsonValue[]): readonly AnswerPart[] {
  const parts: AnswerPart[] = []
  let answer: AnswerPart | undefined
  for (const value of content) {
    const block = asObject(value)
    if (block === undefined) continue
    if (block['type'] === 'tool_use' && isAnswerTool(asString(block['name']) ?? '')) {
      answer ??= { kind: 'text', text: JSON.stringify(block['input'] ?? {}) }
      continue
    }
    const part = readPart(block)
    if (part !== undefined) parts.push(part)
  }
  if (answer === undefined) return parts
  // What was said beside the structured answer would make it no JSON.
  return [...parts.filter((part) => part.kind === 'reasoning'), answer, ...parts.filter((part) => part.kind === 'tool_call')]
}

/** Undefined for what has no place elsewhere: the tools that Anthropic runs by itself, kinds yet unknown, and text of nothing. */
function readPart(block: JsonObject): AnswerPart | undefined {
  switch (block['type']) {
    case 'text': {
      const text = asString(block['text']) ?? ''
      return text === '' ? undefined : { kind: 'text', text }
    }
    case 'thinking': {
      const signature = asString(block['signature'])
      return { kind: 'reasoning', text: asString(block['thinking']) ?? '', ...(signature === undefined || signature === '' ? {} : { signature }) }
    }
    case 'redacted_thinking':
      return { kind: 'reasoning', text: '', redacted: asString(block['data']) ?? '' }
    case 'tool_use':
      return { kind: 'tool_call', id: asString(block['id']) ?? '', name: asString(block['name']) ?? '', arguments: JSON.stringify(block['input'] ?? {}) }
    default:
      return undefined
  }
}
