// What can be billed of an exchange, as far as providers report it: the parts are disjoint, so an amount is the sum of count × rate.

import type { Usage } from '../core/usage.ts'

/** In the order of every list of counts and rates in this folder. Tokens but for the last two, which are calls. */
export const units = [
  'input',
  'cached_input',
  'cache_creation',
  'cache_creation_1h',
  'input_audio',
  'cached_input_audio',
  'input_image',
  'cached_input_image',
  'output',
  'reasoning',
  'output_audio',
  'output_image',
  'request',
  'web_search',
] as const

export type Unit = (typeof units)[number]

/** Units that are not tokens: their prices are per one, not per million. */
export const callUnits: ReadonlySet<Unit> = new Set<Unit>(['request', 'web_search'])

/** What tokens of the input, and what tokens of the output, can be billed as. */
export const inputUnits: readonly Unit[] = ['input', 'cached_input', 'cache_creation', 'cache_creation_1h', 'input_audio', 'cached_input_audio', 'input_image', 'cached_input_image']
export const outputUnits: readonly Unit[] = ['output', 'reasoning', 'output_audio', 'output_image']

/**
 * Whose price a unit has when a list names none of its own: the dearest of these that the list names, else what the first of them falls back
 * to. None: 0, for a list without `request` has no price per request.
 */
export const parents: Readonly<Record<Unit, readonly Unit[]>> = {
  input: [],
  cached_input: ['input'],
  cache_creation: ['input'],
  cache_creation_1h: ['cache_creation'],
  input_audio: ['input'],
  cached_input_audio: ['cached_input', 'input_audio'],
  input_image: ['input'],
  cached_input_image: ['cached_input', 'input_image'],
  output: [],
  reasoning: ['output'],
  output_audio: ['output'],
  output_image: ['output'],
  request: [],
  web_search: [],
}

/**
 * The counts of one exchange, in the order of `units`; undefined when input or output is unknown. Parts of a part that overlap (audio that
 * is cached) are taken as far as they were reported, and never more than the whole.
 */
export function countUnits({ inputTokens, outputTokens, totalTokens, ...usage }: Usage): readonly number[] | undefined {
  if (inputTokens === undefined || outputTokens === undefined) return undefined
  const details = usage.details ?? {}
  const cached = usage.cachedInputTokens ?? 0
  const created = usage.cacheCreationInputTokens ?? 0
  const created1h = Math.min(created, details.cacheCreation1hInputTokens ?? 0)
  let fresh = Math.max(0, inputTokens - cached - created)
  const cachedAudio = Math.min(cached, details.cachedInputAudioTokens ?? 0)
  const cachedImage = Math.min(cached - cachedAudio, details.cachedInputImageTokens ?? 0)
  const audio = Math.min(fresh, Math.max(0, (details.inputAudioTokens ?? 0) - cachedAudio))
  fresh -= audio
  const image = Math.min(fresh, Math.max(0, (details.inputImageTokens ?? 0) - cachedImage))
  // What a total has beyond its parts was generated: Gemini leaves its thoughts out of the output where it speaks OpenAI's API.
  const generated = Math.max(outputTokens, (totalTokens ?? 0) - inputTokens)
  let text = generated
  const outputAudio = Math.min(text, details.outputAudioTokens ?? 0)
  text -= outputAudio
  const outputImage = Math.min(text, details.outputImageTokens ?? 0)
  text -= outputImage
  const reasoning = Math.min(text, usage.reasoningTokens ?? 0)
  return [
    fresh - image,
    cached - cachedAudio - cachedImage,
    created - created1h,
    created1h,
    audio,
    cachedAudio,
    image,
    cachedImage,
    text - reasoning,
    reasoning,
    outputAudio,
    outputImage,
    1,
    details.webSearches ?? 0,
  ]
}
