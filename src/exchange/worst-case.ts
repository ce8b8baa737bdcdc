// The most tokens that a request can come to, proven from its bytes, for budgets that reserve the worst case.
//
// Input that is text: byte-level tokenizers (GPT, Claude, Llama 3, Mistral, Qwen …) give no token that stands for less than a byte, and what JSON has around
// a text (names, quotes, escapes; 29 bytes for an empty message) is more than what a template puts there instead (3 to 5 tokens a message:
// OpenAI's cookbook, "How to count tokens"; the templates of Llama 3, Qwen and gpt-oss). Some tokenizers bring text into Unicode's form NFC
// first, which can make it longer (Qwen). Not covered: NFKC (older SentencePiece), and a template of one's own that brings a long system prompt.
// Everything else fits into one context window, or is refused. What counts as text says formats/bounded-members.ts.

import { isAscii, isUtf8 } from 'node:buffer'
import type { ModelConfig } from '../config/runtime-config.ts'
import { memoize } from '../core/memoize.ts'
import { boundedMembers } from '../formats/bounded-members.ts'
import type { FormatName, ParsedRequest } from '../formats/format.ts'
import { type BodySurvey, surveyBody } from '../formats/survey-body.ts'

/** What templates add at the beginning and at the end: gpt-oss has most, with about 60 tokens, less what is around the first message. */
const FRAME_TOKENS = 64
/**
 * What a provider adds for tools or a schema of the answer: Anthropic up to 804 tokens, by model and tool_choice (docs.anthropic.com, "Tool
 * use", pricing); OpenAI and open models a few lines.
 */
const INSTRUCTION_TOKENS = 1_024

export interface BoundInput {
  readonly format: FormatName
  readonly body: Buffer
  readonly parsed: Pick<ParsedRequest, 'maxOutputTokens' | 'leastOutputTokens' | 'choices' | 'unclearBounds'>
  readonly model: Pick<ModelConfig, 'clientModel' | 'maxOutputTokens' | 'contextTokens'>
}

/** `outputTokens`: of all choices together. `why`: a sentence for the client, which says what to change. */
export type RequestBound = { readonly ok: true; readonly inputTokens: number; readonly outputTokens: number } | { readonly ok: false; readonly why: string }

type Bound = { readonly ok: true; readonly tokens: number } | { readonly ok: false; readonly why: string }

/** What is true of all requests of a format. */
interface FormatTraits {
  /** A context window holds the whole request, all its texts are one conversation. Elsewhere each text has a window of its own. */
  readonly isOneWindow: boolean
  /** `each`: as much as the model can say for each choice. `each_text`: for each choice of each text. */
  readonly output: 'none' | 'each' | 'each_text'
  /** How often the input may count: OpenAI says nothing about pictures, rerankers read the query again with each document. */
  readonly inputs: 'once' | 'each_choice' | 'each_text'
}

const traits: Readonly<Record<FormatName, FormatTraits>> = {
  'openai-chat': { isOneWindow: true, output: 'each', inputs: 'once' },
  'openai-responses': { isOneWindow: true, output: 'each', inputs: 'once' },
  'anthropic-messages': { isOneWindow: true, output: 'each', inputs: 'once' },
  'openai-completions': { isOneWindow: false, output: 'each_text', inputs: 'once' },
  'openai-embeddings': { isOneWindow: false, output: 'none', inputs: 'once' },
  'openai-images': { isOneWindow: true, output: 'each', inputs: 'each_choice' },
  'openai-image-edits': { isOneWindow: true, output: 'each', inputs: 'each_choice' },
  'openai-speech': { isOneWindow: true, output: 'each', inputs: 'once' },
  'openai-transcriptions': { isOneWindow: true, output: 'each', inputs: 'once' },
  'cohere-rerank': { isOneWindow: false, output: 'none', inputs: 'each_text' },
  'anthropic-count-tokens': { isOneWindow: true, output: 'none', inputs: 'once' },
}

/** What the client calls the bound that it should set. */
const boundNames: Readonly<Partial<Record<FormatName, string>>> = {
  'openai-chat': 'max_completion_tokens',
  'openai-completions': 'max_tokens',
  'openai-responses': 'max_output_tokens',
  'anthropic-messages': 'max_tokens',
}

/** A body is looked at once, however often a budget asks: the same request may be tried under many bounds of its output. */
const surveys: ReadonlyMap<FormatName, (body: Buffer) => BodySurvey> = new Map(
  [...boundedMembers].map(([format, members]) => [format, memoize((body: Buffer) => surveyBody(body, members))] as const),
)

/** For a request that was read by its format. `parsed` may have another maxOutputTokens than the body, if that one is written into it. */
export function boundRequest(request: BoundInput): RequestBound {
  const { format, body, parsed } = request
  if (format === 'anthropic-count-tokens') return { ok: true, inputTokens: 0, outputTokens: 0 }
  const [unclear] = parsed.unclearBounds
  if (unclear !== undefined) return { ok: false, why: `"${unclear}" must be a positive integer.` }
  const survey = surveys.get(format)?.(body)
  if (survey?.unbounded !== undefined) return { ok: false, why: `${survey.unbounded} can make a provider do more than the request shows. Leave it out.` }
  const input = boundInput(request, survey)
  if (!input.ok) return input
  const output = boundOutput(request, survey)
  return output.ok ? { ok: true, inputTokens: input.tokens, outputTokens: output.tokens } : output
}

function boundInput({ format, body, parsed, model }: BoundInput, survey: BodySurvey | undefined): Bound {
  const { inputs, isOneWindow } = traits[format]
  const texts = survey?.texts ?? 1
  const times = inputs === 'once' ? 1 : inputs === 'each_choice' ? parsed.choices : texts
  const window = model.contextTokens === undefined ? undefined : model.contextTokens * (isOneWindow ? 1 : texts)
  const text = survey === undefined || survey.hidden !== undefined ? undefined : textTokens(body, survey)
  if (text === 'not_utf8') return { ok: false, why: 'The body is not UTF-8. Write it as UTF-8.' }
  const tokens = smallest(text, window)
  if (tokens !== undefined) return { ok: true, tokens: multiply(tokens, times) }
  const what = survey?.hidden ?? 'A file'
  return { ok: false, why: `${what} stands for more tokens than the request shows. Leave it out, or have the operator set context_tokens of the model ${model.clientModel}.` }
}

function textTokens(body: Buffer, { schemaBytes, isInstructed }: BodySurvey): number | 'not_utf8' {
  // What is not UTF-8 becomes U+FFFD in some readers, and one byte three.
  if (!isUtf8(body)) return 'not_utf8'
  const bytes = isAscii(body) ? body.length : Math.max(body.length, Buffer.byteLength(body.toString('utf8').normalize('NFC')))
  return bytes + schemaBytes + FRAME_TOKENS + (isInstructed ? INSTRUCTION_TOKENS : 0)
}

function boundOutput(request: BoundInput, survey: BodySurvey | undefined): Bound {
  const { format, parsed, model } = request
  const { output } = traits[format]
  if (output === 'none') return { ok: true, tokens: 0 }
  const tokens = smallest(clientBound(request), model.maxOutputTokens, model.contextTokens)
  const times = parsed.choices * (output === 'each_text' ? (survey?.texts ?? 1) : 1)
  if (tokens !== undefined) return { ok: true, tokens: multiply(tokens, times) }
  const name = boundNames[format]
  const bySetting = `the operator ${name === undefined ? 'must' : 'can'} set max_output_tokens of the model ${model.clientModel}`
  return { ok: false, why: name === undefined ? `Its output has no bound: ${bySetting}.` : `Its output has no bound. Set "${name}", or ${bySetting}.` }
}

/** Claude may spend a budget of thoughts that is larger than it, over several answers (docs.anthropic.com, "Interleaved thinking"). */
function clientBound({ format, parsed: { maxOutputTokens, leastOutputTokens } }: BoundInput): number | undefined {
  if (format !== 'anthropic-messages' || maxOutputTokens === undefined || leastOutputTokens === undefined) return maxOutputTokens
  return maxOutputTokens === 0 || maxOutputTokens >= leastOutputTokens ? maxOutputTokens : undefined
}

function smallest(...bounds: readonly (number | undefined)[]): number | undefined {
  const known = bounds.filter((bound) => bound !== undefined)
  return known.length === 0 ? undefined : Math.min(...known)
}

/** Stays an exact integer: a client may ask for as many choices as it likes. */
function multiply(tokens: number, times: number): number {
  return Math.min(tokens * times, Number.MAX_SAFE_INTEGER)
}
