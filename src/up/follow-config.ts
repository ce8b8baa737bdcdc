// Hot reload: a changed configuration is taken into use, a broken one is named loudly and the old one stays.

import type { App } from '../app/app.ts'
import type { Adaptation } from '../config/adapt-config.ts'
import { loadConfig } from '../config/load.ts'
import { toReadConfig } from '../config/packed-config.ts'
import { formatProblem } from '../config/problem.ts'
import type { RuntimeConfig } from '../config/runtime-config.ts'
import { watchFiles } from '../config/watch.ts'
import type { Log } from '../core/log.ts'
import { writeXds } from './write-xds.ts'

/** Envoy takes a changed file into use within 113 ms (seen on 1.36–1.40); until then it does not know a new provider. */
const ENVOY_RELOAD_MS = 250

export interface FollowOptions {
  readonly path: string
  readonly app: Pick<App, 'config' | 'swap' | 'metrics'>
  readonly log: Log
  /** Where Envoy's files are kept up to date; undefined: Envoy's configuration is somebody else's business. */
  readonly xdsDir: string | undefined
  /** Applied to what was read, before it is used: how `tollgate up` puts its mock providers in. */
  readonly adaptation?: Adaptation
}

export function followConfig({ path, app, log, xdsDir, adaptation }: FollowOptions): { close(): void } {
  let reloading: Promise<void> = Promise.resolve()
  /** Files of a broken configuration: mending a limit file that only it names must be noticed too. */
  let broken: readonly string[] = []
  const watcher = watchFiles({
    paths: () => [...new Set([...app.config().files, ...broken])],
    onChange: () => {
      reloading = reloading.then(reload).catch((err: unknown) => log.error({ err }, 'The changed configuration could not be taken into use; the old one stays.'))
    },
    log,
  })
  return watcher

  async function reload(): Promise<void> {
    const loaded = await loadConfig(path)
    const wasBroken = broken.length > 0
    broken = loaded.ok ? [] : loaded.files
    if (!loaded.ok) {
      app.metrics.configLoaded('failure')
      log.error({ problems: loaded.problems.map(formatProblem) }, 'The changed configuration has problems; the old one stays in use.')
      return
    }
    const before = app.config()
    const read = toReadConfig(loaded, adaptation)
    const next = { ...read.config, ...fixedPart(before) }
    if (next.revision === before.revision) {
      if (wasBroken) {
        app.metrics.configLoaded('success')
        log.info({ revision: next.revision }, 'The configuration is again the one in use; its problems are gone.')
      }
      return
    }
    for (const warning of loaded.warnings) log.warn({ warning: formatProblem(warning) }, 'The changed configuration has a warning.')
    for (const what of needsRestart(before, read.config)) log.warn({ setting: what }, 'This setting takes effect at the next start.')
    if (xdsDir !== undefined) {
      const { changed } = await writeXds(next, xdsDir)
      if (changed.length > 0) await new Promise((resolve) => setTimeout(resolve, ENVOY_RELOAD_MS))
    } else if (providersChanged(before, next)) {
      log.warn({}, 'Providers or chains changed, or how callers are verified: Envoy needs its configuration again (tollgate envoy), or run with --xds-dir.')
    }
    await app.swap({ ...read, config: next })
    log.info({ revision: next.revision, models: next.models.size }, 'The changed configuration is in use.')
  }
}

/** What takes effect at the next start stays as it is until then: Envoy must not be sent where nobody listens. */
function fixedPart({ listen, transport, store, workers, ledger }: RuntimeConfig): Pick<RuntimeConfig, 'listen' | 'transport' | 'store' | 'workers' | 'ledger'> {
  return { listen, transport, store, workers, ledger }
}

function needsRestart(before: RuntimeConfig, next: RuntimeConfig): string[] {
  const kept: Readonly<Record<string, unknown>> = fixedPart(before)
  return Object.entries(fixedPart(next)).flatMap(([name, value]) => (JSON.stringify(kept[name]) === JSON.stringify(value) ? [] : [name]))
}

function providersChanged(before: RuntimeConfig, next: RuntimeConfig): boolean {
  return JSON.stringify(describeProviders(before)) !== JSON.stringify(describeProviders(next))
}

function describeProviders(config: RuntimeConfig): unknown {
  const providers = [...config.providers.values()].map((provider) => ({ ...provider, headers: [...provider.headers] }))
  const chains = [...config.models.values()].map((model) => model.chain.map((step) => [step.provider.name, step.upstreamModel]))
  // What Envoy does for callers; the rest of them is ours, and taken into use at once.
  const callers = config.callers.flatMap((source) => (source.kind === 'jwt' ? [source.issuer, source.audiences, source.jwks] : source.kind === 'certificate' ? [...source.attributes.values()] : []))
  return { callers, providers, chains, limits: config.limits.map((limit) => [limit.rules.domain, limit.costName, limit.rules.keyPaths]), envoy: config.envoy }
}
