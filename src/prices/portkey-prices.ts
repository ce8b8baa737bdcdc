// Portkey's pricing files (github.com/Portkey-AI/models, pricing/): one per vendor, model → cents per token.

import { isObject } from '../core/is-object.ts'
import { scaleDecimal } from '../core/money.ts'
import { vendorOfForeign } from './foreign-vendors.ts'
import type { Rates } from './model-price.ts'
import type { ForeignPrice, PriceFile } from './foreign-price.ts'
import type { Unit } from './units.ts'

const UNITS: Readonly<Record<string, Unit>> = {
  request_token: 'input',
  response_token: 'output',
  cache_read_input_token: 'cached_input',
  cache_write_input_token: 'cache_creation',
  request_audio_token: 'input_audio',
  response_audio_token: 'output_audio',
  cache_read_audio_input_token: 'cached_input_audio',
}
/** Under `additional_units`. */
const ADDITIONAL: Readonly<Record<string, Unit>> = { thinking_token: 'reasoning', cache_write_1h: 'cache_creation_1h', web_search: 'web_search' }

/** A cent is 1e10 pico-dollars. */
const CENT_POWER = 10

/** `name`: that of the file, which is the only place where the vendor stands. */
export function readPortkeyPrices(json: Readonly<Record<string, unknown>>, name: string): Pick<PriceFile, 'prices' | 'skipped'> {
  const vendor = vendorOfForeign(name)
  const prices: ForeignPrice[] = []
  let skipped = 0
  for (const [model, entry] of Object.entries(json)) {
    if (model === 'default' || !isObject(entry)) continue
    const config = isObject(entry['pricing_config']) ? entry['pricing_config'] : {}
    const rates = isObject(config['pay_as_you_go']) && (config['currency'] ?? 'USD') === 'USD' ? readRates(config['pay_as_you_go']) : undefined
    if (rates === undefined) skipped += 1
    else prices.push({ vendor, foreignVendor: name, model, steps: [{ above: -1, rates }] })
  }
  return { prices, skipped }
}

function readRates(written: Readonly<Record<string, unknown>>): Rates | undefined {
  const rates: Partial<Record<Unit, number>> = {}
  const additional = isObject(written['additional_units']) ? written['additional_units'] : {}
  for (const [units, values] of [[UNITS, written], [ADDITIONAL, additional]] as const) {
    for (const [key, unit] of Object.entries(units)) {
      const rate = readPrice(values[key])
      // It fills in zeros for what a model does not have; only its input and output may really be free.
      if (rate !== undefined && (rate > 0 || unit === 'input' || unit === 'output')) rates[unit] = rate
    }
  }
  const { input, output } = rates
  return input === undefined || output === undefined || (input === 0 && output === 0) ? undefined : rates
}

function readPrice(value: unknown): number | undefined {
  const price = isObject(value) ? value['price'] : undefined
  return typeof price === 'number' || typeof price === 'string' ? scaleDecimal(String(price), CENT_POWER)?.value : undefined
}
