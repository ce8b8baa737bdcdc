// `tollgate prices import`: somebody else's price list as a `prices:` section for tollgate.yaml.

import { writeFile } from 'node:fs/promises'
import type { Command } from 'commander'
import type { ForeignPrice, PriceFile } from '../prices/foreign-price.ts'
import { type WrittenModel, writePrices } from '../prices/write-prices.ts'
import type { CommandContext } from './command-context.ts'
import { CommandError } from './command-error.ts'
import { addConfigOption, type ConfigOption, readConfig } from './options.ts'
import { modelFilter, readPricesFrom } from './price-options.ts'
import { vendorsOfConfig } from './vendors-of-config.ts'

interface ImportOptions extends ConfigOption {
  readonly as?: string
  readonly model?: string
  readonly output?: string
}

export function addPricesImportCommand(prices: Command, context: CommandContext): void {
  const command = prices
    .command('import')
    .description("Turn LiteLLM's or Portkey's prices into a prices section: those of the models in your configuration, or with --as all of a vendor.")
    .argument('<file>', "LiteLLM's model_prices_and_context_window.json or a pricing file of Portkey's")
  addConfigOption(command)
  command
    .option('--as <vendor=provider>', 'all models of this vendor (as the file calls it), for this provider of yours; no configuration is read')
    .option('--model <pattern>', 'only models with this name; * stands for any characters')
    .option('-o, --output <file>', 'where to write; standard output unless given')
    .action(async (file: string, options: ImportOptions) => importPrices(file, options, context))
}

async function importPrices(path: string, options: ImportOptions, context: CommandContext): Promise<void> {
  const file = await readPricesFrom(path)
  const isWanted = modelFilter(options.model)
  const models = (options.as === undefined ? await ofConfig(file, options.config, context) : ofVendor(file, options.as)).filter(({ model }) => isWanted(model))
  if (models.length === 0) throw new CommandError(`${path} has no price for ${options.as === undefined ? `any model that ${options.config} asks for` : 'such a model'}; nothing was written.`)
  const text = `# Imported from ${file.kind} with tollgate prices import\n${writePrices(models)}`
  if (options.output === undefined) context.stdout(text)
  else await writeOutput(options.output, text)
  context.stderr(`${models.length} models${options.output === undefined ? '' : ` written to ${options.output}`}. Put the section into tollgate.yaml; where it is, the prices that come with Tollgate no longer hold.\n`)
}

async function ofConfig(file: PriceFile, path: string, context: CommandContext): Promise<WrittenModel[]> {
  const config = await readConfig(path, context)
  return vendorsOfConfig(config).flatMap(({ provider, model, vendor }) => {
    const found = file.prices.find((price) => vendor !== undefined && price.vendor === vendor && price.model.toLowerCase() === model.toLowerCase())
    return found === undefined ? [] : [{ provider, model, steps: found.steps }]
  })
}

function ofVendor(file: PriceFile, written: string): WrittenModel[] {
  const [vendor = '', provider = '', ...rest] = written.split('=')
  if (vendor === '' || provider === '' || rest.length > 0) throw new CommandError('--as takes a vendor and a provider of yours, such as groq=fast.', 2)
  const isOf = (price: ForeignPrice): boolean => price.foreignVendor === vendor || price.vendor === vendor
  if (!file.prices.some(isOf)) throw new CommandError(`The file has no prices of ${vendor}. It has those of ${[...new Set(file.prices.map((price) => price.foreignVendor))].join(', ')}.`, 2)
  // One of a name is enough: LiteLLM has the models of a cloud again for each of its regions.
  return [...new Map(file.prices.filter(isOf).map(({ model, steps }) => [model, { provider, model, steps }])).values()]
}

async function writeOutput(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text)
  } catch (cause) {
    throw new CommandError(`${path} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`, 1, { cause })
  }
}
