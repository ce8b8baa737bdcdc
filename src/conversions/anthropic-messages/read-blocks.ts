// The blocks of a message, each as the part that it is in any API. Source: docs.anthropic.com, API reference, "Messages", content.

import type { AssistantPart, JsonObject, JsonValue, TextPart, ToolResultPart, UserPart } from '../conversation.ts'
import { splitSignature } from '../tool-call-signature.ts'
import { expectList, expectObject, expectString, malformed, optionalBoolean, unsupported } from './field-checks.ts'
import { readCacheMark } from './read-cache-mark.ts'
import { readDocument, readImage, readSearchResult } from './read-media.ts'

export interface BlockReading {
  /** Id of a call → name of its function. */
  readonly names: Map<string, string>
  /** Names of what was left out. */
  readonly dropped: Set<string>
}

/** What Anthropic's own tools leave behind in a conversation, and what only Anthropic stores or makes. */
const ownBlocks = /^(?:server_tool_use|container_upload|compaction|mcp_tool_use|tool_reference|browser_state|\w+_tool_result)$/

export function readUserBlock(block: JsonObject, at: string, reading: BlockReading): readonly UserPart[] {
  return block['type'] === 'tool_result' ? [readResult(block, at, reading)] : readPlainBlock(block, at, reading)
}

export function readAssistantBlock(block: JsonObject, at: string, reading: BlockReading): readonly AssistantPart[] {
  switch (block['type']) {
    case 'text':
      return [readText(block, at)]
    case 'thinking': {
      const text = expectString(block['thinking'], `${at}.thinking`)
      const signature = expectString(block['signature'], `${at}.signature`)
      // Ours, for thoughts of providers that do not sign.
      return [signature === '' ? { kind: 'reasoning', text } : { kind: 'reasoning', text, signature }]
    }
    case 'redacted_thinking':
      return [{ kind: 'reasoning', text: '', redacted: expectString(block['data'], `${at}.data`) }]
    case 'tool_use':
      return [readCall(block, at, reading)]
    default:
      throw unknownBlock(block['type'], at)
  }
}

export function readText(block: JsonObject, at: string): TextPart {
  const text = expectString(block['text'], `${at}.text`)
  const mark = block['cache_control']
  return mark === undefined || mark === null ? { kind: 'text', text } : { kind: 'text', text, ...readCacheMark(block, at) }
}

function readPlainBlock(block: JsonObject, at: string, { dropped }: BlockReading): ToolResultPart['parts'] {
  switch (block['type']) {
    case 'text':
      return [readText(block, at)]
    case 'image':
      return [readImage(block, at)]
    case 'document':
      return readDocument(block, at, dropped)
    case 'search_result':
      return readSearchResult(block, at, dropped)
    default:
      throw unknownBlock(block['type'], at)
  }
}

function readCall(block: JsonObject, at: string, { names }: BlockReading): AssistantPart {
  const { id, signature } = splitSignature(expectString(block['id'], `${at}.id`))
  const name = expectString(block['name'], `${at}.name`)
  names.set(id, name)
  const json = JSON.stringify(expectObject(block['input'], `${at}.input`))
  return { kind: 'tool_call', id, name, arguments: json, ...(signature === undefined ? {} : { signature }), ...readCacheMark(block, at) }
}

function readResult(block: JsonObject, at: string, reading: BlockReading): ToolResultPart {
  const callId = splitSignature(expectString(block['tool_use_id'], `${at}.tool_use_id`)).id
  const isError = optionalBoolean(block['is_error'], `${at}.is_error`) ?? false
  return { kind: 'tool_result', callId, name: reading.names.get(callId), parts: readResultContent(block['content'], `${at}.content`, reading), isError, ...readCacheMark(block, at) }
}

function readResultContent(value: JsonValue | undefined, at: string, reading: BlockReading): ToolResultPart['parts'] {
  if (value === undefined || value === null) return []
  if (typeof value === 'string') return [{ kind: 'text', text: value }]
  return expectList(value, at).flatMap((item, index) => readPlainBlock(expectObject(item, `${at}.${index}`), `${at}.${index}`, reading))
}

function unknownBlock(type: JsonValue | undefined, at: string): Error {
  const param = `${at}.type`
  if (typeof type !== 'string') return malformed(param, 'Field required')
  if (ownBlocks.test(type)) return unsupported(param, `blocks of type '${type}' mean something to Anthropic only`)
  return malformed(param, `Input tag '${type.slice(0, 40)}' does not match any of the expected tags`)
}
