// Step 3: who may be asked, in which order. Who cannot be called is left out here, because the attempt stage can no longer move on; who wants
// to be left alone for a while, too, unless nobody else is left. The first one is drawn where the configuration gives weights.

import type { Caller } from '../callers/caller.ts'
import type { ChainStep, ModelConfig, RuntimeConfig } from '../config/runtime-config.ts'
import { TollgateError } from '../core/errors.ts'
import type { Headers } from '../core/headers.ts'
import type { Format } from '../formats/format.ts'
import { attemptStageNeed } from '../providers/attempt-stage.ts'
import { hasWeights, orderFrom } from '../providers/chain-orders.ts'
import { type PlannedStep, planChain, planOrder } from '../providers/plan-chain.ts'
import type { ProviderCredentials } from '../credentials/provider-credentials.ts'
import type { CoolDowns } from './cool-down.ts'
import { readProviderChoice } from './read-provider-choice.ts'

export interface ChainInput {
  readonly config: RuntimeConfig
  readonly model: ModelConfig
  readonly format: Format
  readonly headers: Headers
  readonly caller: Pick<Caller, 'attributes'>
  readonly credentials: ProviderCredentials
  readonly coolDowns: Pick<CoolDowns, 'find'>
  /** 0 … 1, without 1. */
  readonly random: () => number
}

export interface SelectedChain {
  /** Never empty. */
  readonly steps: readonly PlannedStep[]
  /** Who serves the model and was not asked, and why, for the log: `openai (429, 12 s)`. */
  readonly leftOut: readonly string[]
}

const NOBODY: readonly string[] = []

/**
 * Throws TollgateError: `format_not_served` when no provider of the model speaks the format, `no_provider` when none of those has a credential,
 * and what a wrong x-tollgate-providers deserves.
 */
export function selectChain(input: ChainInput): SelectedChain {
  const { model, format } = input
  const chosen = model.providerChoice === undefined ? undefined : readProviderChoice(input)
  const serving = chosen === undefined ? planChain(model, format.name) : planOrder(chosen, format.name)
  if (serving.length === 0) throw notServed(input, chosen)
  const callable = keep(serving, (step) => isCallable(input.config, step, input.credentials))
  if (callable.length === 0) {
    throw new TollgateError('no_provider', `No provider of the model ${model.clientModel} can be called: their credentials are missing. The operator of this gateway must set them.`)
  }
  const rested = keep(callable, ({ provider }) => input.coolDowns.find(provider.name) === undefined)
  const allowed = rested.length > 0 ? rested : fromTheSoonest(callable, input.coolDowns)
  const leftOut = allowed.length === serving.length ? NOBODY : serving.filter((step) => !allowed.includes(step)).map((step) => describe(step, input))
  if (chosen !== undefined) return { steps: allowed.length === serving.length ? serving : planOrder(allowed.map(stepOf(chosen)), format.name), leftOut }
  return { steps: hasWeights(model) && rested.length > 0 ? drawFirst(input, allowed) : allowed, leftOut }
}

/** The same list where all of them pass, as nearly always: what follows from a list is worked out once for it. */
function keep(steps: readonly PlannedStep[], passes: (step: PlannedStep) => boolean): readonly PlannedStep[] {
  if (steps.every(passes)) return steps
  const kept = steps.filter(passes)
  const last = lastKept.get(steps)
  // While a provider rests, the others are the same list, too.
  if (last?.length === kept.length && last.every((step, index) => step === kept[index])) return last
  lastKept.set(steps, kept)
  return kept
}

const lastKept = new WeakMap<readonly PlannedStep[], readonly PlannedStep[]>()

/** Everybody wants to be left alone: whoever will be back first is asked, and then those behind it. */
function fromTheSoonest(steps: readonly PlannedStep[], coolDowns: Pick<CoolDowns, 'find'>): readonly PlannedStep[] {
  const remaining = steps.map(({ provider }) => coolDowns.find(provider.name)?.remainingMs ?? 0)
  return steps.slice(remaining.indexOf(Math.min(...remaining)))
}

function drawFirst({ config, model, format, credentials, random }: ChainInput, allowed: readonly PlannedStep[]): readonly PlannedStep[] {
  const total = allowed.reduce((sum, step) => sum + (step.weight ?? 0), 0)
  let left = random() * total
  const head = allowed.find((step) => step.weight !== undefined && (left -= step.weight) < 0)
  if (head === undefined || head === allowed[0]) return allowed
  const names = new Set(allowed.map(({ provider }) => provider.name))
  // Planned anew as a whole: what comes after a converted step depends on who comes first, and by that whether Envoy has the key or we must.
  return keep(planOrder(orderFrom(model, stepOf(model.chain)(head)), format.name), (step) => names.has(step.provider.name) && isCallable(config, step, credentials))
}

/** The configured step that was planned as `planned`. */
function stepOf(steps: readonly ChainStep[]): (planned: PlannedStep) => ChainStep {
  return (planned) => steps.find((step) => step.provider.name === planned.provider.name) ?? planned
}

// Where Envoy injects the credential by itself, this process need not have it.
function isCallable(config: RuntimeConfig, step: PlannedStep, credentials: ProviderCredentials): boolean {
  return (step.stage === 'plain' && attemptStageNeed(config, step.provider) === 'none') || credentials.usable(step.provider)
}

function describe({ provider }: PlannedStep, { coolDowns }: ChainInput): string {
  const coolDown = coolDowns.find(provider.name)
  return coolDown === undefined ? `${provider.name} (no credential)` : `${provider.name} (${coolDown.reason}, ${Math.ceil(coolDown.remainingMs / 1000)} s)`
}

function notServed({ model, format }: ChainInput, chosen: readonly ChainStep[] | undefined): TollgateError {
  const apis = [...new Set((chosen ?? model.chain).map((step) => step.provider.api))].join(', ')
  const advice = chosen === undefined ? 'Ask another model.' : 'Ask another model or choose other providers.'
  return new TollgateError('format_not_served', `The model ${model.clientModel} is served through the ${apis} API, which has no such call as ${format.paths[0] ?? format.name}. ${advice}`)
}
