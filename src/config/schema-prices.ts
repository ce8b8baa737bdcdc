// The shape of prices: dollars per million tokens as price lists say them, turned into pico-dollars of one where they are read.

import { z } from 'zod'
import { vendorIds } from '../prices/catalogue.ts'
import { callUnits, type Unit, units } from '../prices/units.ts'
import { dollarRule, parseDollars } from './parse-dollars.ts'
import { intoIssue, modelName, named, providerName } from './schema-names.ts'

/** Unit → its sentence. Prices of tokens are per million, those of calls per one. */
const MEANINGS: Readonly<Record<Unit, string>> = {
  input: 'Dollars per million input tokens.',
  cached_input: "Per million input tokens read from the provider's prompt cache. Default: input.",
  cache_creation: 'Per million input tokens written to the prompt cache. Default: input.',
  cache_creation_1h: 'The same, kept for an hour. Default: cache_creation.',
  input_audio: 'Per million input tokens of audio. Default: input.',
  cached_input_audio: 'Per million cached input tokens of audio. Default: the dearer of cached_input and input_audio, as far as they are given.',
  input_image: 'Per million input tokens of pictures. Default: input.',
  cached_input_image: 'Per million cached input tokens of pictures. Default: the dearer of cached_input and input_image, as far as they are given.',
  output: 'Dollars per million output tokens.',
  reasoning: 'Per million output tokens of reasoning. Default: output.',
  output_audio: 'Per million output tokens of audio. Default: output.',
  output_image: 'Per million output tokens of pictures. Default: output.',
  request: 'Dollars per request. Default: 0.',
  web_search: 'Dollars per search of the web that the provider reports. Default: 0.',
}

function dollars(unit: Unit): z.ZodPipe<z.ZodUnion<readonly [z.ZodNumber, z.ZodString]>, z.ZodTransform<number, string | number>> {
  const digits = callUnits.has(unit) ? 12 : 6
  return z
    .union([z.number(), z.string()], { error: dollarRule })
    .transform((input, context) => intoIssue(parseDollars(input, digits), context, input))
    .describe(MEANINGS[unit])
}

// Object.fromEntries loses which keys there are; they are those of `units`, each with a price that may be left out.
const optionalRates = Object.fromEntries(units.map((unit) => [unit, dollars(unit).optional()])) as Record<Unit, z.ZodOptional<ReturnType<typeof dollars>>>

const stepRule = 'a number of input tokens, such as 200000'
const priceStep = z
  .strictObject({
    above: z.int({ error: stepRule }).min(1, { error: stepRule }).describe('With more input tokens than this, the whole request has these prices.'),
    ...optionalRates,
  })
  .describe('Other prices for long requests; what is not named stays as it is.')

const writtenPrice = z
  .strictObject({ ...optionalRates, input: dollars('input'), output: dollars('output'), above: z.array(priceStep, { error: 'a list such as [{above: 200000, input: 6}]' }).optional().describe('Steps by length of the input.') })
  .describe('Prices in dollars per million tokens.')

const ownRule = 'free, prices such as {input: 2.50, output: 10}, or {as: the name of another model on the price list}'
const listedAs = z.strictObject({ as: modelName.describe("The model of the provider's price list whose price it has.") })
export const modelPrice = z.union([z.literal('free', { error: ownRule }), listedAs, writtenPrice], { error: ownRule }).describe('What the model costs at this provider.')

const vendorRule = `the name of a price list: ${vendorIds.join(', ')}`
const vendor = z.enum([...vendorIds], { error: vendorRule })
const providerRule = 'free, prices such as {input: 2.50, output: 10}, or {list: openai} for the price list of another vendor'
export const providerPrice = z
  .union([z.literal('free', { error: providerRule }), z.strictObject({ list: vendor.describe('The vendor whose price list holds.') }), writtenPrice], { error: providerRule })
  .describe('What every model of this provider costs that prices does not name: free, the same for all, or the price list of a vendor. Default: the list of whoever is at its address.')

const modelPattern = named(
  // oxlint-disable-next-line no-control-regex -- keeping control characters out is the point
  /^[^\u0000-\u001f\u007f-\u009f]{1,200}$/,
  'the name of a model as this provider is asked for it, or a pattern in which * stands for any characters',
)

export const pricesSchema = z
  .record(providerName, z.record(modelPattern, modelPrice, { error: 'a mapping from models to prices' }), { error: 'a mapping from providers to the prices of their models' })
  .describe("Prices of your own, before those that come with Tollgate: provider → the name it has for the model (* stands for any characters) → price.")

export type WrittenPrice = z.output<typeof writtenPrice>
