// A rate limit file as a tree with positions: aliases and merges followed, scalars still in their own words, because
// the original takes `value: yes` as the text "yes" and only asks for a meaning where it wants a number or a boolean.

import type { Document } from 'yaml'
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments } from 'yaml'
import type { ResolvedScalar } from './resolve-scalar.ts'
import { resolveScalar } from './resolve-scalar.ts'

/** Where something is and what is to be said about it; line and column start at 1. */
export interface FileProblem {
  readonly message: string
  readonly line: number
  readonly column: number
}

export interface Position {
  readonly line: number
  readonly column: number
}

export interface ScalarNode extends Position {
  readonly kind: 'scalar'
  readonly text: string
  readonly resolved: ResolvedScalar
}

export interface ListNode extends Position {
  readonly kind: 'list'
  readonly items: readonly SourceNode[]
}

export interface MapEntry {
  readonly key: SourceNode
  readonly value: SourceNode
  /** It came through `<<`. */
  readonly merged: boolean
}

export interface MapNode extends Position {
  readonly kind: 'map'
  /** In file order; a repeated key is there more than once and the last one counts. */
  readonly entries: readonly MapEntry[]
}

export type SourceNode = ScalarNode | ListNode | MapNode

export interface SourceTree {
  /** Undefined for an empty file. */
  readonly root: SourceNode | undefined
  readonly problems: readonly FileProblem[]
  readonly warnings: readonly FileProblem[]
}

/** Nodes after aliases are followed: a few lines of aliases of aliases can stand for more than any memory holds. */
const maxNodes = 1_000_000
/** Deepest nesting, so that an anchor that contains itself ends. */
const maxDepth = 200

interface Building {
  readonly document: Document.Parsed
  readonly positionOf: (offset: number) => Position
  readonly problems: FileProblem[]
  /** How many more nodes may be made; below 0 everything left over is null. */
  nodesLeft: number
}

const loadFailure = 'error loading config file: yaml: '

function nullNode(position: Position): ScalarNode {
  return { kind: 'scalar', line: position.line, column: position.column, text: '', resolved: { kind: 'null' } }
}

function fail(building: Building, message: string, position: Position): SourceNode {
  building.problems.push({ message: loadFailure + message, line: position.line, column: position.column })
  return nullNode(position)
}

/** `fallback`: position of what is around a node that was not written, such as a missing value. */
function convertNode(building: Building, node: unknown, depth: number, fallback: Position): SourceNode {
  building.nodesLeft -= 1
  if (building.nodesLeft === 0) return fail(building, 'document contains excessive aliasing', fallback)
  if (building.nodesLeft < 0) return nullNode(fallback)
  if (depth > maxDepth) return fail(building, 'nested too deeply, or an anchor contains itself', fallback)
  if (!isAlias(node) && !isMap(node) && !isSeq(node) && !isScalar(node)) return nullNode(fallback)
  const position = node.range === null || node.range === undefined ? fallback : building.positionOf(node.range[0])
  if (isAlias(node)) {
    const target = node.resolve(building.document)
    if (target === undefined) return fail(building, `unknown anchor '${node.source}' referenced`, position)
    return { ...convertNode(building, target, depth + 1, position), ...position }
  }
  if (isMap(node)) {
    return { kind: 'map', ...position, entries: node.items.flatMap((pair) => convertPair(building, pair.key, pair.value, depth, position)) }
  }
  if (isSeq(node)) return { kind: 'list', ...position, items: node.items.map((item) => convertNode(building, item, depth + 1, position)) }
  const text = typeof node.value === 'string' ? node.value : ''
  const quoted = node.type !== undefined && node.type !== 'PLAIN'
  const resolved = resolveScalar({ text, quoted, stringTag: node.tag === 'tag:yaml.org,2002:str' })
  return { kind: 'scalar', ...position, text, resolved }
}

function convertPair(building: Building, keyNode: unknown, valueNode: unknown, depth: number, fallback: Position): readonly MapEntry[] {
  const key = convertNode(building, keyNode, depth + 1, fallback)
  const value = convertNode(building, valueNode, depth + 1, { line: key.line, column: key.column })
  const isMerge = isScalar(keyNode) && keyNode.type === 'PLAIN' && keyNode.value === '<<'
  return isMerge ? mergedEntries(building, value) : [{ key, value, merged: false }]
}

/** `<<: *a` or `<<: [*a, *b]`, where earlier maps win: their entries come last. */
function mergedEntries(building: Building, value: SourceNode): readonly MapEntry[] {
  if (value.kind === 'map') return value.entries.map((entry) => ({ ...entry, merged: true }))
  if (value.kind === 'list') return value.items.toReversed().flatMap((item) => mergedEntries(building, item))
  fail(building, 'map merge requires map or sequence of maps as the value', value)
  return []
}

/** Reads the first YAML document of a file; more documents are ignored, as the original does, with a warning. */
export function parseSourceTree(text: string): SourceTree {
  const lineCounter = new LineCounter()
  // failsafe: every scalar stays text. strict and uniqueKeys off: yaml.v2 accepts what they refuse.
  const [document, second] = parseAllDocuments(text, {
    version: '1.1',
    schema: 'failsafe',
    strict: false,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
    lineCounter,
  })
  if (document === undefined) return { root: undefined, problems: [], warnings: [] }
  const positionOf = (offset: number): Position => {
    const { line, col } = lineCounter.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
  if (document.errors.length > 0) {
    const problems = document.errors.map((error) => ({ message: loadFailure + error.message, ...positionOf(error.pos[0]) }))
    return { root: undefined, problems, warnings: [] }
  }
  const building: Building = { document, positionOf, problems: [], nodesLeft: maxNodes }
  const root = document.contents === null ? undefined : convertNode(building, document.contents, 0, { line: 1, column: 1 })
  const ignored = 'only the first YAML document of a file is read, everything from here on is ignored'
  const warnings = second === undefined ? [] : [{ message: ignored, ...positionOf(second.range[0]) }]
  return { root, problems: building.problems, warnings }
}
