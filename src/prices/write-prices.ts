// Prices as tollgate.yaml has them: one line per model, dollars per million tokens.

import { formatDecimal } from '../core/money.ts'
import type { PriceStep, Rates } from './model-price.ts'
import { callUnits, type Unit, units } from './units.ts'

const PICO_PER_MICRO_DOLLAR = 1e6

export interface WrittenModel {
  /** Name of the provider in the configuration. */
  readonly provider: string
  readonly model: string
  readonly steps: readonly PriceStep[]
}

/** Dollars per million for tokens, dollars for calls: 2500000 → `2.5`. The schema takes six decimals, so prices of calls are rounded up to them. */
export function formatRate(unit: Unit, pico: number): string {
  return callUnits.has(unit) ? formatDecimal(Math.ceil(pico / PICO_PER_MICRO_DOLLAR), 6) : formatDecimal(pico, 6)
}

/** A whole `prices:` section, sorted by provider and model. '' for none. */
export function writePrices(models: readonly WrittenModel[]): string {
  if (models.length === 0) return ''
  const sections = [...groupByProvider(models)].toSorted(([a], [b]) => compareText(a, b)).map(([provider, own]) => `  ${writeKey(provider)}:\n${own.toSorted((a, b) => compareText(a.model, b.model)).map(writeModel).join('')}`)
  return `prices: # dollars per million tokens\n${sections.join('')}`
}

function groupByProvider(models: readonly WrittenModel[]): Map<string, WrittenModel[]> {
  const groups = new Map<string, WrittenModel[]>()
  for (const model of models) groups.set(model.provider, [...(groups.get(model.provider) ?? []), model])
  return groups
}

function writeModel({ model, steps }: WrittenModel): string {
  const [first, ...further] = steps
  const above = further.map((step) => `{above: ${step.above}, ${writeRates(step.rates)}}`)
  return `    ${writeKey(model)}: {${writeRates(first?.rates ?? {})}${above.length === 0 ? '' : `, above: [${above.join(', ')}]`}}\n`
}

function writeRates(rates: Rates): string {
  return units.flatMap((unit) => (rates[unit] === undefined ? [] : [`${unit}: ${formatRate(unit, rates[unit])}`])).join(', ')
}

// A name that YAML could read as something else, a number or a boolean, or that has its punctuation, is quoted.
function writeKey(name: string): string {
  return /^[A-Za-z][\w./-]*$/.test(name) && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(name) ? name : JSON.stringify(name)
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
