// Step 3: who may be asked, in which order. A provider that cannot be called is left out here, because the attempt stage can no longer move on.

import type { ChainStep, ModelConfig, RuntimeConfig } from '../config/runtime-config.ts'
import { TollgateError } from '../core/errors.ts'
import type { Format } from '../formats/format.ts'
import { attemptStageNeed } from '../providers/attempt-stage.ts'
import { providerApis } from '../providers/index.ts'
import type { ProviderCredentials } from '../credentials/provider-credentials.ts'

export interface ChainInput {
  readonly config: RuntimeConfig
  readonly model: ModelConfig
  readonly format: Format
  readonly credentials: ProviderCredentials
}

/** Never empty. Throws TollgateError: `format_not_served` when no provider of the model speaks the format, `no_provider` when none of those has a credential. */
export function selectChain({ config, model, format, credentials }: ChainInput): readonly ChainStep[] {
  const speaking = model.chain.filter((step) => providerApis[step.provider.api].calls.get(format.name)?.dialect === undefined && providerApis[step.provider.api].calls.has(format.name))
  if (speaking.length === 0) {
    const apis = [...new Set(model.chain.map((step) => step.provider.api))].join(', ')
    throw new TollgateError(
      'format_not_served',
      `The model ${model.clientModel} is served through the ${apis} API, which does not take ${format.paths[0] ?? format.name}. Use that API's own endpoint, or another model.`,
    )
  }
  const callable = speaking.filter((step) => isCallable(config, step, credentials))
  if (callable.length === 0) {
    throw new TollgateError('no_provider', `No provider of the model ${model.clientModel} can be called: their credentials are missing. The operator of this gateway must set them.`)
  }
  return callable
}

// Where Envoy injects the credential by itself, this process need not have it.
function isCallable(config: RuntimeConfig, step: ChainStep, credentials: ProviderCredentials): boolean {
  return attemptStageNeed(config, step.provider) === 'none' || credentials.usable(step.provider)
}
