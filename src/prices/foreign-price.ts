// A price list of somebody else, in our units.

import type { PriceStep } from './model-price.ts'

export interface ForeignPrice {
  /** Our name of the vendor; undefined for one whose lists we do not have. */
  readonly vendor: string | undefined
  /** As the file calls the vendor. */
  readonly foreignVendor: string
  readonly model: string
  /** Only units that the file names; ascending. */
  readonly steps: readonly PriceStep[]
}

export interface PriceFile {
  readonly kind: 'LiteLLM' | 'Portkey'
  readonly prices: readonly ForeignPrice[]
  /** Models without a price per token, such as pictures and speech by the piece. */
  readonly skipped: number
}
