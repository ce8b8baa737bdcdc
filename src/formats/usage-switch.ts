// `stream_options.include_usage`: without it an OpenAI stream never says what it cost.
// Source: platform.openai.com, API reference, "Chat", `stream_options`.

import { TollgateError } from '../core/errors.ts'
import { type JsonMember, scanTopLevel } from '../core/json-scan.ts'
import type { Splice } from './splice-bytes.ts'
import { refuseOtherCase } from './watched-names.ts'

const INCLUDE_USAGE = 'include_usage'
const watched: ReadonlySet<string> = new Set([INCLUDE_USAGE])

export interface UsageSwitch {
  /** What the client chose; the last one counts when it is there twice, as in JSON.parse and Go. */
  readonly isOn: boolean
  /** The changes within `stream_options` that turn it on for every reader; undefined when the body has no `stream_options`. */
  readonly turnOn: readonly Splice[] | undefined
}

/** Reads the switch from the member `stream_options` of a body. Throws TollgateError `malformed_request` when it is not what the API says. */
export function readUsageSwitch(body: Buffer, member: JsonMember | undefined): UsageSwitch {
  if (member === undefined) return { isOn: false, turnOn: undefined }
  const { valueStart, valueEnd } = member
  if (body[valueStart] === 0x6e) return { isOn: false, turnOn: [{ start: valueStart, end: valueEnd, text: '{"include_usage":true}' }] }
  if (body[valueStart] !== 0x7b) throw new TollgateError('malformed_request', '"stream_options" must be an object or null.', { param: 'stream_options' })
  const options = scanTopLevel(body.subarray(valueStart, valueEnd))
  for (const { key } of options.members) refuseOtherCase(watched, key)
  const values = options.members.filter(({ key }) => key === INCLUDE_USAGE).map((value) => readValue(body, valueStart, value))
  if (values.length > 0) return { isOn: values.at(-1)?.isTrue ?? false, turnOn: values.filter((value) => !value.isTrue).map((value) => value.toTrue) }
  const start = valueStart + options.contentStart
  return { isOn: false, turnOn: [{ start, end: start, text: `"include_usage":true${options.members.length === 0 ? '' : ','}` }] }
}

function readValue(body: Buffer, offset: number, value: JsonMember): { readonly isTrue: boolean; readonly toTrue: Splice } {
  const start = offset + value.valueStart
  const end = offset + value.valueEnd
  const text = body.toString('latin1', start, end)
  if (text !== 'true' && text !== 'false' && text !== 'null') {
    throw new TollgateError('malformed_request', '"stream_options.include_usage" must be true, false or null.', { param: 'stream_options' })
  }
  return { isTrue: text === 'true', toTrue: { start, end, text: 'true' } }
}
