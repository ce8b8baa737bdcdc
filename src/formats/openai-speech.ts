// OpenAI's text to speech. The answer is sound, which says nothing of usage; only `stream_format: "sse"` does, in its last event.
// Source: platform.openai.com, API reference, "Audio", "Create speech".

import type { Format } from './format.ts'
import { jsonRequestParser } from './json-request.ts'
import { createOpenaiStreamReader } from './openai-stream.ts'
import { readWithoutUsage } from './read-answer.ts'

export const openaiSpeech: Format = {
  name: 'openai-speech',
  operation: 'speech',
  paths: ['/v1/audio/speech'],
  canonicalPath: (path) => path,
  errorStyle: 'openai',
  metered: true,
  body: 'json',
  parseRequest: jsonRequestParser({ stream: 'stream_format', hasUsageSwitch: false, maxOutputTokens: [], choices: [] }),
  readAnswer: readWithoutUsage,
  createStreamReader: createOpenaiStreamReader,
}
