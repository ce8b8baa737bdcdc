// `tollgate prices diff`: where somebody else's price list says something else than ours.

import type { Command } from 'commander'
import { systemClock } from '../core/clock.ts'
import { findListed } from '../prices/catalogue.ts'
import { comparePrices, type PriceDifference } from '../prices/compare-prices.ts'
import { type ModelPrice, selectList } from '../prices/model-price.ts'
import type { ForeignPrice } from '../prices/foreign-price.ts'
import { formatRate } from '../prices/write-prices.ts'
import type { CommandContext } from './command-context.ts'
import { formatTable } from './format-table.ts'
import { readConfig } from './options.ts'
import { modelFilter, parseVendor, readPricesFrom } from './price-options.ts'
import { vendorsOfConfig } from './vendors-of-config.ts'

interface DiffOptions {
  readonly provider?: string
  readonly model?: string
  readonly config?: string
  readonly json?: boolean
}

export function addPricesDiffCommand(prices: Command, context: CommandContext): void {
  prices
    .command('diff')
    .description("Compare a price list with the one that comes with Tollgate, or with -c with your prices: LiteLLM's model_prices_and_context_window.json or a pricing file of Portkey's.")
    .argument('<file>', 'the other list; the name of a file of Portkey tells whose prices it has (openai.json)')
    .option('--provider <vendor>', 'only the prices of this vendor', parseVendor)
    .option('--model <pattern>', 'only models with this name; * stands for any characters')
    .option('-c, --config <file>', 'only the models of this configuration, as it charges them')
    .option('--json', 'print the differences as JSON')
    .action(async (file: string, options: DiffOptions) => diffPrices(file, options, context))
}

interface Compared {
  readonly provider: string
  readonly model: string
  readonly differences: readonly PriceDifference[]
}

async function diffPrices(path: string, options: DiffOptions, context: CommandContext): Promise<void> {
  const file = await readPricesFrom(path)
  const isWanted = modelFilter(options.model)
  const wanted = file.prices.filter(({ vendor, model }) => isWanted(model) && (options.provider === undefined || vendor === options.provider))
  const compared = options.config === undefined ? compareWithLists(wanted) : await compareWithConfig(wanted, options.config, context)
  const different = compared.filter(({ differences }) => differences.length > 0)
  if (options.json === true) {
    const shown = different.flatMap(({ provider, model, differences }) =>
      differences.map(({ unit, above, ours, theirs }) => ({ provider, model, price: unit, ...(above === -1 ? {} : { above }), ours: formatRate(unit, ours), theirs: formatRate(unit, theirs) })),
    )
    context.stdout(`${JSON.stringify(shown, undefined, 2)}\n`)
    return
  }
  const rows = different.flatMap(({ provider, model, differences }) =>
    differences.map(({ unit, above, ours, theirs }) => [provider, model, above === -1 ? unit : `${unit} above ${above}`, formatRate(unit, ours), formatRate(unit, theirs), change(ours, theirs)]),
  )
  if (rows.length > 0) context.stdout(formatTable([['PROVIDER', 'MODEL', 'PRICE', 'OURS', 'THEIRS', 'CHANGE'], ...rows], { right: [3, 4, 5] }))
  const unknown = wanted.length - compared.length
  context.stderr(
    `${file.kind}: ${compared.length} models on both lists, ${different.length} of them with other prices${unknown === 0 ? '' : `; ${unknown} only on theirs`}${file.skipped === 0 ? '' : `; ${file.skipped} without a price per token`}.\n`,
  )
}

function compareWithLists(prices: readonly ForeignPrice[]): Compared[] {
  return prices.flatMap((price) => {
    const listed = price.vendor === undefined ? undefined : findListed(price.vendor, price.model)
    return listed === undefined || price.vendor === undefined ? [] : [{ provider: price.vendor, model: price.model, differences: differences(listed.price, price) }]
  })
}

async function compareWithConfig(prices: readonly ForeignPrice[], path: string, context: CommandContext): Promise<Compared[]> {
  const config = await readConfig(path, context)
  return vendorsOfConfig(config).flatMap(({ provider, model, vendor }) => {
    const theirs = prices.find((price) => price.vendor === vendor && price.model.toLowerCase() === model.toLowerCase())
    const ours = config.prices.find({ provider, model })
    return theirs === undefined || ours === undefined ? [] : [{ provider, model, differences: differences(ours.price, theirs) }]
  })
}

function differences(ours: ModelPrice, theirs: ForeignPrice): PriceDifference[] {
  return comparePrices(selectList(ours, systemClock.now())?.steps ?? [], theirs.steps)
}

function change(ours: number, theirs: number): string {
  if (ours === 0) return 'new'
  const percent = Math.round(((theirs - ours) / ours) * 1000) / 10
  return `${percent > 0 ? '+' : ''}${percent} %`
}
