// Reads and edits the JSON body of any dialect without parsing it: the few members that matter are found by scanning, and changed in place.

import { TollgateError } from '../core/errors.ts'
import { type JsonMember, type JsonTopLevel, scanTopLevel } from '../core/json-scan.ts'
import { decodeJsonString } from '../core/json-string.ts'
import { estimateInputTokens } from './estimate-input-tokens.ts'
import type { ParsedRequest } from './format.ts'
import { type Splice, spliceBytes } from './splice-bytes.ts'
import { readUsageSwitch, type UsageSwitch } from './usage-switch.ts'
import { selectWatched } from './watched-names.ts'

/** Which members of a dialect mean what. */
export interface JsonRequestFields {
  /** How a stream is asked for: `stream: true`, or OpenAI speech's `stream_format: "sse"`. Undefined where there are no streams. */
  readonly stream: 'stream' | 'stream_format' | undefined
  /** True where `stream_options.include_usage` exists. Elsewhere streams always tell their usage. */
  readonly hasUsageSwitch: boolean
  /** The largest one given counts. */
  readonly maxOutputTokens: readonly string[]
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
  const members = selectWatched(
    watched,
    top.members.map((member) => [member.key, member]),
  )
  for (const [name, reason] of fields.refusedWhenTrue ?? []) {
    if (readBoolean(body, name, members.get(name)) === true) throw new TollgateError('unsupported_request', reason, { param: name })
  }
  const model = readModel(body, members.get('model'))
  const stream = readStream(body, fields, members)
  const usageSwitch = fields.hasUsageSwitch ? readUsageSwitch(body, members.get('stream_options')) : undefined
  return {
    model,
    stream,
    usageAsked: usageSwitch === undefined || usageSwitch.isOn,
    maxOutputTokens: largestInteger(body, members, { names: fields.maxOutputTokens, minimum: 0 }),
    choices: largestInteger(body, members, { names: fields.choices, minimum: 1 }) ?? 1,
    inputTokensEstimate: estimateInputTokens({ textBytes: body.length - top.mediaBytes, mediaCount: top.mediaCount }),
    edit(changes) {
      const splices: Splice[] = []
      if (changes.askForUsage === true && stream && usageSwitch !== undefined) splices.push(...switchSplices(usageSwitch, top))
      if (changes.model !== undefined && changes.model !== model) splices.push(modelSplice(changes.model, members.get('model'), top))
      return spliceBytes(body, splices)
    },
  }
}

function watchedNames(fields: JsonRequestFields): ReadonlySet<string> {
  const names = ['model', ...fields.maxOutputTokens, ...fields.choices, ...(fields.refusedWhenTrue?.keys() ?? [])]
  if (fields.stream !== undefined) names.push(fields.stream)
  if (fields.hasUsageSwitch) names.push('stream_options')
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

function largestInteger(
  body: Buffer,
  members: ReadonlyMap<string, JsonMember>,
  { names, minimum }: { readonly names: readonly string[]; readonly minimum: number },
): number | undefined {
  let largest: number | undefined
  for (const name of names) {
    const member = members.get(name)
    if (member === undefined || isNull(body, member)) continue
    const value = Number(body.toString('latin1', member.valueStart, member.valueEnd))
    if (Number.isSafeInteger(value) && value >= minimum && value > (largest ?? -1)) largest = value
  }
  return largest
}

function modelSplice(model: string, member: JsonMember | undefined, top: JsonTopLevel): Splice {
  if (member !== undefined) return { start: member.valueStart, end: member.valueEnd, text: JSON.stringify(model) }
  return { start: top.contentStart, end: top.contentStart, text: `"model":${JSON.stringify(model)}${top.members.length === 0 ? '' : ','}` }
}

function switchSplices(usageSwitch: UsageSwitch, top: JsonTopLevel): readonly Splice[] {
  if (usageSwitch.turnOn !== undefined) return usageSwitch.turnOn
  // `stream` is there, so the object is not empty and the comma is right.
  return [{ start: top.contentStart, end: top.contentStart, text: '"stream_options":{"include_usage":true},' }]
}
