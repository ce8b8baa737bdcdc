// Step 2: which model is this request for? One canonical name comes out, or an error that lists what is known.

import { mayUseModel, refuseModel } from '../callers/allowed-models.ts'
import type { Caller } from '../callers/caller.ts'
import type { HeaderRoute, ModelConfig, RuntimeConfig } from '../config/runtime-config.ts'
import { TollgateError } from '../core/errors.ts'
import type { Headers } from '../core/headers.ts'
import { shorten } from './select-endpoint.ts'

/** The header that names the model when the body does not (Envoy AI Gateway's name for it). */
export const MODEL_HEADER = 'x-ai-eg-model'

/** Models named in an error message; the rest is counted. */
const MAX_MODELS_LISTED = 20

export interface ModelWish {
  readonly headers: Headers
  readonly bodyModel: string | undefined
  readonly caller: Caller
}

export interface SelectedModel {
  readonly model: ModelConfig
  /** Name of the header route that chose it; undefined when none did, or one without a name. */
  readonly route: string | undefined
}

/**
 * A matching route decides whatever the body says; else the body, else the header, else `default_model`. Whichever it is, the caller must
 * be allowed to use it. Throws TollgateError: `model_not_found`, `model_not_allowed`, `model_missing`, `malformed_request` (repeated header).
 */
export function selectModel(config: RuntimeConfig, { headers, bodyModel, caller }: ModelWish): SelectedModel {
  const routed = config.routes.find((route) => matches(route, headers))
  const name = routed?.clientModel ?? bodyModel ?? headerModel(headers) ?? config.defaultModel
  if (name === undefined) {
    throw new TollgateError('model_missing', `No model: the request names none and this gateway has no default. ${listModels(config, caller)}`, { param: 'model' })
  }
  const model = config.models.get(name)
  if (model === undefined) {
    throw new TollgateError('model_not_found', `The model ${JSON.stringify(shorten(name))} does not exist here. ${listModels(config, caller)}`, { param: 'model' })
  }
  refuseModel(caller, model.clientModel)
  return { model, route: routed?.name }
}

function headerModel(headers: Headers): string | undefined {
  if (headers.count(MODEL_HEADER) > 1) throw new TollgateError('malformed_request', `The header ${MODEL_HEADER} occurs more than once. Send it once.`)
  const value = headers.get(MODEL_HEADER)?.trim()
  return value === '' ? undefined : value
}

// A repeated header never matches: it would be for Envoy's route matcher to join and for us to guess.
function matches(route: HeaderRoute, headers: Headers): boolean {
  for (const [name, value] of route.headers) {
    if (headers.count(name) !== 1 || headers.get(name) !== value) return false
  }
  return true
}

function listModels(config: RuntimeConfig, caller: Caller): string {
  const names = [...config.models.keys()].filter((name) => mayUseModel(caller, name))
  const rest = names.length - MAX_MODELS_LISTED
  if (names.length === 0) return 'There is no model that you may use.'
  return `Known models: ${names.slice(0, MAX_MODELS_LISTED).join(', ')}${rest > 0 ? ` and ${rest} more (GET /v1/models)` : ''}.`
}
