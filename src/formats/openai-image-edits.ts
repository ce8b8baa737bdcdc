// OpenAI's image edits and variations: the same answers as image generation, but the request is a form with pictures.
// Source: platform.openai.com, API reference, "Images".

import type { Format } from './format.ts'
import { parseMultipartRequest } from './multipart-request.ts'
import { createOpenaiStreamReader } from './openai-stream.ts'
import { readOpenaiAnswer } from './read-answer.ts'

export const openaiImageEdits: Format = {
  name: 'openai-image-edits',
  operation: 'image_generation',
  paths: ['/v1/images/edits', '/v1/images/variations'],
  canonicalPath: (path) => path,
  errorStyle: 'openai',
  metered: true,
  body: 'multipart',
  parseRequest: parseMultipartRequest,
  readAnswer: readOpenaiAnswer,
  createStreamReader: createOpenaiStreamReader,
}
