// Step 3: who may be asked, in which order. A provider that cannot be called is left out here, because the attempt stage can no longer move on.

import type { ModelConfig, RuntimeConfig } from '../config/runtime-config.ts'
import { TollgateError } from '../core/errors.ts'
import type { Format } from '../formats/format.ts'
import { attemptStageNeed } from '../providers/attempt-stage.ts'
import { type PlannedStep, planChain } from '../providers/plan-chain.ts'
import type { ProviderCredentials } from '../credentials/provider-credentials.ts'

export interface ChainInput {
  readonly config: RuntimeConfig
  readonly model: ModelConfig
  readonly format: Format
  readonly credentials: ProviderCredentials
}

/** Never empty. Throws TollgateError: `format_not_served` when no provider of the model speaks the format, `no_provider` when none of those has a credential. */
export function selectChain({ config, model, format, credentials }: ChainInput): readonly PlannedStep[] {
  const speaking = planChain(model, format.name)
  if (speaking.length === 0) {
    const apis = [...new Set(model.chain.map((step) => step.provider.api))].join(', ')
    throw new TollgateError(
      'format_not_served',
      `The model ${model.clientModel} is served through the ${apis} API, which has no such call as ${format.paths[0] ?? format.name}. Ask another model.`,
    )
  }
  const callable = speaking.filter((step) => isCallable(config, step, credentials))
  if (callable.length === 0) {
    throw new TollgateError('no_provider', `No provider of the model ${model.clientModel} can be called: their credentials are missing. The operator of this gateway must set them.`)
  }
  return callable
}

// Where Envoy injects the credential by itself, this process need not have it.
function isCallable(config: RuntimeConfig, step: PlannedStep, credentials: ProviderCredentials): boolean {
  return (step.stage === 'plain' && attemptStageNeed(config, step.provider) === 'none') || credentials.usable(step.provider)
}
