// Usage and model of a complete answer. Nearly all answers say their usage last and their model first, so both ends are read and what lies
// between, the long text of the model, is not. That is only taken where it is proven right; any doubt means JSON.parse.

import { isObject } from '../core/is-object.ts'
import { JsonWalker } from '../core/json-walk.ts'
import { convertAnthropicUsage, convertOpenaiUsage, convertRerankUsage } from '../core/usage-fields.ts'
import type { RawUsage } from '../core/usage.ts'
import { parseObject } from './event-outline.ts'
import type { AnswerFacts } from './format.ts'
import { modelName } from './model-name.ts'
import { countTextBytes } from './model-text.ts'

type Fields = Readonly<Record<string, unknown>>

const TEXT_BYTES_PER_TOKEN = 4
const USAGE_KEY = '"usage"'
const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_BRACE = 0x7b

/** Chat, completions, embeddings, images, transcriptions: a top-level `usage`. */
export function readOpenaiAnswer(body: Buffer): AnswerFacts {
  return readFacts(body, convertOpenaiUsage, ['choices', 'text'])
}

/** OpenAI's Responses API. */
export function readResponsesAnswer(body: Buffer): AnswerFacts {
  return readFacts(body, convertOpenaiUsage, ['output'])
}

/** Anthropic's Messages API. */
export function readAnthropicAnswer(body: Buffer): AnswerFacts {
  return readFacts(body, convertAnthropicUsage, ['content'])
}

/** Rerankers, Cohere's and those of the others. Their answers are short unless documents are returned, so one walk does. */
export function readRerankAnswer(body: Buffer): AnswerFacts {
  const answer: { usage: unknown; meta: unknown } = { usage: undefined, meta: undefined }
  let responseModel: string | undefined
  const walker = new JsonWalker()
  if (!walker.start(body)) return readWithoutUsage(body)
  while (walker.nextMember()) {
    const start = walker.at
    const member = (['usage', 'meta', 'model'] as const).find((key) => walker.keyIs(key))
    walker.skipValue()
    if (member === 'model') responseModel = modelName(body, start, walker.at)
    else if (member !== undefined) answer[member] = parseObject(body, start, walker.at)
  }
  return { usage: convertRerankUsage(answer), responseModel, outputTokensEstimate: 0 }
}

/** Answers that carry no usage, or whose usage nobody is charged for: speech, token counting. */
export function readWithoutUsage(_body: Buffer): AnswerFacts {
  return { usage: undefined, responseModel: undefined, outputTokensEstimate: 0 }
}

function readFacts(body: Buffer, convertUsage: (fields: Fields) => RawUsage | undefined, textMembers: readonly string[]): AnswerFacts {
  const fields = findUsage(body)
  return {
    usage: fields === undefined ? undefined : convertUsage(fields),
    responseModel: findModel(body),
    // Only needed when usage is missing, and needs the whole body.
    get outputTokensEstimate() {
      return Math.ceil(countText(body, textMembers) / TEXT_BYTES_PER_TOKEN)
    },
  }
}

/**
 * The top-level `usage` object of a JSON object. In valid JSON, an unescaped `"usage"` before a colon is a member name (the quotes of text
 * are escaped), and it is a top-level one if what follows its value closes exactly one brace, the body's last.
 */
function findUsage(body: Buffer): Fields | undefined {
  const keyStart = body.lastIndexOf(USAGE_KEY)
  if (keyStart === -1) return undefined
  const walker = new JsonWalker()
  walker.resume(body, keyStart)
  if (body[keyStart - 1] !== BACKSLASH && walker.nextMember() && body[walker.at] === OPEN_BRACE) {
    const valueStart = walker.at
    walker.skipValue()
    const valueEnd = walker.at
    while (walker.nextMember()) walker.skipValue()
    const fields = walker.closed && walker.atEnd() ? parseObject(body, valueStart, valueEnd) : undefined
    if (fields !== undefined) return fields
  }
  const answer = parseObject(body, 0, body.length)
  return isObject(answer?.['usage']) ? answer['usage'] : undefined
}

/** The top-level `model`. Walks from the front, past the answer itself only where that comes first. */
function findModel(body: Buffer): string | undefined {
  const walker = new JsonWalker()
  if (!walker.start(body)) return undefined
  while (walker.nextMember()) {
    const start = walker.at
    const isModel = walker.keyIs('model')
    walker.skipValue()
    if (isModel) return modelName(body, start, walker.at)
  }
  return undefined
}

function countText(body: Buffer, textMembers: readonly string[]): number {
  let bytes = 0
  const walker = new JsonWalker()
  if (!walker.start(body)) return 0
  while (walker.nextMember()) {
    const start = walker.at
    const isText = textMembers.some((key) => walker.keyIs(key))
    walker.skipValue()
    if (!isText) continue
    bytes += body[start] === QUOTE ? walker.at - start - 2 : countTextBytes(body.toString('latin1', start, walker.at))
  }
  return bytes
}
