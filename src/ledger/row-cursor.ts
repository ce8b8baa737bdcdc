// Where reading goes on: for every writer a place in one of its files. Files only grow, so a place stays what it is.

import { isWriterName } from './segment-files.ts'

export type RowOrder = 'newest' | 'oldest'

/** Between two lines: the file, and how many bytes of it lie before. */
export interface RowPlace {
  readonly segment: number
  readonly offset: number
}

export interface RowCursor {
  readonly order: RowOrder
  readonly places: ReadonlyMap<string, RowPlace>
}

/** Letters, digits, `-` and `_`. */
export function encodeCursor({ order, places }: RowCursor): string {
  return Buffer.from([order, ...[...places].map(([writer, { segment, offset }]) => `${writer} ${segment} ${offset}`)].join(',')).toString('base64url')
}

/** Undefined for what `encodeCursor` never makes. */
export function decodeCursor(text: string): RowCursor | undefined {
  const [order, ...written] = Buffer.from(text, 'base64url').toString('latin1').split(',')
  if (order !== 'newest' && order !== 'oldest') return undefined
  const places = new Map<string, RowPlace>()
  for (const place of written) {
    const match = /^(\S+) (\d{1,12}) (\d{1,15})$/.exec(place)
    if (match?.[1] === undefined || !isWriterName(match[1])) return undefined
    places.set(match[1], { segment: Number(match[2]), offset: Number(match[3]) })
  }
  return { order, places }
}
