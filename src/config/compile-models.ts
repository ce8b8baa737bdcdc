// models:, default_model: and routes: → what a client may ask for, and who serves it.

import { compileModelFallback, compileProviderChoice } from './compile-fallback.ts'
import { compileHeaders } from './compile-providers.ts'
import type { Draft } from './draft.ts'
import { didYouMean } from './nearest-name.ts'
import { whyNotRouteHeader } from './reserved-names.ts'
import type { ChainStep, HeaderRoute, ModelConfig, ProviderConfig } from './runtime-config.ts'
import { configSchema, modelSchema, routeSchema, stepSchema } from './schema.ts'
import { modelName } from './schema-names.ts'
import type { Path } from './yaml-source.ts'

/** Models with a step that is wrong are left out; their names are still known to `draft.keys`. */
export function compileModels(draft: Draft, providers: ReadonlyMap<string, ProviderConfig>): ReadonlyMap<string, ModelConfig> {
  const models = new Map<string, ModelConfig>()
  const used = new Set<string>()
  for (const clientModel of draft.keys(['models'])) {
    const path: Path = ['models', clientModel, 'providers']
    const chain: ChainStep[] = []
    const names: string[] = []
    for (let index = 0; index < draft.count(path); index += 1) {
      const step = draft.pick([...path, index], stepSchema)
      if (step === undefined) continue
      const { use, model, weight } = typeof step === 'string' ? { use: step, model: undefined, weight: undefined } : step
      const at = typeof step === 'string' ? [...path, index] : [...path, index, 'use']
      if (names.includes(use)) draft.problem(at, 'which is in this chain already; a provider occurs once per chain, so define a second one with the same url')
      else checkProviderName(draft, at, use)
      names.push(use)
      used.add(use)
      const provider = providers.get(use)
      if (provider !== undefined) chain.push({ provider, upstreamModel: model ?? clientModel, ...(weight === undefined ? {} : { weight }) })
    }
    const first = chain[0]
    const fallback = compileModelFallback(draft, clientModel)
    const providerChoice = compileProviderChoice(draft, clientModel)
    if (first === undefined || chain.length !== draft.count(path)) continue
    const own = { ...(fallback === undefined ? {} : { fallback }), ...(providerChoice === undefined ? {} : { providerChoice }) }
    models.set(clientModel, { clientModel, chain, ownedBy: first.provider.name, ...own, ...compileBounds(draft, clientModel) })
  }
  warnAboutUnused(draft, used)
  return models
}

function compileBounds(draft: Draft, clientModel: string): Pick<ModelConfig, 'downgradeTo' | 'maxOutputTokens' | 'contextTokens'> {
  const { shape } = modelSchema
  const path: Path = ['models', clientModel]
  const downgradeTo = draft.pick([...path, 'downgrade_to'], shape.downgrade_to)
  const maxOutputTokens = draft.pick([...path, 'max_output_tokens'], shape.max_output_tokens)
  const contextTokens = draft.pick([...path, 'context_tokens'], shape.context_tokens)
  return {
    ...(downgradeTo === undefined ? {} : { downgradeTo }),
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
    ...(contextTokens === undefined ? {} : { contextTokens }),
  }
}

function checkProviderName(draft: Draft, path: Path, name: string): void {
  const known = draft.keys(['providers'])
  if (known.includes(name)) return
  draft.problem(path, `which is no provider, allowed: ${listNames(known)}${didYouMean(name, known)}`)
}

function warnAboutUnused(draft: Draft, used: ReadonlySet<string>): void {
  for (const name of draft.keys(['providers'])) {
    if (!used.has(name)) draft.warn(['providers', name], 'no model names this provider, so it is never called; add it to a model or remove it', 'key')
  }
}

export function compileDefaultModel(draft: Draft): string | undefined {
  const name = draft.pick(['default_model'], configSchema.shape.default_model)
  if (name !== undefined) checkModelName(draft, ['default_model'], name)
  return name
}

/** Routes that are wrong are left out. */
export function compileRoutes(draft: Draft): readonly HeaderRoute[] {
  const routes: HeaderRoute[] = []
  for (let index = 0; index < draft.count(['routes']); index += 1) {
    const path: Path = ['routes', index]
    const clientModel = draft.pick([...path, 'model'], modelName)
    if (clientModel !== undefined) checkModelName(draft, [...path, 'model'], clientModel)
    const headers = compileHeaders(draft, [...path, 'when', 'headers'], whyNotRouteHeader)
    if (clientModel === undefined || draft.pick(path, routeSchema) === undefined) continue
    const name = compileRouteName(draft, path, routes)
    const earlier = routes.findIndex((route) => [...route.headers].every(([name, value]) => headers.get(name) === value))
    if (earlier !== -1)
      draft.warn(path, `this route never matches, because routes[${earlier}] matches whenever it would; put it before that one or remove it`, 'key')
    routes.push({ headers, clientModel, ...(name === undefined ? {} : { name }) })
  }
  return routes
}

function compileRouteName(draft: Draft, path: Path, above: readonly HeaderRoute[]): string | undefined {
  const name = draft.pick([...path, 'name'], routeSchema.shape.name)
  if (name !== undefined && above.some((route) => route.name === name)) draft.problem([...path, 'name'], 'which is already the name of a route above; choose another name')
  return name
}

function checkModelName(draft: Draft, path: Path, name: string): void {
  const known = draft.keys(['models'])
  if (known.includes(name)) return
  draft.problem(path, `which is no model, allowed: ${listNames(known)}${didYouMean(name, known)}`)
}

/** Names in one line; a long list is cut, because a terminal line is not. */
export function listNames(names: readonly string[]): string {
  const shown = names.slice(0, 12).join(', ')
  if (names.length === 0) return 'none is defined'
  return names.length > 12 ? `${shown} and ${names.length - 12} more` : shown
}
