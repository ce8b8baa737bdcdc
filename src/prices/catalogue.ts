// The price lists that come with the product, from @pydantic/genai-prices: converted to integers where they are asked for, matched by its own rules.

import { calcPrice, type ConditionalPrice, findProvider, type ModelInfo, type ModelPrice as ListedPrice, waitForUpdate } from '@pydantic/genai-prices'
import { scaleDecimal } from '../core/money.ts'
import type { ModelPrice, PriceStep, Rates, Validity } from './model-price.ts'
import type { Unit } from './units.ts'

/** The version of the package, which does not tell it itself; catalogue.test.ts compares it with package.json. */
export const CATALOGUE_VERSION = '0.1.8'

/** Its names of prices, and the power of ten from dollars as it writes them to pico-dollars of one. */
const LISTED: Readonly<Record<string, { readonly unit: Unit; readonly power: number }>> = {
  input_mtok: { unit: 'input', power: 6 },
  cache_read_mtok: { unit: 'cached_input', power: 6 },
  cache_write_mtok: { unit: 'cache_creation', power: 6 },
  cache_write_1h_mtok: { unit: 'cache_creation_1h', power: 6 },
  input_audio_mtok: { unit: 'input_audio', power: 6 },
  cache_audio_read_mtok: { unit: 'cached_input_audio', power: 6 },
  input_image_mtok: { unit: 'input_image', power: 6 },
  cache_image_read_mtok: { unit: 'cached_input_image', power: 6 },
  output_mtok: { unit: 'output', power: 6 },
  output_reasoning_mtok: { unit: 'reasoning', power: 6 },
  output_audio_mtok: { unit: 'output_audio', power: 6 },
  output_image_mtok: { unit: 'output_image', power: 6 },
  requests_kcount: { unit: 'request', power: 9 },
  web_searches_kcount: { unit: 'web_search', power: 9 },
}

/** Prices of what no provider reports in a usage: such tokens are billed as what they are a part of, such calls not at all. */
const NOT_REPORTED: ReadonlySet<string> = new Set(['input_video_mtok', 'output_video_mtok', 'output_citation_mtok', 'storage_searches_kcount'])

// Its promise is kept from the start: nothing is fetched unless updatePrices was called, which nobody here does.
const vendors = (await waitForUpdate()) ?? []

export interface ListedModel {
  /** Whose list it is: the id of the package, such as `openai` or `aws`. */
  readonly vendor: string
  /** Its name on the list; often that of a family, whose members it matches. */
  readonly model: string
  readonly price: ModelPrice
}

export const vendorIds: readonly string[] = vendors.map((vendor) => vendor.id)

/** Whose API is at this URL; undefined when the package knows nobody there. */
export function findVendor(url: string): string | undefined {
  return findProvider({ providerApiUrl: url })?.id
}

/** The list price of a model as `vendor` names it; undefined when the package has none, or one that usage cannot be multiplied with. */
export function findListed(vendor: string, model: string): ListedModel | undefined {
  const found = calcPrice({}, model, { providerId: vendor })
  if (found === null) return undefined
  const price = convertPrice(found.model)
  return price === undefined ? undefined : { vendor: found.provider.id, model: found.model.id, price }
}

/** The list price of a model whose vendor only its name tells, as `gpt-` tells OpenAI. */
export function guessListed(model: string): ListedModel | undefined {
  const vendor = calcPrice({}, model)?.provider.id
  return vendor === undefined ? undefined : findListed(vendor, model)
}

/** Every model with a price, or those of one vendor. */
export function listModels(vendor?: string): ListedModel[] {
  return vendors
    .filter(({ id }) => vendor === undefined || id === vendor)
    .flatMap(({ id, models }) =>
      models.flatMap((info) => {
        const price = convertPrice(info)
        return price === undefined ? [] : [{ vendor: id, model: info.id, price }]
      }),
    )
}

/** Undefined when any of the lists cannot be used: a price that is known only at times is not known. */
export function convertPrice({ id, prices }: Pick<ModelInfo, 'id' | 'prices'>): ModelPrice | undefined {
  const lists = (Array.isArray(prices) ? prices : [{ prices }]).map((list: ConditionalPrice) => ({ validity: convertValidity(list.constraint), steps: convertSteps(list.prices, id) }))
  const whole = lists.flatMap(({ validity, steps }) => (steps === undefined ? [] : [{ validity, steps }]))
  return whole.length === lists.length && whole.length > 0 ? whole : undefined
}

function convertValidity(constraint: ConditionalPrice['constraint']): Validity {
  if (constraint === undefined) return { kind: 'always' }
  if (constraint.type === 'start_date') return { kind: 'from', fromMs: Date.parse(constraint.start_date) }
  return { kind: 'daily', startSeconds: secondsOfDay(constraint.start_time), endSeconds: secondsOfDay(constraint.end_time) }
}

// Times of day in the package carry a zone, `00:30:00Z`.
function secondsOfDay(time: string): number {
  return (Date.parse(`1970-01-01T${time}`) / 1000 + 86_400) % 86_400
}

/** An empty list is a model whose price nobody wrote down, unless its name says that it is free. */
function convertSteps(prices: ListedPrice, id: string): readonly PriceStep[] | undefined {
  const written = Object.entries(prices).flatMap(([key, price]) => (price === undefined ? [] : [[key, price] as const]))
  const known = written.filter(([key]) => key in LISTED)
  if (written.some(([key]) => !(key in LISTED) && !NOT_REPORTED.has(key))) return undefined
  if (known.length === 0) return id.endsWith(':free') ? [{ above: -1, rates: {} }] : undefined
  const starts = new Set(known.flatMap(([, price]) => (typeof price === 'number' ? [] : price.tiers.map((tier) => tier.start))))
  const steps: PriceStep[] = []
  for (const above of [-1, ...[...starts].toSorted((a, b) => a - b)]) {
    const rates = ratesAbove(known, above)
    if (rates === undefined) return undefined
    steps.push({ above, rates })
  }
  return steps
}

function ratesAbove(prices: readonly (readonly [string, NonNullable<ListedPrice[string]>])[], above: number): Rates | undefined {
  const rates: Partial<Record<Unit, number>> = {}
  for (const [key, price] of prices) {
    const listed = LISTED[key]
    const dollars = typeof price === 'number' ? price : (price.tiers.toSorted((a, b) => a.start - b.start).findLast((tier) => tier.start <= above)?.price ?? price.base)
    const scaled = listed === undefined ? undefined : scaleDecimal(String(dollars), listed.power)
    if (listed === undefined || scaled === undefined) return undefined
    rates[listed.unit] = scaled.value
  }
  return rates
}
