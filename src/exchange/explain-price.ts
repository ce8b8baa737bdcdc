// The price of a call, as people read it: dollars per million tokens, and where they come from.

import { PICO_PER_NANO } from '../core/money.ts'
import { selectList } from '../prices/model-price.ts'
import type { PriceBook, PriceSource } from '../prices/price-book.ts'
import { callUnits, type Unit } from '../prices/units.ts'
import type { ExplainedPrice } from './explanation.ts'

export interface CallToPrice {
  readonly provider: string
  /** The name of the model at the provider. */
  readonly model: string
  /** When the exchange began, in milliseconds since 1970. */
  readonly atMs: number
  readonly inputTokens: number
}

const PICO_PER_DOLLAR = PICO_PER_NANO * 1e9
/** Pico-dollars per token in a dollar per million tokens. */
const PICO_PER_MILLIONTH = PICO_PER_DOLLAR / 1e6

export function explainPrice(prices: PriceBook, { provider, model, atMs, inputTokens }: CallToPrice): ExplainedPrice {
  const found = prices.find({ provider, model })
  const steps = found === undefined ? undefined : selectList(found.price, atMs)?.steps
  const step = steps?.findLast(({ above }) => inputTokens > above) ?? steps?.[0]
  if (found === undefined || step === undefined) return { provider, model, known: false }
  const rates = Object.entries(step.rates) as readonly (readonly [Unit, number])[]
  return {
    provider,
    model,
    known: true,
    source: explainSource(found.source),
    rate_card: prices.rateCard,
    per_million_tokens: Object.fromEntries(rates.filter(([unit]) => !callUnits.has(unit)).map(([unit, pico]) => [unit, pico / PICO_PER_MILLIONTH])),
    per_call: Object.fromEntries(rates.filter(([unit]) => callUnits.has(unit)).map(([unit, pico]) => [unit, pico / PICO_PER_DOLLAR])),
    ...(step.above < 0 ? {} : { above_input_tokens: step.above }),
  }
}

function explainSource(source: PriceSource): NonNullable<ExplainedPrice['source']> {
  return source.kind === 'own' ? 'configuration' : { vendor: source.vendor, model: source.model }
}
