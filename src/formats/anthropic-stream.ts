// Streams of Anthropic's Messages API: the input side of usage comes first (message_start), the output side last (message_delta).

import { convertAnthropicUsage } from '../core/usage-fields.ts'
import { createEventStreamReader } from './event-stream-reader.ts'
import type { StreamReader, StreamReaderOptions } from './format.ts'

type Fields = Readonly<Record<string, unknown>>

const inputFields = ['input_tokens', 'cache_read_input_tokens', 'cache_creation_input_tokens']
/** What goes with them, an object that says nothing alone. */
const inputDetails = ['cache_creation']
const outputFields = ['output_tokens', 'output_tokens_details', 'server_tool_use']

/** Usage is part of events that a client needs, so nothing is ever removed or held back, whatever the options say. */
export function createAnthropicStreamReader(_options: StreamReaderOptions): StreamReader {
  let known: Fields = {}
  return createEventStreamReader({ removeUsageEvent: false }, (event, state) => {
    // What is written is certainly not the end.
    if (event.textBytes > 0) return false
    const { type } = event
    if (type === 'message_stop') state.finished = true
    else if (type === 'error') state.failed = true
    const fields = event.usage
    if (fields !== undefined) {
      known = completeFields(known, fields, type)
      state.usage = convertAnthropicUsage(known) ?? state.usage
    }
    return false
  })
}

/**
 * Counts of message_delta are cumulative, so a later count replaces an earlier one; null and missing say nothing. Imitators fill the
 * input side with zeros in the event in which they do not report it: zeros alone do not replace what was said. The output count of
 * message_start is that of the first tokens; a stream that is cut before message_delta is better estimated from what has passed.
 */
function completeFields(known: Fields, later: Fields, type: string): Fields {
  const complete = { ...known }
  const saysInput = known['input_tokens'] === undefined || inputFields.some((field) => isSaid(later[field]) && later[field] !== 0)
  for (const field of saysInput ? [...inputFields, ...inputDetails] : []) if (isSaid(later[field])) complete[field] = later[field]
  for (const field of type === 'message_start' ? [] : outputFields) if (isSaid(later[field])) complete[field] = later[field]
  return complete
}

function isSaid(value: unknown): boolean {
  return value !== undefined && value !== null
}
