// What the mock says and how many tokens that is: a friendly sentence about the prompt, at four characters a token.
// Deterministic, so that a test can work out an answer's tokens beforehand; real tokenizers are not.

import type { Instructions } from './instructions.ts'
import type { TokenCounts } from './mock-answer.ts'

const charactersPerToken = 4
// Longer texts than this are not made up, however many output tokens a test asks for: usage can say a billion, memory cannot hold it.
const maxTextCharacters = 1_048_576
const filler = ' And so the mock goes on, one friendly word after another, until enough has been said.'

export interface Reply {
  readonly text: string
  /** Whether the request's limit of output tokens cut the text short. */
  readonly isCut: boolean
  readonly tokens: TokenCounts
}

/** Tokens of so many characters: a quarter, rounded up. */
export function estimateTokens(characters: number): number {
  return Math.ceil(characters / charactersPerToken)
}

/** The reply to `prompt`, at most `maxTokens` long. `inputTokens` is used unless the instructions say otherwise. */
export function createReply(asked: {
  readonly prompt: string
  readonly model: string
  readonly inputTokens: number
  readonly maxTokens: number | undefined
  readonly instructions: Instructions
}): Reply {
  const sentence = friendlySentence(asked.prompt, asked.model)
  const natural = estimateTokens(sentence.length)
  const wanted = asked.instructions.outputTokens
  const isCut = wanted === undefined && asked.maxTokens !== undefined && asked.maxTokens < natural
  const outputTokens = wanted ?? (isCut ? (asked.maxTokens ?? natural) : natural)
  const visibleTokens = Math.max(0, outputTokens - asked.instructions.reasoningTokens)
  const isPlain = wanted === undefined && !isCut
  const text = isPlain ? sentence : fitText(sentence, Math.min(maxTextCharacters, visibleTokens * charactersPerToken))
  return { text, isCut, tokens: tokenCounts(asked.instructions, asked.inputTokens, outputTokens) }
}

/** Counts of an answer: the instructed ones, else the given ones. */
export function tokenCounts(instructions: Instructions, inputTokens: number, outputTokens: number): TokenCounts {
  return {
    inputTokens: instructions.inputTokens ?? inputTokens,
    cachedInputTokens: instructions.cachedTokens,
    cacheCreationInputTokens: instructions.cacheCreationTokens,
    outputTokens: instructions.outputTokens ?? outputTokens,
    reasoningTokens: instructions.reasoningTokens,
  }
}

/** The text in the order in which a stream sends it: a word each, or exactly `pieces` parts of nearly equal length. */
export function splitReply(text: string, pieces: number | undefined): readonly string[] {
  if (pieces === undefined) return text.match(/\S+\s*/gu) ?? [text]
  const whole = text.length >= pieces * 2 ? text : fitText(text, pieces * 2)
  const parts: string[] = []
  let from = 0
  for (let index = 1; index <= pieces; index += 1) {
    const to = wholeCharacterEnd(whole, Math.floor((index * whole.length) / pieces))
    parts.push(whole.slice(from, to))
    from = to
  }
  return parts
}

/** Tokens that piece `index` of `pieces` stands for; over all pieces they add up to `total`. */
export function tokensOfPiece(total: number, index: number, pieces: number): number {
  return Math.floor(((index + 1) * total) / pieces) - Math.floor((index * total) / pieces)
}

function friendlySentence(prompt: string, model: string): string {
  const shortened = prompt.length > 60 ? `${prompt.slice(0, wholeCharacterEnd(prompt, 60))}…` : prompt
  return `You said: "${shortened}". Hello from the mock ${model}!`
}

function fitText(text: string, characters: number): string {
  if (characters <= text.length) return text.slice(0, wholeCharacterEnd(text, characters))
  return text + filler.repeat(Math.ceil((characters - text.length) / filler.length)).slice(0, characters - text.length)
}

// Never between the two halves of a surrogate pair.
function wholeCharacterEnd(text: string, end: number): number {
  const code = text.charCodeAt(end - 1)
  return code >= 0xd800 && code <= 0xdbff ? end - 1 : end
}
