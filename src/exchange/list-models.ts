// GET /v1/models, answered from the configuration in the client's dialect.
// Shapes: platform.openai.com "List models"; docs.anthropic.com "List Models".

import { mayUseModel, refuseModel } from '../callers/allowed-models.ts'
import type { Caller } from '../callers/caller.ts'
import type { ModelConfig, RuntimeConfig } from '../config/runtime-config.ts'
import { TollgateError } from '../core/errors.ts'
import type { ErrorStyle } from '../formats/format.ts'
import { shorten } from './select-endpoint.ts'

/** `model` undefined: the list of what the caller may use; else that one. Throws TollgateError `model_not_found`, `model_not_allowed`. */
export function listModels(config: RuntimeConfig, caller: Caller, { style, model }: { readonly style: ErrorStyle; readonly model: string | undefined }): Buffer {
  if (model !== undefined) {
    const found = config.models.get(model)
    if (found === undefined) throw new TollgateError('model_not_found', `The model ${JSON.stringify(shorten(model))} does not exist here.`, { param: 'model' })
    refuseModel(caller, found.clientModel)
    return toBody(style === 'openai' ? openaiModel(found) : anthropicModel(found))
  }
  const models = [...config.models.values()].filter((each) => mayUseModel(caller, each.clientModel))
  if (style === 'openai') return toBody({ object: 'list', data: models.map(openaiModel) })
  const names = models.map((each) => each.clientModel)
  return toBody({ data: models.map(anthropicModel), has_more: false, first_id: names[0] ?? null, last_id: names.at(-1) ?? null })
}

// The configuration does not say when a model was made; 0 is the honest date.
function openaiModel(model: ModelConfig): object {
  return { id: model.clientModel, object: 'model', created: 0, owned_by: model.ownedBy }
}

function anthropicModel(model: ModelConfig): object {
  return { type: 'model', id: model.clientModel, display_name: model.clientModel, created_at: '1970-01-01T00:00:00Z' }
}

function toBody(value: object): Buffer {
  return Buffer.from(JSON.stringify(value))
}
