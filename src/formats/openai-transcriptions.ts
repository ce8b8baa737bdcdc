// OpenAI's speech to text. Usage is in JSON answers and in the last event of a stream; the formats text, srt and vtt have none.
// Source: platform.openai.com, API reference, "Audio", "Create transcription" and "Create translation".

import type { Format } from './format.ts'
import { parseMultipartRequest } from './multipart-request.ts'
import { createOpenaiStreamReader } from './openai-stream.ts'
import { readOpenaiAnswer } from './read-answer.ts'

export const openaiTranscriptions: Format = {
  name: 'openai-transcriptions',
  operation: 'transcription',
  paths: ['/v1/audio/transcriptions', '/v1/audio/translations'],
  canonicalPath: (path) => path,
  errorStyle: 'openai',
  metered: true,
  body: 'multipart',
  parseRequest: parseMultipartRequest,
  readAnswer: readOpenaiAnswer,
  createStreamReader: createOpenaiStreamReader,
}
