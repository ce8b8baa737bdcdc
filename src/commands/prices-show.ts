// `tollgate prices show`: everything that is known of the price of one model.

import type { Command } from 'commander'
import { findListed, listModels, vendorIds } from '../prices/catalogue.ts'
import type { ModelPrice, PriceStep, Validity } from '../prices/model-price.ts'
import type { PriceSource } from '../prices/price-book.ts'
import { callUnits, units } from '../prices/units.ts'
import { formatRate } from '../prices/write-prices.ts'
import type { CommandContext } from './command-context.ts'
import { CommandError } from './command-error.ts'
import { formatTable } from './format-table.ts'
import { readConfig } from './options.ts'
import { modelFilter, parseVendor } from './price-options.ts'
import { describeRates } from './prices-list.ts'

interface ShowOptions {
  readonly provider?: string
  readonly config?: string
  readonly json?: boolean
}

/** A price and where it was found. */
interface ShownPrice {
  readonly provider: string
  readonly model: string
  readonly from: string
  readonly price: ModelPrice
}

export function addPricesShowCommand(prices: Command, context: CommandContext): void {
  prices
    .command('show')
    .description('Show all prices of a model: on the lists, or with -c as a configuration charges it.')
    .argument('<model>', 'its name; with -c the name that clients use')
    .option('--provider <vendor>', 'only on the list of this vendor', parseVendor)
    .option('-c, --config <file>', 'the prices of this configuration, your own among them')
    .option('--json', 'print the prices as JSON')
    .action(async (model: string, options: ShowOptions) => showPrices(model, options, context))
}

async function showPrices(model: string, options: ShowOptions, context: CommandContext): Promise<void> {
  const found = options.config === undefined ? listedPrices(model, options.provider) : await configuredPrices(model, options.config, context)
  if (found.length === 0) throw new CommandError(nothingFound(model, options))
  if (options.json === true) {
    const shown = found.map(({ price, ...rest }) => ({ ...rest, lists: price.map(({ validity, steps }) => ({ valid: describeValidity(validity), steps: steps.map(({ above, rates }) => ({ ...(above === -1 ? {} : { above }), ...describeRates(rates) })) })) }))
    context.stdout(`${JSON.stringify(shown, undefined, 2)}\n`)
    return
  }
  context.stdout(found.map(({ provider, model: name, from, price }) => `${name} at ${provider} (${from})\n${price.map(({ validity, steps }) => describeList(validity, steps, price.length === 1)).join('')}`).join('\n'))
}

function listedPrices(model: string, vendor: string | undefined): ShownPrice[] {
  return vendorIds
    .filter((id) => vendor === undefined || id === vendor)
    .flatMap((id) => {
      const listed = findListed(id, model)
      return listed === undefined ? [] : [{ provider: id, model, from: `listed as ${listed.model}`, price: listed.price }]
    })
}

async function configuredPrices(model: string, path: string, context: CommandContext): Promise<ShownPrice[]> {
  const config = await readConfig(path, context)
  const configured = config.models.get(model)
  if (configured === undefined) throw new CommandError(`${path} has no model ${JSON.stringify(model)}. It has ${[...config.models.keys()].join(', ')}.`)
  return configured.chain.flatMap(({ provider, upstreamModel }) => {
    const found = config.prices.find({ provider: provider.name, model: upstreamModel })
    return found === undefined ? [] : [{ provider: provider.name, model: upstreamModel, from: describeSource(found.source, path), price: found.price }]
  })
}

function describeSource(source: PriceSource, path: string): string {
  return source.kind === 'own' ? `from ${path}` : `on the list of ${source.vendor} as ${source.model}`
}

function nothingFound(model: string, { provider, config }: ShowOptions): string {
  if (config !== undefined) return `No provider of ${model} has a known price. Set one in ${config}, under price of the provider or under prices.`
  const isNear = modelFilter(`*${model}*`)
  const near = listModels(provider).filter((listed) => isNear(listed.model)).slice(0, 5)
  const hint = near.length === 0 ? 'tollgate prices list shows what there is.' : `Did you mean ${near.map((listed) => listed.model).join(', ')}?`
  return `No price of ${JSON.stringify(model)} is known${provider === undefined ? '' : ` at ${provider}`}. ${hint}`
}

function describeList(validity: Validity, steps: readonly PriceStep[], isOnly: boolean): string {
  const named = units.filter((unit) => steps.some(({ rates }) => rates[unit] !== undefined))
  const heading = ['', ...steps.map(({ above }) => (above === -1 ? '' : `above ${above.toLocaleString('en-US')} input tokens`))]
  const rows = named.map((unit) => [
    `  ${unit}`,
    ...steps.map(({ rates }) => {
      const rate = rates[unit]
      return rate === undefined ? '' : `$${formatRate(unit, rate)} per ${callUnits.has(unit) ? 'call' : 'million'}`
    }),
  ])
  const valid = validity.kind === 'always' ? 'at all other times' : describeValidity(validity)
  return `${isOnly ? '' : `  ${valid}:\n`}${named.length === 0 ? '  free\n' : formatTable(steps.length === 1 ? rows : [heading, ...rows])}`
}

function describeValidity(validity: Validity): string {
  switch (validity.kind) {
    case 'always':
      return 'always'
    case 'from':
      return `from ${new Date(validity.fromMs).toISOString().slice(0, 10)}`
    case 'daily':
      return `daily ${clock(validity.startSeconds)}–${clock(validity.endSeconds)} UTC`
  }
}

function clock(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(11, 16)
}
