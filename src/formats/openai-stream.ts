// Streams of OpenAI's chat and completions API and of those who imitate it; also its image, speech and transcription streams, which
// name their events by `type`.

import { convertOpenaiUsage } from '../core/usage-fields.ts'
import { createEventStreamReader } from './event-stream-reader.ts'
import type { StreamReader, StreamReaderOptions } from './format.ts'

// These streams have no [DONE] (platform.openai.com, "Image streaming", "Audio").
const lastEventTypes: ReadonlySet<string> = new Set(['image_generation.completed', 'image_edit.completed', 'speech.audio.done', 'transcript.text.done'])

/**
 * Usage is taken wherever it comes: in a chunk of its own, in the last one with content, in every one (vLLM's continuous_usage_stats;
 * counts are cumulative, so the last one is right), behind [DONE], or in Groq's `x_groq`. Removed is only a chunk that has nothing but usage.
 */
export function createOpenaiStreamReader(options: StreamReaderOptions): StreamReader {
  return createEventStreamReader(options, (event, state) => {
    if (event.startsWith('[DONE]')) {
      state.finished = true
      return false
    }
    if (event.choices === 'none' && lastEventTypes.has(event.type)) state.finished = true
    const fields = event.usage
    if (fields === undefined) return false
    state.usage = convertOpenaiUsage(fields) ?? state.usage
    return event.choices === 'empty' || (event.choices === 'none' && event.type === '' && !event.hasError)
  })
}
