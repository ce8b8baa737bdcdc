// `tollgate prices list`: the price lists that come with Tollgate.

import type { Command } from 'commander'
import { systemClock } from '../core/clock.ts'
import { CATALOGUE_VERSION, listModels, type ListedModel } from '../prices/catalogue.ts'
import { type Rates, rateOf, selectList } from '../prices/model-price.ts'
import { type Unit, units } from '../prices/units.ts'
import { formatRate } from '../prices/write-prices.ts'
import type { CommandContext } from './command-context.ts'
import { formatTable } from './format-table.ts'
import { modelFilter, parseVendor } from './price-options.ts'

interface ListOptions {
  readonly provider?: string
  readonly model?: string
  readonly json?: boolean
}

export function addPricesListCommand(prices: Command, context: CommandContext): void {
  prices
    .command('list')
    .description('List the prices that come with Tollgate, in dollars per million tokens.')
    .option('--provider <vendor>', 'only the list of this vendor, such as openai, aws or google', parseVendor)
    .option('--model <pattern>', 'only models with this name; * stands for any characters')
    .option('--json', 'print the prices as JSON')
    .action((options: ListOptions) => listPrices(options, context))
}

/** The columns of the table. */
const COLUMNS: readonly Unit[] = ['input', 'cached_input', 'cache_creation', 'output']

function listPrices({ provider, model, json = false }: ListOptions, context: CommandContext): void {
  const isWanted = modelFilter(model)
  const nowMs = systemClock.now()
  const models = listModels(provider).filter((listed) => isWanted(listed.model))
  if (json) {
    const shown = models.map((listed) => ({ provider: listed.vendor, model: listed.model, ...describeRates(ratesAt(listed, nowMs)), changes: listed.price.length > 1, steps: stepsAt(listed, nowMs) > 1 }))
    context.stdout(`${JSON.stringify(shown, undefined, 2)}\n`)
    return
  }
  if (models.length === 0) return context.stderr(`No model${model === undefined ? '' : ` is called ${JSON.stringify(model)}`}${provider === undefined ? '' : ` on the list of ${provider}`}.\n`)
  const rows = models.map((listed) => {
    const rates = ratesAt(listed, nowMs)
    const notes = [...(stepsAt(listed, nowMs) > 1 ? ['more for long inputs'] : []), ...(listed.price.length > 1 ? ['by date or hour'] : [])]
    return [listed.vendor, listed.model, ...COLUMNS.map((unit) => formatRate(unit, rateOf(rates, unit))), notes.join(', ')]
  })
  context.stdout(formatTable([['PROVIDER', 'MODEL', 'INPUT', 'CACHED', 'CACHE WRITE', 'OUTPUT', ''], ...rows], { right: [2, 3, 4, 5] }))
  context.stderr(`${models.length} models, dollars per million tokens now; list ${CATALOGUE_VERSION}. tollgate prices show MODEL has the rest.\n`)
}

function ratesAt({ price }: ListedModel, atMs: number): Rates {
  return selectList(price, atMs)?.steps[0]?.rates ?? {}
}

function stepsAt({ price }: ListedModel, atMs: number): number {
  return selectList(price, atMs)?.steps.length ?? 0
}

/** Dollars as decimal texts, only what the list names. */
export function describeRates(rates: Rates): Readonly<Record<string, string>> {
  return Object.fromEntries(units.flatMap((unit) => (rates[unit] === undefined ? [] : [[unit, formatRate(unit, rates[unit])]])))
}
