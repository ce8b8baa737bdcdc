// The original's first look at a file: every map key must be one it knows, every list must hold maps, every other value
// must be text, an integer, a boolean or nothing. It looks at names without regard to place, so a known key in the wrong
// place is accepted and does nothing: those are reported as warnings.

import type { FileProblem, MapEntry, SourceNode } from './source-tree.ts'

type Place = 'file' | 'descriptor' | 'rate_limit' | 'replaces'

const keysOf: Readonly<Record<Place, readonly string[]>> = {
  file: ['domain', 'descriptors'],
  descriptor: ['key', 'value', 'rate_limit', 'descriptors', 'shadow_mode', 'quota_mode', 'detailed_metric', 'value_to_metric', 'share_threshold', 'metadata'],
  rate_limit: ['unit', 'requests_per_unit', 'unlimited', 'name', 'replaces'],
  replaces: ['name'],
}
const knownKeys = new Set(Object.values(keysOf).flat())

const placeNames: Readonly<Record<Place, string>> = {
  file: 'the file',
  descriptor: 'a descriptor',
  rate_limit: 'rate_limit',
  replaces: 'an entry of replaces',
}

/** Where a value's own keys belong; undefined when no map belongs there. */
function placeBelow(place: Place | undefined, key: string): Place | undefined {
  if (key === 'descriptors' && (place === 'file' || place === 'descriptor')) return 'descriptor'
  if (key === 'rate_limit' && place === 'descriptor') return 'rate_limit'
  if (key === 'replaces' && place === 'rate_limit') return 'replaces'
  return undefined
}

function misplacedWarning(key: string, place: Place): string {
  const home = (['descriptor', 'rate_limit', 'file', 'replaces'] as const).find((candidate) => keysOf[candidate].includes(key))
  return `'${key}' does nothing in ${placeNames[place]}; it belongs in ${placeNames[home ?? 'descriptor']}`
}

export interface KeyFindings {
  readonly problems: FileProblem[]
  readonly warnings: FileProblem[]
}

/** Adds what is wrong with the keys and the kinds of values of `root` to `findings`. */
export function checkKeys(root: SourceNode, findings: KeyFindings): void {
  checkNode(root, 'file', findings)
}

function checkNode(node: SourceNode, place: Place | undefined, findings: KeyFindings): void {
  const { line, column } = node
  if (node.kind === 'list') {
    for (const item of node.items) {
      if (item.kind === 'map') checkNode(item, place, findings)
      else {
        const message = `config error, yaml file contains list of type other than map: ${describe(item)}`
        findings.problems.push({ message, line: item.line, column: item.column })
      }
    }
  } else if (node.kind === 'map') {
    const seen = new Set<string>()
    for (const entry of node.entries) checkEntry(entry, place, seen, findings)
  } else if (node.resolved.kind === 'float' || node.resolved.kind === 'uint') {
    const message = `error checking config: ${node.text} is a number that is not an integer of 64 bits; if it is meant as text, put it in quotes`
    findings.problems.push({ message, line, column })
  }
}

function checkEntry(entry: MapEntry, place: Place | undefined, seen: Set<string>, findings: KeyFindings): void {
  const { line, column } = entry.key
  if (entry.key.kind !== 'scalar' || entry.key.resolved.kind !== 'string') {
    findings.problems.push({ message: `config error, key is not of type string: ${describe(entry.key)}`, line, column })
    return
  }
  const key = entry.key.text
  if (!knownKeys.has(key)) {
    const known = place === undefined ? '' : ` (known here: ${keysOf[place].join(', ')})`
    findings.problems.push({ message: `config error, unknown key '${key}'${known}`, line, column })
  } else if (place !== undefined && !keysOf[place].includes(key)) {
    findings.warnings.push({ message: misplacedWarning(key, place), line, column })
  }
  if (!entry.merged && seen.has(key)) findings.warnings.push({ message: `'${key}' is there twice; the last one counts`, line, column })
  if (!entry.merged) seen.add(key)
  // Anything may be in metadata.
  if (key !== 'metadata') checkNode(entry.value, placeBelow(place, key), findings)
}

function describe(node: SourceNode): string {
  if (node.kind !== 'scalar') return `a ${node.kind}`
  return node.resolved.kind === 'null' ? '<nil>' : node.text
}
