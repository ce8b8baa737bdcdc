// Reads and edits the JSON body of any dialect without parsing it: the few members that matter are found by scanning, and changed in place.

import { TollgateError } from '../core/errors.ts'
import { type JsonMember, type JsonTopLevel, scanTopLevel } from '../core/json-scan.ts'
import { decodeJsonString } from '../core/json-string.ts'
import { estimateInputTokens } from './estimate-input-tokens.ts'
import type { ParsedRequest } from './format.ts'
import { lowerBounds, type MemberEdit, readCounts, readThinkingBudget } from './output-bounds.ts'
import { type Splice, spliceBytes } from './splice-bytes.ts'
import { readUsageSwitch, type UsageSwitch } from './usage-switch.ts'
import { selectWatched } from './watched-names.ts'

/** Which members of a dialect mean what. */
export interface JsonRequestFields {
  /** How a stream is asked for: `stream: true`, or OpenAI speech's `stream_format: "sse"`. Undefined where there are no streams. */
  readonly stream: 'stream' | 'stream_format' | undefined
  /** True where `stream_options.include_usage` exists. Elsewhere streams always tell their usage. */
  readonly hasUsageSwitch: boolean
  /** The largest one given counts. Where there are several, the first is what OpenAI itself wants, the last what everybody else reads. */
  readonly maxOutputTokens: readonly string[]
  /** The smallest that providers take for an answer; default 1. */
  readonly leastOutputTokens?: number
  /** True where 0 means no answer (Anthropic then fills its cache). Elsewhere it is an error, or no bound at all (vLLM). */
  readonly takesNoOutput?: boolean
  /** True where `thinking.budget_tokens` must stay below them. */
  readonly hasThinkingBudget?: boolean
  /** The largest one given counts. */
  readonly choices: readonly string[]
  /** Members that must not be true, and the sentence that says why. */
  readonly refusedWhenTrue?: ReadonlyMap<string, string>
}

/** A parser for a format whose bodies are JSON whatever the content-type says (curl -d sends a form type); only multipart is refused. */
export function jsonRequestParser(fields: JsonRequestFields): (body: Buffer, contentType: string | undefined) => ParsedRequest {
  const watched = watchedNames(fields)
  return (body, contentType) => {
    if (contentType !== undefined && /^\s*multipart\//i.test(contentType)) {
      throw new TollgateError('unsupported_request', 'This endpoint takes a JSON body, not a multipart one.')
    }
    return parseJsonRequest(body, fields, watched)
  }
}

/**
 * Throws TollgateError `malformed_request`: the body is not a JSON object, a member we rely on is there twice or in another case, or has a type
 * that providers may read differently; `unsupported_request`: see `refusedWhenTrue`. Numbers of a wrong type are the provider's to refuse.
 */
export function parseJsonRequest(body: Buffer, fields: JsonRequestFields, watched: ReadonlySet<string> = watchedNames(fields)): ParsedRequest {
  const top = scanTopLevel(body)
  const members = selectWatched(watched, top.members, ({ key }) => key)
  for (const [name, reason] of fields.refusedWhenTrue ?? []) {
    if (readBoolean(body, name, members.get(name)) === true) throw new TollgateError('unsupported_request', reason, { param: name })
  }
  const model = readModel(body, members.get('model'))
  const stream = readStream(body, fields, members)
  const usageSwitch = fields.hasUsageSwitch ? readUsageSwitch(body, members.get('stream_options')) : undefined
  const clearFrom = fields.takesNoOutput === true ? 0 : 1
  const bounds = readCounts(body, members, { names: fields.maxOutputTokens, minimum: 0, clearFrom })
  const choices = readCounts(body, members, { names: fields.choices, minimum: 1, clearFrom: 1 })
  return {
    model,
    stream,
    usageAsked: usageSwitch === undefined || usageSwitch.isOn,
    maxOutputTokens: bounds.largest,
    choices: choices.largest ?? 1,
    unclearBounds: [...bounds.unclear, ...choices.unclear],
    leastOutputTokens: readLeastBound(body, fields, members),
    inputTokensEstimate: estimateInputTokens({ textBytes: body.length - top.mediaBytes, mediaCount: top.mediaCount }),
    edit(changes) {
      const edits: MemberEdit[] = []
      if (changes.askForUsage === true && stream && usageSwitch !== undefined) edits.push(turnOn(usageSwitch))
      if (changes.model !== undefined && changes.model !== model) edits.push(setModel(members.get('model'), changes.model))
      if (changes.maxOutputTokens !== undefined) {
        edits.push(lowerBounds(body, { members, names: fields.maxOutputTokens, clearFrom, limit: changes.maxOutputTokens, isForOpenAi: changes.isForOpenAi === true }))
      }
      return edits.length === 0 ? undefined : spliceBytes(body, splicesOf(edits, top))
    },
  }
}

function watchedNames(fields: JsonRequestFields): ReadonlySet<string> {
  const names = ['model', ...fields.maxOutputTokens, ...fields.choices, ...(fields.refusedWhenTrue?.keys() ?? [])]
  if (fields.stream !== undefined) names.push(fields.stream)
  if (fields.hasUsageSwitch) names.push('stream_options')
  if (fields.hasThinkingBudget === true) names.push('thinking')
  return new Set(names)
}

function readModel(body: Buffer, member: JsonMember | undefined): string | undefined {
  if (member === undefined || isNull(body, member)) return undefined
  const model = readString(body, member)
  if (model === undefined) throw new TollgateError('malformed_request', '"model" must be a string.', { param: 'model' })
  if (model === '') throw new TollgateError('malformed_request', '"model" must not be empty.', { param: 'model' })
  return model
}

function readStream(body: Buffer, fields: JsonRequestFields, members: ReadonlyMap<string, JsonMember>): boolean {
  if (fields.stream === undefined) return false
  const member = members.get(fields.stream)
  if (fields.stream === 'stream_format') return member !== undefined && readString(body, member) === 'sse'
  return readBoolean(body, fields.stream, member) === true
}

// Lax servers (pydantic) read "true" and 1 as true, strict ones refuse them: only what everybody reads alike gets through.
function readBoolean(body: Buffer, name: string, member: JsonMember | undefined): boolean | undefined {
  if (member === undefined || isNull(body, member)) return undefined
  const text = body.toString('latin1', member.valueStart, member.valueEnd)
  if (text !== 'true' && text !== 'false') throw new TollgateError('malformed_request', `"${name}" must be true, false or null.`, { param: name })
  return text === 'true'
}

function readString(body: Buffer, member: JsonMember): string | undefined {
  return body[member.valueStart] === 0x22 ? decodeJsonString(body, member.valueStart + 1, member.valueEnd - 1) : undefined
}

function isNull(body: Buffer, member: JsonMember): boolean {
  return body[member.valueStart] === 0x6e
}

function readLeastBound(body: Buffer, fields: JsonRequestFields, members: ReadonlyMap<string, JsonMember>): number | undefined {
  if (fields.maxOutputTokens.length === 0) return undefined
  const least = fields.leastOutputTokens ?? 1
  return fields.hasThinkingBudget === true ? Math.max(least, readThinkingBudget(body, members.get('thinking')) + 1) : least
}

function setModel(member: JsonMember | undefined, model: string): MemberEdit {
  const text = JSON.stringify(model)
  return member === undefined ? { added: `"model":${text}` } : { splices: [{ start: member.valueStart, end: member.valueEnd, text }] }
}

function turnOn(usageSwitch: UsageSwitch): MemberEdit {
  return usageSwitch.turnOn === undefined ? { added: '"stream_options":{"include_usage":true}' } : { splices: usageSwitch.turnOn }
}

function splicesOf(edits: readonly MemberEdit[], top: JsonTopLevel): readonly Splice[] {
  const splices = edits.flatMap((edit) => edit.splices ?? [])
  const added = edits.flatMap((edit) => edit.added ?? [])
  if (added.length === 0) return splices
  return [...splices, { start: top.contentStart, end: top.contentStart, text: added.join(',') + (top.members.length === 0 ? '' : ',') }]
}
