// Streams of OpenAI's Responses API: typed events, the last of which carries the whole response with its usage.

import { convertOpenaiUsage } from '../core/usage-fields.ts'
import { createEventStreamReader } from './event-stream-reader.ts'
import type { StreamReader, StreamReaderOptions } from './format.ts'

/** Usage is part of events that a client needs, so nothing is ever removed or held back, whatever the options say. */
export function createResponsesStreamReader(_options: StreamReaderOptions): StreamReader {
  return createEventStreamReader({ removeUsageEvent: false }, (event, state) => {
    // What is written is certainly not the end.
    if (event.textBytes > 0) return false
    const { type } = event
    if (type === 'response.completed' || type === 'response.incomplete') state.finished = true
    else if (type === 'response.failed') state.finished = state.failed = true
    else if (type === 'error') state.failed = true
    const fields = event.usage
    if (fields !== undefined) state.usage = convertOpenaiUsage(fields) ?? state.usage
    return false
  })
}
