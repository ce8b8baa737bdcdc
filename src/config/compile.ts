// tollgate.yaml and the files it names, as texts → RuntimeConfig, or everything that is wrong with them at once. Pure.

import { join } from 'node:path'
import { checkBudgets } from './check-budgets.ts'
import { compileAddresses, compileStore } from './compile-addresses.ts'
import { compileBudgets, longestQueueMs } from './compile-budgets.ts'
import { callerAttributes, compileCallers } from './compile-callers.ts'
import { compileCosts } from './compile-costs.ts'
import { checkDowngrades } from './check-downgrades.ts'
import { checkChainCount, checkProviderChoice, compileCoolDown, compileFallback } from './compile-fallback.ts'
import { compileLimits } from './compile-limits.ts'
import { compileDefaultModel, compileModels, compileRoutes } from './compile-models.ts'
import { compileAdminAccess, compileLedger, compileWebhook } from './compile-operation.ts'
import { compilePrices } from './compile-prices.ts'
import { compileProviders } from './compile-providers.ts'
import { contentRevision } from './content-revision.ts'
import { createDraft } from './draft.ts'
import { sortProblems, type Problem } from './problem.ts'
import { referencedFiles } from './referenced-files.ts'
import type { RuntimeConfig } from './runtime-config.ts'
import { configSchema } from './schema.ts'
import { fileState, pathHash, type Sources } from './sources.ts'

export type CompiledConfig =
  { readonly ok: true; readonly config: RuntimeConfig; readonly warnings: readonly Problem[] } | { readonly ok: false; readonly problems: readonly Problem[] }

/** Never throws for what a file says. Problems and warnings are sorted by file and position; with a problem there is no configuration. */
export function compileConfig(sources: Sources): CompiledConfig {
  const main = sources.display(sources.path)
  const draft = createDraft(sources.text, main)
  const read = referencedFiles(sources).limits
  const order = [main, ...read.map((path) => sources.display(path))]
  const failed = (): CompiledConfig => ({ ok: false, problems: sortProblems(draft.problems, order) })
  if (!draft.readable) return failed()

  const providers = compileProviders(draft, sources)
  const models = compileModels(draft, providers)
  const fallback = compileFallback(draft)
  const coolDown = compileCoolDown(draft)
  const defaultModel = compileDefaultModel(draft)
  const routes = compileRoutes(draft)
  const callers = compileCallers(draft, sources)
  const costs = compileCosts(draft, callers, main)
  const prices = compilePrices(draft, { providers, models })
  const attributes = callerAttributes(callers)
  const limits = compileLimits(draft, { sources, costs, attributes })
  checkProviderChoice(draft, callers)
  const store = compileStore(draft, sources)
  const workers = draft.pick(['workers'], configSchema.shape.workers) ?? 1
  const budgets = compileBudgets(draft, { costs, attributes, nowMs: sources.nowMs, countsHere: store?.kind === 'memory' && workers === 1 })
  const budgetWebhook = compileWebhook(draft, sources)
  const ledger = compileLedger(draft, sources, budgets)
  const adminAccess = compileAdminAccess(draft, sources)
  checkDowngrades(draft)
  const addresses = compileAddresses(draft, { sources, defaultSocket: defaultSocketPath(sources), workers })
  if (addresses !== undefined) checkChainCount(draft, { models, ...addresses })
  if (draft.problems.length === 0) checkBudgets(draft, budgets, { models, prices, costs, limits })
  if (draft.problems.length > 0 || store === undefined || addresses === undefined) return failed()

  const texts = read.map((path) => fileState(sources, path)).map((state) => (state.kind === 'text' ? state.text : ''))
  const config: RuntimeConfig = {
    revision: contentRevision([sources.text, ...texts]),
    files: [sources.path, ...read],
    providers,
    models,
    fallback,
    coolDown,
    defaultModel,
    routes,
    callers,
    costs,
    prices,
    budgets,
    budgetWebhook,
    ledger,
    limits,
    workers,
    adminAccess,
    store,
    listen: addresses.listen,
    transport: addresses.transport,
    // A request that waits in a queue is one answer that Envoy waits for.
    envoy: { ...addresses.envoy, messageTimeoutMs: addresses.envoy.messageTimeoutMs + longestQueueMs(budgets) },
  }
  return { ok: true, config, warnings: sortProblems(draft.warnings, order) }
}

function defaultSocketPath(sources: Sources): string {
  return join(sources.runtimeDirectory, `tollgate-${pathHash(sources)}`, 'extproc.sock')
}
