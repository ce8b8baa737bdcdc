// The models that a configuration asks for, with whose price list they belong to: what joins tollgate.yaml with lists of others.

import type { RuntimeConfig } from '../config/runtime-config.ts'

export interface AskedModel {
  /** The provider's name in the configuration. */
  readonly provider: string
  /** The model it is asked for. */
  readonly model: string
  /** Undefined when the provider is on nobody's list. */
  readonly vendor: string | undefined
}

/** Each pair of provider and model once, in the order of the file. */
export function vendorsOfConfig({ models, prices }: RuntimeConfig): AskedModel[] {
  const asked = new Map<string, AskedModel>()
  for (const { chain } of models.values()) {
    for (const { provider, upstreamModel } of chain) {
      const { name } = provider
      asked.set(JSON.stringify([name, upstreamModel]), { provider: name, model: upstreamModel, vendor: prices.vendorOf(name) })
    }
  }
  return [...asked.values()]
}
