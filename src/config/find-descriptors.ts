// Where the descriptors of a rate limit file stand: the compiled rules no longer know, but a message should.

import { createPattern } from '../core/star-pattern.ts'
import { parseSourceTree, type Position, type SourceNode } from '../ratelimit/source-tree.ts'
import { readFields } from '../ratelimit/source-values.ts'

export interface FoundDescriptor {
  readonly key: string
  readonly keyPosition: Position
  /** Undefined for a descriptor of any value. */
  readonly value: string | undefined
  readonly valuePosition: Position
  /** Whether a request's value would be under this descriptor. */
  readonly matches: (requestValue: string) => boolean
}

/** Every descriptor of a file that parseRateLimitFile accepted, in file order, on all levels. */
export function findDescriptors(text: string): FoundDescriptor[] {
  return collect(parseSourceTree(text).root)
}

function collect(node: SourceNode | undefined): FoundDescriptor[] {
  if (node?.kind !== 'map') return []
  const fields = readFields(node)
  const key = fields.get('key')
  const value = fields.get('value')
  const children = fields.get('descriptors')
  const nested = children?.kind === 'list' ? children.items.flatMap(collect) : []
  if (key?.kind !== 'scalar') return nested
  const text = value?.kind === 'scalar' && value.text !== '' ? value.text : undefined
  const matches = text === undefined ? (): boolean => true : createPattern(text)
  return [{ key: key.text, keyPosition: positionOf(key), value: text, valuePosition: positionOf(value ?? key), matches }, ...nested]
}

function positionOf({ line, column }: Position): Position {
  return { line, column }
}
