// What an exchange costs in dollars: the prices of a configuration, found and compiled once per provider and model.

import { createHash } from 'node:crypto'
import { createPattern } from '../core/star-pattern.ts'
import type { Usage } from '../core/usage.ts'
import { CATALOGUE_VERSION, findListed } from './catalogue.ts'
import { type CompiledPrice, compilePrice, type ModelPrice, type TokenBound } from './model-price.ts'

/** A price that somebody wrote. `listed`: what the vendor's list has for another model, for names that no list can know. */
export type OwnPrice =
  { readonly kind: 'free' } | { readonly kind: 'price'; readonly price: ModelPrice } | { readonly kind: 'listed'; readonly vendor: string | undefined; readonly model: string }

export interface ProviderPrices {
  /** The provider's name in the configuration. */
  readonly name: string
  /** Whose price list holds; undefined: nobody's. */
  readonly vendor: string | undefined
  /** For every model of the provider that none of `models` matches. */
  readonly everything: OwnPrice | undefined
  /** The first that matches counts, names before patterns. `*` stands for any characters. */
  readonly models: readonly { readonly pattern: string; readonly price: OwnPrice }[]
}

/** Where a price comes from: the configuration, or a vendor's list and the name of the model there. */
export type PriceSource = { readonly kind: 'own' } | { readonly kind: 'list'; readonly vendor: string; readonly model: string }

export interface FoundPrice {
  readonly price: ModelPrice
  readonly source: PriceSource
}

export interface ExchangePrice {
  /** Rounded up once; a safe integer. */
  readonly nanoDollars: number
  /** The rate card it was computed with. */
  readonly rateCard: string
}

/** The provider that answers, the model it is asked for, and when the exchange began (milliseconds since 1970). */
export interface PricedCall {
  readonly provider: string
  readonly model: string
  readonly at: number
}

export interface PriceBook {
  /** Version of the list that comes with the product, and after a + what identifies the prices that were written: `0.1.8+3f9a0c12`. */
  readonly rateCard: string
  /** Undefined when no price is known, and when the usage lacks its input or output: never 0 for want of knowledge. */
  priceOf(usage: Usage, call: PricedCall): ExchangePrice | undefined
  /** Nano-dollars that no call within the bound exceeds; undefined when no price is known. */
  mostOf(bound: TokenBound, call: PricedCall): number | undefined
  /** Whether a price is known. */
  knows(call: Omit<PricedCall, 'at'>): boolean
  /** Whose price list holds for a provider; undefined: nobody's. */
  vendorOf(provider: string): string | undefined
  /** The price itself, for people. */
  find(call: Omit<PricedCall, 'at'>): FoundPrice | undefined
}

const FREE: ModelPrice = [{ validity: { kind: 'always' }, steps: [{ above: -1, rates: {} }] }]

export function createPriceBook(providers: readonly ProviderPrices[]): PriceBook {
  const rateCard = rateCardOf(providers)
  const byName = new Map(providers.map((provider) => [provider.name, provider]))
  // Models of requests come from the configuration, so there are no more entries than it has steps.
  const known = new Map<string, Map<string, CompiledPrice | undefined>>()
  const find = ({ provider, model }: Omit<PricedCall, 'at'>): FoundPrice | undefined => {
    const prices = byName.get(provider)
    return prices === undefined ? undefined : findPrice(prices, model)
  }
  const compiled = (provider: string, model: string): CompiledPrice | undefined => {
    let models = known.get(provider)
    if (models === undefined) known.set(provider, (models = new Map()))
    if (models.has(model)) return models.get(model)
    const found = find({ provider, model })
    const price = found === undefined ? undefined : compilePrice(found.price)
    models.set(model, price)
    return price
  }
  return {
    rateCard,
    priceOf(usage, { provider, model, at }) {
      const nanoDollars = compiled(provider, model)?.amount(usage, at)
      return nanoDollars === undefined ? undefined : { nanoDollars, rateCard }
    },
    mostOf: (bound, { provider, model, at }) => compiled(provider, model)?.most(bound, at),
    knows: ({ provider, model }) => compiled(provider, model) !== undefined,
    vendorOf: (provider) => byName.get(provider)?.vendor,
    find,
  }
}

function findPrice({ vendor, everything, models }: ProviderPrices, model: string): FoundPrice | undefined {
  const exact = models.find(({ pattern }) => pattern === model) ?? models.find(({ pattern }) => createPattern(pattern)(model))
  const own = exact?.price ?? everything
  if (own === undefined) return vendor === undefined ? undefined : findInList(vendor, model)
  switch (own.kind) {
    case 'free':
      return { price: FREE, source: { kind: 'own' } }
    case 'price':
      return { price: own.price, source: { kind: 'own' } }
    case 'listed': {
      const list = own.vendor ?? vendor
      return list === undefined ? undefined : findInList(list, own.model)
    }
  }
}

function findInList(vendor: string, model: string): FoundPrice | undefined {
  const listed = findListed(vendor, model)
  return listed === undefined ? undefined : { price: listed.price, source: { kind: 'list', vendor: listed.vendor, model: listed.model } }
}

// The order in which things were written does not change a price, so it does not change the card.
function rateCardOf(providers: readonly ProviderPrices[]): string {
  const own = providers.filter(({ everything, models }) => everything !== undefined || models.length > 0).map(({ name, everything, models }) => ({ name, everything, models }))
  if (own.length === 0) return CATALOGUE_VERSION
  const written = JSON.stringify(own.toSorted((a, b) => (a.name < b.name ? -1 : 1)))
  return `${CATALOGUE_VERSION}+${createHash('sha256').update(written).digest('hex').slice(0, 8)}`
}
