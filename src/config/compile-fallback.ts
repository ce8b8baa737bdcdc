// fallback:, cool_down: and allow_provider_choice: → when the next provider is asked, who is left out, and who may choose.

import type { z } from 'zod'
import { hasOneOrder } from '../providers/chain-orders.ts'
import { possibleChains } from '../providers/possible-chains.ts'
import { callerAttributes, whyNotAttribute } from './compile-callers.ts'
import type { Draft } from './draft.ts'
import type { CallerSource, CoolDownSettings, FallbackPolicy, ProviderChoice, RuntimeConfig } from './runtime-config.ts'
import { coolDownSchema, defaultConditions, fallbackSchema, modelFallbackSchema, providerChoiceSchema } from './schema-fallback.ts'
import type { Path } from './yaml-source.ts'

type Fields = z.output<typeof fallbackSchema>

export function compileFallback(draft: Draft): FallbackPolicy {
  return policy(draft, ['fallback'], draft.pick(['fallback'], fallbackSchema) ?? {}, {})
}

/** Undefined when the model says nothing of its own. */
export function compileModelFallback(draft: Draft, clientModel: string): FallbackPolicy | undefined {
  const path: Path = ['models', clientModel, 'fallback']
  const own = draft.pick(path, modelFallbackSchema)
  return own === undefined ? undefined : policy(draft, path, own, draft.pick(['fallback'], fallbackSchema) ?? {})
}

function policy(draft: Draft, path: Path, own: Fields, general: Fields): FallbackPolicy {
  const on = new Set(own.on ?? general.on ?? defaultConditions)
  const perTryTimeoutMs = own.per_try_timeout ?? general.per_try_timeout
  const perTryIdleTimeoutMs = own.per_try_idle_timeout ?? general.per_try_idle_timeout
  if (on.has('no_host') && !on.has('connect_failure') && !on.has('reset')) {
    draft.problem([...path, 'on'], 'allowed: no_host together with connect_failure, because Envoy only moves on from a provider without hosts as from a refused connection', 'key')
  }
  const timeout = own.per_try_timeout !== undefined ? 'per_try_timeout' : own.per_try_idle_timeout !== undefined ? 'per_try_idle_timeout' : undefined
  if (timeout !== undefined && !on.has('reset')) {
    draft.warn([...path, timeout], 'after which the client gets a 504 and no other provider is asked, because Envoy counts it as a reset; add reset to the list in on')
  }
  return {
    statuses: [...on].filter((condition) => typeof condition === 'number').toSorted((a, b) => a - b),
    serverErrors: on.has('5xx'),
    connectFailure: on.has('connect_failure') || on.has('reset'),
    noHost: on.has('no_host'),
    reset: on.has('reset'),
    perTryTimeoutMs,
    perTryIdleTimeoutMs,
  }
}

export function compileCoolDown(draft: Draft): CoolDownSettings | undefined {
  const written = draft.pick(['cool_down'], coolDownSchema.prefault({}))
  if (written === undefined || written === 'off') return undefined
  return { maxMs: written.max, failures: written.failures, pauseMs: written.pause }
}

/** Who may choose the providers of this model: what it says itself, else what the configuration says. */
export function compileProviderChoice(draft: Draft, clientModel: string): ProviderChoice {
  const own = draft.pick(['models', clientModel, 'allow_provider_choice'], providerChoiceSchema)
  const allowed = own ?? draft.pick(['allow_provider_choice'], providerChoiceSchema) ?? false
  if (allowed === false) return undefined
  return new Map(allowed === true ? [] : Object.entries(allowed))
}

/** Each takes memory in Envoy, with its own filters and statistics; more than this is nobody's intention. */
const MAX_CHAIN_CLUSTERS = 1000

/** Before 1.40, Envoy needs a cluster for every order in which providers may be asked. */
export function checkChainCount(draft: Draft, { models, envoy }: Pick<RuntimeConfig, 'models' | 'envoy'>): void {
  const reordered = [...models.values()].filter((model) => !hasOneOrder(model))
  if (envoy.version === '1.40' || reordered.length === 0) return
  const count = possibleChains({ models }).size
  if (count <= MAX_CHAIN_CLUSTERS) return
  const largest = reordered.toSorted((a, b) => possibleChains({ models: new Map([['', b]]) }).size - possibleChains({ models: new Map([['', a]]) }).size)[0]
  const why = `weights and allow_provider_choice need ${count} Envoy clusters before Envoy 1.40, one for each order of providers, allowed: ${MAX_CHAIN_CLUSTERS}`
  draft.problem(['models', largest?.clientModel ?? '', 'providers'], `${why}; use Envoy 1.40, shorter chains, or fewer models with them`, 'key')
}

/** An attribute that no caller can have would let nobody choose. */
export function checkProviderChoice(draft: Draft, callers: readonly CallerSource[]): void {
  const known = callerAttributes(callers)
  for (const path of [['allow_provider_choice'], ...draft.keys(['models']).map((model): Path => ['models', model, 'allow_provider_choice'])]) {
    for (const attribute of draft.keys(path)) {
      const reason = whyNotAttribute(attribute, known)
      if (reason !== undefined) draft.problem([...path, attribute], reason, 'key')
    }
  }
}
