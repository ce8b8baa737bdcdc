// Builds the tree of rules out of a file's descriptors, and says everything that is wrong with them.

import type { DomainRules, LimitRule, LimitUnit, MetadataValue, RuleNode } from './domain-rules.ts'
import { createPattern } from '../core/star-pattern.ts'
import type { FileProblem, SourceNode } from './source-tree.ts'
import type { Fields } from './source-values.ts'
import { readBoolean, readFields, readList, readMap, readMetadata, readText, readUint32 } from './source-values.ts'
import { limitUnits } from './window.ts'

export interface RulesSource {
  readonly domain: string
  readonly descriptors: SourceNode | undefined
  readonly denyAtLimitDefault: boolean
  /** Both are added to. */
  readonly problems: FileProblem[]
  readonly warnings: FileProblem[]
}

interface Building extends RulesSource {
  /** By their joined text, in file order. */
  readonly keyPaths: Map<string, readonly string[]>
  readonly ruleNames: Set<string>
  /** What `replaces` names, to see whether it exists. */
  readonly replaced: { readonly name: string; readonly at: SourceNode }[]
}

interface Level {
  /** `domain.key_value.…` down to here. */
  readonly name: string
  readonly keys: readonly string[]
}

/** The compiled file. With problems reported it is incomplete and must not be used. */
export function buildRules(source: RulesSource): DomainRules {
  const building: Building = { ...source, keyPaths: new Map(), ruleNames: new Set(), replaced: [] }
  const children = buildChildren(building, source.descriptors, { name: source.domain, keys: [] })
  for (const { name, at } of building.replaced) {
    if (building.ruleNames.has(name)) continue
    building.warnings.push({ message: `replaces '${name}', but no rate_limit of this file has that name`, line: at.line, column: at.column })
  }
  return {
    domain: source.domain,
    root: { ...children, sharedPattern: undefined, valueToMetric: false, rule: undefined },
    denyAtLimit: source.denyAtLimitDefault,
    keyPaths: [...building.keyPaths.values()],
  }
}

function buildChildren(building: Building, descriptors: SourceNode | undefined, parent: Level): Pick<RuleNode, 'exact' | 'patterns'> {
  const exact = new Map<string, RuleNode>()
  const patterns: { text: string; matches: (keyValue: string) => boolean; node: RuleNode }[] = []
  const list = readList(descriptors, '[]config.YamlDescriptor', building.problems)
  for (const item of list?.items ?? []) {
    // Anything but a map was reported by the key check.
    if (item.kind !== 'map') continue
    const fields = readFields(item)
    const key = readText(fields.get('key'), building.problems)
    if (key === '') {
      report(building.problems, fields.get('key') ?? item, 'descriptor has empty key')
      continue
    }
    const value = readText(fields.get('value'), building.problems)
    const keyValue = value === '' ? key : `${key}_${value}`
    const level = { name: `${parent.name}.${keyValue}`, keys: [...parent.keys, key] }
    if (exact.has(keyValue)) report(building.problems, fields.get('key') ?? item, `duplicate descriptor composite key '${level.name}'`)
    const node = buildNode(building, fields, keyValue, level)
    exact.set(keyValue, node)
    if (keyValue.includes('*')) patterns.push({ text: keyValue, matches: createPattern(keyValue), node })
  }
  return { exact, patterns }
}

function buildNode(building: Building, fields: Fields, keyValue: string, level: Level): RuleNode {
  const { problems } = building
  const shared = readBoolean(fields.get('share_threshold'), problems)
  if (shared && !keyValue.includes('*')) {
    const message = `share_threshold can only be used with wildcard values (containing '*'), but found key '${keyValue}'`
    report(problems, fields.get('share_threshold'), message)
  }
  const rule = buildRule(building, fields, level)
  if (rule !== undefined) {
    const path = JSON.stringify(level.keys)
    if (!building.keyPaths.has(path)) building.keyPaths.set(path, level.keys)
  }
  return {
    rule,
    sharedPattern: shared ? keyValue : undefined,
    valueToMetric: readBoolean(fields.get('value_to_metric'), problems),
    ...buildChildren(building, fields.get('descriptors'), level),
  }
}

function buildRule(building: Building, descriptor: Fields, level: Level): LimitRule | undefined {
  const { problems } = building
  // Read in any case, so that their mistakes are reported.
  const shadowMode = readBoolean(descriptor.get('shadow_mode'), problems)
  const quotaMode = readBoolean(descriptor.get('quota_mode'), problems)
  const detailedMetric = readBoolean(descriptor.get('detailed_metric'), problems)
  const metadata = readMetadata(descriptor.get('metadata'), problems)
  const denyAtLimit = readDenyAtLimit(building, descriptor.get('metadata'), metadata)
  const limit = readMap(descriptor.get('rate_limit'), 'config.YamlRateLimit', problems)
  if (limit === undefined) return undefined

  const fields = readFields(limit)
  const unlimited = readBoolean(fields.get('unlimited'), problems)
  const unit = readUnit(fields.get('unit') ?? limit, readText(fields.get('unit'), problems), unlimited, problems)
  const requestsPerUnit = readUint32(fields.get('requests_per_unit'), problems)
  if (!unlimited && fields.get('requests_per_unit') === undefined) {
    report(building.warnings, limit, 'rate_limit without requests_per_unit: the limit is 0, so every hit is refused')
  }
  const name = readText(fields.get('name'), problems)
  if (name !== '') building.ruleNames.add(name)
  const replaces = readReplaces(building, fields.get('replaces'), name)
  const { name: statName } = level
  return { unit, requestsPerUnit, unlimited, name, replaces, shadowMode, quotaMode, denyAtLimit, statName, detailedMetric, metadata }
}

function readUnit(at: SourceNode, text: string, unlimited: boolean, problems: FileProblem[]): LimitUnit {
  const unit = limitUnits.find((candidate) => candidate === text.toLowerCase())
  if (unlimited) {
    if (text !== '') report(problems, at, 'should not specify rate limit unit when unlimited')
    return 'second'
  }
  if (unit !== undefined) return unit
  report(problems, at, `invalid rate limit unit '${text}' (allowed: ${limitUnits.join(', ')})`)
  return 'second'
}

function readReplaces(building: Building, node: SourceNode | undefined, ownName: string): readonly string[] {
  const names: string[] = []
  const list = readList(node, '[]config.yamlReplaces', building.problems)
  for (const item of list?.items ?? []) {
    if (item.kind !== 'map') continue
    const at = readFields(item).get('name') ?? item
    const name = at === item ? '' : readText(at, building.problems)
    if (name === '') report(building.problems, at, 'should not have an empty replaces entry')
    else if (name === ownName) report(building.problems, at, 'replaces should not contain name of same descriptor')
    else building.replaced.push({ name, at })
    names.push(name)
  }
  return names
}

/** Our one word in `metadata`, the only field that the original carries without looking at it. */
function readDenyAtLimit(building: Building, at: SourceNode | undefined, metadata: { readonly [key: string]: MetadataValue } | undefined): boolean {
  const ours = metadata?.['tollgate']
  if (ours === undefined || ours === null) return building.denyAtLimitDefault
  const wish = typeof ours === 'object' && 'deny_at_limit' in ours ? ours.deny_at_limit : undefined
  if (typeof wish === 'boolean') return wish
  report(building.problems, at, 'metadata.tollgate must be {deny_at_limit: true} or {deny_at_limit: false}')
  return building.denyAtLimitDefault
}

function report(findings: FileProblem[], at: SourceNode | undefined, message: string): void {
  findings.push({ message, line: at?.line ?? 1, column: at?.column ?? 1 })
}
