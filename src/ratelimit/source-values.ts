// Typed reading of a file's nodes, with the original's words for what does not fit and a hint behind them.

import type { MetadataValue } from './domain-rules.ts'
import type { FileProblem, ListNode, MapNode, ScalarNode, SourceNode } from './source-tree.ts'

export type Fields = ReadonlyMap<string, SourceNode>

const scalarTags = { null: '!!null', bool: '!!bool', int: '!!int', uint: '!!int', float: '!!float', string: '!!str' } as const

function cannotUnmarshal(node: SourceNode, target: string, hint: string): FileProblem {
  const tag = node.kind === 'map' ? '!!map' : node.kind === 'list' ? '!!seq' : scalarTags[node.resolved.kind]
  const shown = node.kind !== 'scalar' ? '' : node.text.length > 10 ? ` \`${node.text.slice(0, 7)}...\`` : ` \`${node.text}\``
  const message = `error loading config file: yaml: unmarshal errors: cannot unmarshal ${tag}${shown} into ${target} (${hint})`
  return { message, line: node.line, column: node.column }
}

function isNull(node: SourceNode): boolean {
  return node.kind === 'scalar' && node.resolved.kind === 'null'
}

/** A map's values by key; of a repeated key the last. */
export function readFields(node: MapNode): Fields {
  const fields = new Map<string, SourceNode>()
  for (const { key, value } of node.entries) {
    if (key.kind === 'scalar') fields.set(key.text, value)
  }
  return fields
}

/** Absent and null are undefined; a wrong kind is a problem, and undefined too. */
export function readMap(node: SourceNode | undefined, target: string, problems: FileProblem[]): MapNode | undefined {
  if (node === undefined || isNull(node)) return undefined
  if (node.kind === 'map') return node
  problems.push(cannotUnmarshal(node, target, 'it must be a map'))
  return undefined
}

export function readList(node: SourceNode | undefined, target: string, problems: FileProblem[]): ListNode | undefined {
  if (node === undefined || isNull(node)) return undefined
  if (node.kind === 'list') return node
  problems.push(cannotUnmarshal(node, target, 'it must be a list'))
  return undefined
}

/** The text as written; '' when absent or null. Fractions were refused by the key check already. */
export function readText(node: SourceNode | undefined, problems: FileProblem[]): string {
  if (node === undefined || isNull(node)) return ''
  if (node.kind === 'scalar') return node.text
  problems.push(cannotUnmarshal(node, 'string', 'it must be text'))
  return ''
}

export function readBoolean(node: SourceNode | undefined, problems: FileProblem[]): boolean {
  if (node === undefined || isNull(node)) return false
  if (node.kind === 'scalar' && node.resolved.kind === 'bool') return node.resolved.value
  problems.push(cannotUnmarshal(node, 'bool', 'it must be true or false, without quotes'))
  return false
}

/** 0 … 2^32-1; 0 when absent or null. */
export function readUint32(node: SourceNode | undefined, problems: FileProblem[]): number {
  if (node === undefined || isNull(node)) return 0
  if (node.kind === 'scalar') {
    const { resolved } = node
    if (resolved.kind === 'int' && resolved.value >= 0n && resolved.value < 2n ** 32n) return Number(resolved.value)
    // Reported by the key check.
    if (resolved.kind === 'float' || resolved.kind === 'uint') return 0
  }
  problems.push(cannotUnmarshal(node, 'uint32', 'it must be a whole number from 0 to 4294967295, without quotes'))
  return 0
}

/** Free-form `metadata`: here words have their YAML 1.1 meaning. Integers beyond 2^53 are rounded, as the original does. */
export function readMetadata(node: SourceNode | undefined, problems: FileProblem[]): { readonly [key: string]: MetadataValue } | undefined {
  const map = readMap(node, 'map[string]interface {}', problems)
  return map === undefined ? undefined : convertMap(map)
}

function convertMap(map: MapNode): { readonly [key: string]: MetadataValue } {
  // fromEntries makes own properties, so that a key `__proto__` is a key like others.
  return Object.fromEntries(map.entries.map(({ key, value }) => [key.kind === 'scalar' ? String(convertScalar(key)) : '', convertValue(value)]))
}

function convertValue(node: SourceNode): MetadataValue {
  if (node.kind === 'map') return convertMap(node)
  if (node.kind === 'list') return node.items.map(convertValue)
  return convertScalar(node)
}

function convertScalar({ text, resolved }: ScalarNode): null | boolean | number | string {
  switch (resolved.kind) {
    case 'null':
      return null
    case 'bool':
    case 'float':
      return resolved.value
    case 'int':
    case 'uint':
      return Number(resolved.value)
    case 'string':
      return text
  }
}
