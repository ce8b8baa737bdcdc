// A YAML text that still knows where everything in it stands, so that every mistake can be pointed at.

import type { Document, Node, Pair } from 'yaml'
import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml'

export interface Position {
  readonly line: number
  readonly column: number
}
export interface PlacedMessage extends Position {
  readonly message: string
}
/** Keys and list indexes from the root down. */
export type Path = readonly (string | number)[]

export interface YamlSource {
  /** Plain data, aliases followed; undefined for an empty text and for one that cannot be read. */
  readonly value: unknown
  /** What keeps the text from being read as it was meant. */
  readonly problems: readonly PlacedMessage[]
  /** Where the value at `path` stands, or its key; where that does not exist, the nearest thing above it. */
  position(path: Path, part?: 'key' | 'value'): Position
  /** Where the character at `offset` (from 0) of the string at `path` stands in the text, as far as its quoting lets us tell. */
  positionInText(path: Path, offset: number): Position
  /** The characters of a plain scalar before YAML gave them a type: `1.40`, not 1.4. */
  plainText(path: Path): string | undefined
}

/** Aliases that may be followed in one text: enough for any real file, too few to fill the memory. */
const MAX_ALIASES = 1000

export function parseYamlSource(text: string): YamlSource {
  const lines = new LineCounter()
  const document = parseDocument(text, { version: '1.2', uniqueKeys: true, lineCounter: lines, prettyErrors: false })
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
  const problems: PlacedMessage[] = document.errors.map((error) => ({ ...at(error.pos[0]), message: describeYamlError(error.code, error.message) }))
  const obstacles = findObstacles(document)
  problems.push(...obstacles.map(({ offset, message }) => ({ ...at(offset), message })))
  const found = (path: Path): Found => find(document, path)
  const start = (node: Node | undefined): number => node?.range?.[0] ?? 0

  return {
    value: obstacles.some((obstacle) => obstacle.blocking) ? undefined : readValue(document, problems),
    problems,
    position: (path, part = 'value') => {
      const { key, value, complete } = found(path)
      const node = part === 'key' || !complete || isEmptyNode(value) ? (key ?? value) : value
      return at(start(node))
    },
    positionInText: (path, offset) => {
      const { key, value } = found(path)
      if (!isScalar(value) || typeof value.value !== 'string' || !value.range) return at(start(value ?? key))
      return at(offsetInSource({ source: text.slice(value.range[0], value.range[1]), value: value.value, offset }) + value.range[0])
    },
    plainText: (path) => {
      const { value } = found(path)
      return isScalar(value) && value.type === 'PLAIN' ? value.source : undefined
    },
  }
}

interface Found {
  readonly key: Node | undefined
  readonly value: Node | undefined
  /** False when the path ends before its last part; `key` and `value` are then the last that exist. */
  readonly complete: boolean
}

function find(document: Document, path: Path): Found {
  let key: Node | undefined
  let value = resolve(document, document.contents)
  for (const part of path) {
    const parent = value
    if (isMap(parent)) {
      const pair: Pair | undefined = parent.items.find((item) => isScalar(item.key) && String(item.key.value) === String(part))
      if (pair === undefined) return { key, value, complete: false }
      key = isNode(pair.key) ? pair.key : key
      value = resolve(document, pair.value)
    } else if (isSeq(parent) && typeof part === 'number' && part < parent.items.length) {
      value = resolve(document, parent.items[part])
      key = value
    } else return { key, value, complete: false }
  }
  return { key, value, complete: true }
}

function resolve(document: Document, node: unknown): Node | undefined {
  const target = isAlias(node) ? node.resolve(document) : node
  return isNode(target) ? target : undefined
}

// `url:` with nothing behind it has a node without width; its key is the better place to point at.
function isEmptyNode(node: Node | undefined): boolean {
  return node === undefined || (isScalar(node) && node.value === null && (node.range?.[0] ?? 0) === (node.range?.[1] ?? 0))
}

function readValue(document: Document.Parsed, problems: PlacedMessage[]): unknown {
  // A key that occurs twice leaves the rest readable; any other error may have moved what follows.
  if (document.errors.some((error) => error.code !== 'DUPLICATE_KEY')) return undefined
  try {
    const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES })
    return value ?? undefined
  } catch (thrown) {
    problems.push({
      line: 1,
      column: 1,
      message: `the aliases in this file cannot be followed (${thrown instanceof Error ? thrown.message : 'unknown reason'}); write the values out`,
    })
    return undefined
  }
}

interface Obstacle {
  readonly offset: number
  readonly message: string
  /** True when what follows from it would only be noise. */
  readonly blocking: boolean
}

// What is valid YAML but cannot be a configuration.
function findObstacles(document: Document): Obstacle[] {
  const found: Obstacle[] = []
  visit(document, {
    Pair: (_, { key }) => {
      const message = whyStrangeKey(key)
      if (message !== undefined) found.push({ offset: isNode(key) ? (key.range?.[0] ?? 0) : 0, message, blocking: isScalar(key) && key.value === '<<' })
    },
    Alias: (_, alias) => {
      if (alias.resolve(document) !== undefined) return
      found.push({
        offset: alias.range?.[0] ?? 0,
        message: `no anchor &${alias.source} stands above this alias; define it there or write the value out`,
        blocking: true,
      })
    },
  })
  return found
}

function whyStrangeKey(key: unknown): string | undefined {
  if (!isScalar(key)) return 'found a list, a mapping or an alias as a key, allowed: a string; write the key out'
  if (key.value === '<<') return 'merge keys (<<) are not part of YAML 1.2; use an alias for a whole value, or write the keys out'
  if (key.value === '__proto__') return 'the key "__proto__" is not allowed; use another name'
  if (typeof key.value === 'string') return undefined
  const written = key.source ?? String(key.value)
  return `found ${written} as a key, which YAML reads as something other than a string; put it in quotes: "${written}"`
}

const knownErrors: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'this key is already there above, and only one of the two would count; remove one',
  TAB_AS_INDENT: 'found a tab, allowed for indentation: spaces only; replace it',
  MULTIPLE_DOCS: 'found a second YAML document (---), allowed: one per file; remove the separator or move it to another file',
}

function describeYamlError(code: string, message: string): string {
  return knownErrors[code] ?? `this is not valid YAML: ${message.replace(/\s+/g, ' ').trim()}`
}

// Works where the scalar's line stands in the source as it is: plain, quoted without escapes, and block scalars. Else the scalar's start.
function offsetInSource({ source, value, offset }: { source: string; value: string; offset: number }): number {
  const lineStart = value.lastIndexOf('\n', Math.max(0, offset - 1)) + 1
  const lineEnd = value.indexOf('\n', offset)
  const line = value.slice(lineStart, lineEnd === -1 ? undefined : lineEnd)
  const found = line === '' ? -1 : source.indexOf(line)
  return found === -1 ? 0 : found + Math.min(offset, value.length) - lineStart
}
