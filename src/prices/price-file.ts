// Price lists of others: which kind a file is, and what it says, in our units. What cannot be used is counted, not guessed.

import { isObject } from '../core/is-object.ts'
import type { PriceFile } from './foreign-price.ts'
import { readLitellmPrices } from './litellm-prices.ts'
import { readPortkeyPrices } from './portkey-prices.ts'

export interface PriceFileInput {
  /** The parsed JSON. */
  readonly json: unknown
  /** What the file is called, without folder and extension: Portkey's name of the vendor. */
  readonly name: string
}

/** Undefined when it is neither LiteLLM's nor Portkey's. */
export function readPriceFile({ json, name }: PriceFileInput): PriceFile | undefined {
  if (!isObject(json)) return undefined
  const entries = Object.values(json).filter(isObject)
  if (entries.some((entry) => isObject(entry['pricing_config']))) return { kind: 'Portkey', ...readPortkeyPrices(json, name) }
  if (entries.some((entry) => 'litellm_provider' in entry)) return { kind: 'LiteLLM', ...readLitellmPrices(json) }
  return undefined
}
