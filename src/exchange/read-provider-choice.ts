// x-tollgate-providers: a caller chooses who is asked, in which order, among the providers of the model. Only names are read from it: no way
// leads from this header to another host.

import type { Caller } from '../callers/caller.ts'
import type { ChainStep, ModelConfig } from '../config/runtime-config.ts'
import { TollgateError } from '../core/errors.ts'
import type { Headers } from '../core/headers.ts'
import { shorten } from './select-endpoint.ts'

const CHOICE_HEADER = 'x-tollgate-providers'

export interface ChoiceInput {
  /** A model whose configuration lets somebody choose. */
  readonly model: ModelConfig
  readonly headers: Headers
  readonly caller: Pick<Caller, 'attributes'>
}

/** The chosen steps in order, at least one; undefined when the header is not there. Throws TollgateError: `provider_choice_denied`, `malformed_request`. */
export function readProviderChoice({ model, headers, caller }: ChoiceInput): readonly ChainStep[] | undefined {
  if (!headers.has(CHOICE_HEADER)) return undefined
  if (headers.count(CHOICE_HEADER) > 1) throw new TollgateError('malformed_request', `The header ${CHOICE_HEADER} occurs more than once. Send it once, with the names separated by commas.`)
  for (const [attribute, value] of model.providerChoice ?? []) {
    if (caller.attributes.get(attribute) === value) continue
    throw new TollgateError('provider_choice_denied', `You may not choose the providers of the model ${model.clientModel}. Send no ${CHOICE_HEADER}.`)
  }
  const names = (headers.get(CHOICE_HEADER) ?? '').split(',').map((name) => name.trim())
  const chosen = names.map((name) => findStep(model, name))
  if (new Set(chosen).size < chosen.length) throw new TollgateError('malformed_request', `The header ${CHOICE_HEADER} names a provider twice.`)
  return chosen
}

function findStep(model: ModelConfig, name: string): ChainStep {
  const step = model.chain.find(({ provider }) => provider.name === name)
  if (step !== undefined) return step
  const known = model.chain.map(({ provider }) => provider.name).join(', ')
  throw new TollgateError('malformed_request', `The header ${CHOICE_HEADER} names ${JSON.stringify(shorten(name))}, which does not serve the model ${model.clientModel}. Choose from: ${known}.`)
}
