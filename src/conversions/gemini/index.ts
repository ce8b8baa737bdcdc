// Google's Gemini API, as Vertex AI and AI Studio both speak it: generateContent, and streamGenerateContent with alt=sse.
// Sources: ai.google.dev/api/generate-content; cloud.google.com, Vertex AI REST reference, publishers.models.generateContent.

import type { ProviderDialect } from '../dialect.ts'
import { createEventReader } from './event-reader.ts'
import { readAnswer } from './read-answer.ts'
import { readError } from './read-error.ts'
import { writeRequest } from './write-request.ts'

export const geminiProvider: ProviderDialect = { writeRequest, readAnswer, createEventReader, readError, framing: 'sse' }
