// price: and prices: → the price book of the configuration, and a warning for every provider with models that nobody has a price for.

import type { ModelPrice, PriceStep, Rates } from '../prices/model-price.ts'
import { createPriceBook, type OwnPrice, type PriceBook, type ProviderPrices } from '../prices/price-book.ts'
import { type Unit, units } from '../prices/units.ts'
import { vendorOf } from '../prices/vendor-of.ts'
import { listNames } from './compile-models.ts'
import type { Draft } from './draft.ts'
import { didYouMean } from './nearest-name.ts'
import type { ModelConfig, ProviderConfig } from './runtime-config.ts'
import { modelPrice, providerPrice, type WrittenPrice } from './schema-prices.ts'
import { providerSchema } from './schema-providers.ts'
import type { Path } from './yaml-source.ts'

export interface PricedConfig {
  readonly providers: ReadonlyMap<string, ProviderConfig>
  readonly models: ReadonlyMap<string, ModelConfig>
}

export function compilePrices(draft: Draft, { providers, models }: PricedConfig): PriceBook {
  checkProviderNames(draft)
  const book = createPriceBook([...providers.values()].map((provider) => pricesOf(draft, provider)))
  if (draft.problems.length === 0) warnAboutUnknown(draft, book, models)
  return book
}

function pricesOf(draft: Draft, provider: ProviderConfig): ProviderPrices {
  const { name } = provider
  const written = draft.pick(['providers', name, 'price'], providerPrice)
  const isList = typeof written === 'object' && 'list' in written
  return {
    name,
    vendor: isList ? written.list : vendorOf({ name, api: draft.pick(['providers', name, 'api'], providerSchema.shape.api) ?? provider.api, url: urlOf(provider) }),
    everything: written === undefined || isList ? undefined : ownPrice(draft, ['providers', name, 'price'], written),
    models: modelPrices(draft, ['prices', name]),
  }
}

/** Names before patterns, as the book wants them; patterns in the order of the file. */
function modelPrices(draft: Draft, path: Path): ProviderPrices['models'] {
  return draft.keys(path).flatMap((pattern) => {
    const written = draft.pick([...path, pattern], modelPrice)
    return written === undefined ? [] : [{ pattern, price: ownPrice(draft, [...path, pattern], written) }]
  })
}

function ownPrice(draft: Draft, path: Path, written: 'free' | { readonly as: string } | WrittenPrice): OwnPrice {
  if (written === 'free') return { kind: 'free' }
  if ('as' in written) return { kind: 'listed', vendor: undefined, model: written.as }
  return { kind: 'price', price: convertPrice(draft, path, written) }
}

function convertPrice(draft: Draft, path: Path, { above = [], ...base }: WrittenPrice): ModelPrice {
  const steps: PriceStep[] = [{ above: -1, rates: ratesOf(base) }]
  for (const [index, { above: from, ...changed }] of above.entries()) {
    const before = steps.at(-1)
    if (before !== undefined && from <= before.above) draft.problem([...path, 'above', index, 'above'], 'which is not more than that of the step before; write the steps in ascending order')
    steps.push({ above: from, rates: { ...before?.rates, ...ratesOf(changed) } })
  }
  return [{ validity: { kind: 'always' }, steps }]
}

function ratesOf(written: Readonly<Partial<Record<Unit, number | undefined>>>): Rates {
  const rates: Partial<Record<Unit, number>> = {}
  for (const unit of units) {
    const rate = written[unit]
    if (rate !== undefined) rates[unit] = rate
  }
  return rates
}

function checkProviderNames(draft: Draft): void {
  const known = draft.keys(['providers'])
  for (const name of draft.keys(['prices'])) {
    if (!known.includes(name)) draft.problem(['prices', name], `there is no provider ${JSON.stringify(name)}, allowed: ${listNames(known)}${didYouMean(name, known)}`, 'key')
  }
}

function warnAboutUnknown(draft: Draft, book: PriceBook, models: ReadonlyMap<string, ModelConfig>): void {
  const unknown = new Map<string, Set<string>>()
  for (const { chain } of models.values()) {
    for (const { provider, upstreamModel } of chain) {
      if (book.knows({ provider: provider.name, model: upstreamModel })) continue
      unknown.set(provider.name, (unknown.get(provider.name) ?? new Set()).add(upstreamModel))
    }
  }
  for (const [provider, names] of unknown) {
    draft.warn(['providers', provider], `no price is known for ${listNames([...names])}, so nobody knows what they cost in dollars, and limits in dollars leave the provider out; set price here (free, when nobody bills them) or name them under prices`, 'key')
  }
}

/** Without the path of a single call. */
function urlOf({ scheme, host, pathPrefix, settings }: ProviderConfig): string {
  return `${scheme}://${host}${pathPrefix}${settings.apiPath ?? '/v1'}`
}
