// OpenAI's Responses API, as spoken by clients. Nobody but OpenAI and its look-alikes answers in it, and they get such requests unchanged.

import type { ClientDialect } from '../dialect.ts'
import { ResponseEventWriter } from './event-writer.ts'
import { readRequest } from './read-request.ts'
import { writeAnswer } from './write-answer.ts'

export { foreignItems } from './foreign-items.ts'

export const openAiResponsesClient: ClientDialect = {
  paramNames: new Map([
    ['messages', 'input'],
    ['reasoning', 'input.reasoning'],
    ['reasoning_effort', 'reasoning.effort'],
    ['response_format', 'text.format'],
  ]),
  readRequest,
  writeAnswer,
  createEventWriter: (context) => new ResponseEventWriter(context),
}
