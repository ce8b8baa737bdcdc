// Which limit a descriptor falls under. The walk never goes back: an exact child without a deeper match
// ends the search, which is how a file exempts a value from the general rule.

import type { DomainRules, LimitRule, RuleNode } from './domain-rules.ts'
import type { Descriptor, DescriptorEntry } from './messages.ts'
import { mapUnitNumber } from './window.ts'

export interface RuleMatch {
  readonly rule: LimitRule
  /** One value per entry, as it stands in the counter key: the request's, or the pattern's under `share_threshold`. */
  readonly counterValues: readonly string[]
}

/** A request that we cannot follow; the text is the gRPC status message. */
export interface MatchError {
  readonly error: string
}

function selectChild(node: RuleNode, entry: DescriptorEntry): RuleNode | undefined {
  const keyValue = `${entry.key}_${entry.value}`
  const exact = node.exact.get(keyValue)
  if (exact !== undefined) return exact
  for (const pattern of node.patterns) {
    if (pattern.matches(keyValue)) return pattern.node
  }
  return node.exact.get(entry.key)
}

function counterValue(node: RuleNode, entry: DescriptorEntry): string {
  if (node.sharedPattern === undefined) return entry.value
  const prefix = `${entry.key}_`
  return node.sharedPattern.startsWith(prefix) ? node.sharedPattern.slice(prefix.length) : node.sharedPattern
}

function matchOverride(rules: DomainRules, descriptor: Descriptor, limit: NonNullable<Descriptor['limit']>): RuleMatch | MatchError {
  const unit = mapUnitNumber(limit.unitNumber)
  // The original's process dies of such a request.
  if (unit === undefined) return { error: `the limit of a descriptor has unit number ${String(limit.unitNumber)}, which is not a known unit` }
  const rule: LimitRule = {
    unit,
    requestsPerUnit: limit.requestsPerUnit,
    unlimited: false,
    name: '',
    replaces: [],
    shadowMode: false,
    quotaMode: false,
    denyAtLimit: rules.denyAtLimit,
    statName: [rules.domain, ...descriptor.entries.map(({ key, value }) => (value === '' ? key : `${key}_${value}`))].join('.'),
    detailedMetric: false,
    metadata: undefined,
  }
  return { rule, counterValues: descriptor.entries.map(({ value }) => value) }
}

/**
 * The rule for a descriptor; undefined when none applies. A limit that the request brings along is used at once,
 * without looking at the file. Otherwise each entry selects a child: the exact `key_value`, else the first matching
 * pattern in file order, else the bare key; and only a rule at exactly the depth of the last entry counts.
 */
export function matchRule(rules: DomainRules, descriptor: Descriptor): RuleMatch | MatchError | undefined {
  if (descriptor.limit !== undefined) return matchOverride(rules, descriptor, descriptor.limit)
  const counterValues: string[] = []
  let node = rules.root
  for (const entry of descriptor.entries) {
    const child = selectChild(node, entry)
    if (child === undefined) return undefined
    counterValues.push(counterValue(child, entry))
    node = child
  }
  return node.rule === undefined ? undefined : { rule: node.rule, counterValues }
}
