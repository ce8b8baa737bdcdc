// What the commands about prices share: whose prices, of which models, and from which file.

import { readFile } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import { InvalidArgumentError } from 'commander'
import { vendorIds } from '../prices/catalogue.ts'
import type { PriceFile } from '../prices/foreign-price.ts'
import { createPattern } from '../core/star-pattern.ts'
import { readPriceFile } from '../prices/price-file.ts'
import { CommandError } from './command-error.ts'

/** A vendor that has a price list. */
export function parseVendor(text: string): string {
  if (vendorIds.includes(text)) return text
  throw new InvalidArgumentError(`There is no price list of ${JSON.stringify(text)}. There are lists of ${vendorIds.join(', ')}.`)
}

/** Names are compared without regard to case, as price lists do; `*` stands for any characters. */
export function modelFilter(pattern: string | undefined): (model: string) => boolean {
  if (pattern === undefined) return () => true
  const matches = createPattern(pattern.toLowerCase())
  return (model) => matches(model.toLowerCase())
}

/** Reads LiteLLM's or Portkey's prices. Throws CommandError for a file that is neither. */
export async function readPricesFrom(path: string): Promise<PriceFile> {
  let json: unknown
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new CommandError(`${path} cannot be read: ${cause instanceof Error && 'code' in cause && cause.code === 'ENOENT' ? 'no such file' : String(cause)}.`, 1, { cause })
  })
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw new CommandError(`${path} cannot be read as JSON: ${cause instanceof Error ? cause.message : String(cause)}`, 1, { cause })
  }
  const file = readPriceFile({ json, name: basename(path, extname(path)) })
  if (file !== undefined) return file
  throw new CommandError(
    `${path} is no list of prices that is known here: LiteLLM's model_prices_and_context_window.json (models with "litellm_provider") or a file of Portkey's (models with "pricing_config").`,
  )
}
