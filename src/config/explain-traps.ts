// Configurations that are valid and still do not do what their author thinks. What has a place in a file is a warning of the compiler; this is the rest.

import { isLoopbackHost } from '../core/loopback-host.ts'
import type { LimitRule, RuleNode } from '../ratelimit/domain-rules.ts'
import { providerApis } from '../providers/index.ts'
import { presets } from '../providers/presets.ts'
import type { RuntimeConfig } from './runtime-config.ts'

export interface Trap {
  /** Stable name, for tools and tests. */
  readonly id:
    | 'callers_trusted'
    | 'certificate_not_asked'
    | 'credential_unset'
    | 'credential_forgotten'
    | 'nothing_limited'
    | 'attribute_unlimited'
    | 'limit_unreachable'
    | 'counters_in_memory'
    | 'budgets_in_memory'
    | 'token_unset'
    | 'envoy_crash'
  /** What happens, and what to do. */
  readonly message: string
}

/** `env` tells which credentials are set; their values are not looked at. */
export function findTraps(config: RuntimeConfig, { env }: { readonly env: Readonly<Record<string, string | undefined>> }): Trap[] {
  return [
    ...trustedCallers(config),
    ...unaskedCertificates(config),
    ...missingCredentials(config, env),
    ...missingTokens(config, env),
    ...missingLimits(config),
    ...unreachableLimits(config),
    ...memoryCounters(config),
    ...memoryBudgets(config),
    ...crashingEnvoy(config),
  ]
}

function trustedCallers(config: RuntimeConfig): Trap[] {
  const headers = [...new Set(config.callers.flatMap((source) => (source.kind === 'headers' ? [...source.attributes.values()] : [])))]
  if (headers.length === 0) return []
  const who = isLoopbackHost(config.envoy.listen.slice(0, config.envoy.listen.lastIndexOf(':')))
    ? 'every program on this machine'
    : `everyone who reaches ${config.envoy.listen}`
  const advice = 'put something in front that verifies callers and sets these headers itself'
  return [
    {
      id: 'callers_trusted',
      message: `Callers are whoever the headers ${headers.join(', ')} say, and ${who} can set them: ${advice}.`,
    },
  ]
}

function unaskedCertificates(config: RuntimeConfig): Trap[] {
  const isAsked = config.envoy.tls?.clientCaFile !== undefined
  if (isAsked || !config.callers.some((source) => source.kind === 'certificate')) return []
  return [
    {
      id: 'certificate_not_asked',
      message:
        'Callers may be known by their certificate, and the rendered listener asks for none: set envoy.tls with client_ca_file, or let your own Envoy require and verify certificates.',
    },
  ]
}

function missingCredentials(config: RuntimeConfig, env: Readonly<Record<string, string | undefined>>): Trap[] {
  const consequence = 'it is not called, and models that only it serves answer 503'
  const traps: Trap[] = []
  for (const { name, api, credential, scheme, host, settings } of config.providers.values()) {
    if (credential.kind === 'env' && (env[credential.name] ?? '').trim() === '') {
      traps.push({
        id: 'credential_unset',
        message: `The provider ${name} takes its key from ${credential.name}, which is not set here: ${consequence}. Set the variable.`,
      })
    }
    if (credential.kind === 'none' && wantsKey(`${scheme}://${host}`, providerApis[api].defaultUrl(settings))) {
      traps.push({
        id: 'credential_forgotten',
        message: `The provider ${name} has no credential, and ${host} refuses calls without one: add credential: {env: NAME} or {file: PATH}.`,
      })
    }
  }
  return traps
}

function missingTokens({ adminAccess, budgetWebhook }: RuntimeConfig, env: Readonly<Record<string, string | undefined>>): Trap[] {
  const tokens = [
    ['admin.read_token', adminAccess.readToken, 'nobody can read through the admin interface'],
    ['admin.write_token', adminAccess.writeToken, 'nobody can change anything through the admin interface'],
    ['budget_webhook.token', budgetWebhook?.token, 'warnings of budgets are posted without it'],
  ] as const
  return tokens.flatMap(([field, source, consequence]) =>
    source?.kind === 'env' && (env[source.name] ?? '').trim() === '' ? [{ id: 'token_unset' as const, message: `${field} is taken from ${source.name}, which is not set here: ${consequence}. Set the variable.` }] : [],
  )
}

// Whoever can be reached at an address that everyone knows wants a key; what is on this machine wants none.
function wantsKey(origin: string, usual: string | undefined): boolean {
  return origin.startsWith('https:') && [usual, ...Object.values(presets).map((url) => new URL(url).origin)].includes(origin)
}

function missingLimits(config: RuntimeConfig): Trap[] {
  if (config.limits.length === 0 && config.budgets.length === 0) {
    const advice = 'Add budgets: [{name: daily, limit: {usd: 100}, every: day}], or limits: [{file: ratelimit.yaml}].'
    return [{ id: 'nothing_limited', message: `There are no budgets and no limits: usage is counted, and nobody is ever refused. ${advice}` }]
  }
  const limited = new Set([...config.limits.flatMap((limit) => limit.rules.keyPaths.flat()), ...config.budgets.flatMap((budget) => budget.per)])
  const identifies = config.callers.some((source) => source.attributes.has('user'))
  if (!identifies || limited.has('user')) return []
  return [
    {
      id: 'attribute_unlimited',
      message: 'Callers have the attribute user, and no budget and no limit is per user: users share everything. Add per: [user] to a budget, or a descriptor with key: user to a limit file.',
    },
  ]
}

// A request in a nested limit is in the outer one as well, so the smaller number decides unless the inner limit replaces the outer.
function unreachableLimits(config: RuntimeConfig): Trap[] {
  return config.limits.flatMap(({ path, rules }) =>
    walk(rules.root, []).map(({ inner, outer }) => ({ id: 'limit_unreachable' as const, message: describeUnreachable(path, inner, outer) })),
  )
}

function describeUnreachable(path: string, inner: LimitRule, outer: LimitRule): string {
  const numbers = `${inner.statName} allows ${inner.requestsPerUnit} per ${inner.unit}, and ${outer.statName} stops the same requests at`
  const fix =
    outer.name === ''
      ? `Give ${outer.statName} a name and name it in replaces of ${inner.statName}.`
      : `Add replaces: [{name: ${outer.name}}] to ${inner.statName}.`
  return `${path}: ${numbers} ${outer.requestsPerUnit}. ${fix}`
}

function walk(node: RuleNode, outer: readonly LimitRule[]): { inner: LimitRule; outer: LimitRule }[] {
  const { rule } = node
  const found = rule === undefined || rule.unlimited ? [] : outer.filter((above) => stopsEarlier(above, rule)).map((above) => ({ inner: rule, outer: above }))
  const around = rule === undefined || rule.unlimited || rule.shadowMode ? outer : [...outer, rule]
  const children = [...node.exact.values(), ...node.patterns.map((pattern) => pattern.node)]
  return [...found, ...children.flatMap((child) => walk(child, around))]
}

function stopsEarlier(outer: LimitRule, inner: LimitRule): boolean {
  const isReplaced = outer.name !== '' && inner.replaces.includes(outer.name)
  return outer.unit === inner.unit && outer.requestsPerUnit < inner.requestsPerUnit && !isReplaced
}

function memoryCounters(config: RuntimeConfig): Trap[] {
  if (config.store.kind !== 'memory' || config.limits.length === 0) return []
  return [
    {
      id: 'counters_in_memory',
      message:
        'Limits are counted in the memory of one process: after a restart they start at 0, two replicas count apart. Use store: redis://… if that matters.',
    },
  ]
}

// The ledger gives the counters back to one process after a restart; it does not make two processes one.
function memoryBudgets(config: RuntimeConfig): Trap[] {
  if (config.store.kind !== 'memory' || config.budgets.length === 0) return []
  const replicas = 'two replicas count apart, so that both together may spend every budget twice'
  const restart = config.ledger === undefined ? 'the ledger is off, so they start at 0 with every restart, and ' : ''
  return [{ id: 'budgets_in_memory', message: `Budgets are counted in memory: ${restart}${replicas}. Use store: redis://… if that matters.` }]
}

// GHSA-c23c-rp3m-vpg3: a check and a charge at stream end in one request, which is what the rendered configuration asks for.
function crashingEnvoy(config: RuntimeConfig): Trap[] {
  if (config.envoy.version !== '1.37' || config.limits.length === 0) return []
  return [
    {
      id: 'envoy_crash',
      message: 'Envoy 1.37.0 can crash when the rate limit service fails between check and charge (CVE-2026-26330): use 1.37.1 or later, best 1.40.',
    },
  ]
}
