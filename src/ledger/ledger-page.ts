// `GET /ledger`: rows of the ledger, as a page of JSON or as a file.

import type { Clock } from '../core/clock.ts'
import { TollgateError } from '../core/errors.ts'
import { type ExportFormat, exportContentTypes, exportRows } from './export-rows.ts'
import type { ListedRow } from './listed-row.ts'
import { momentRule, parseMoment } from './parse-moment.ts'
import { readRowPage, streamRows } from './read-rows.ts'
import { decodeCursor, encodeCursor, type RowCursor, type RowOrder } from './row-cursor.ts'
import type { RowQuery } from './row-query.ts'
import { type ShownRow, showRow } from './shown-row.ts'

export interface LedgerAnswer {
  readonly status: number
  readonly contentType: string
  /** Pieces are made as they are asked for. */
  readonly body: string | AsyncIterable<string>
}

/** The JSON of a page. */
export interface ShownRows {
  readonly rows: readonly ShownRow[]
  /** For `cursor`, with the same other parameters; missing: there are no more. There may be a next page although this one is short or empty. */
  readonly next?: string
}

export interface LedgerPageOptions {
  readonly directory: string
  /** The attributes that callers may have now; others are asked for with `caller.` before their name. */
  readonly attributes: () => Iterable<string>
  readonly clock: Clock
}

const DEFAULT_LIMIT = 100
const MAX_LIMIT = 1_000
/** Before a parameter's name: it is an attribute, whatever it is called. */
const ATTRIBUTE_PREFIX = 'caller.'
const FORMATS = ['json', 'jsonl', 'csv'] as const
const ORDERS = ['newest', 'oldest'] as const

interface PageQuery extends RowQuery {
  readonly order: RowOrder
  readonly format: 'json' | ExportFormat
  /** Undefined: as many as there are in a file, DEFAULT_LIMIT on a page. */
  readonly limit: number | undefined
  readonly cursor: RowCursor | undefined
}

/** Rejects with a TollgateError (`malformed_request`) that names the parameter which is wrong. */
export function createLedgerPage({ directory, attributes, clock }: LedgerPageOptions): (query: URLSearchParams) => Promise<LedgerAnswer> {
  return async (parameters) => {
    const { order, format, limit, cursor, ...query } = parseQuery(parameters, { attributes: [...attributes()], nowMs: clock.now() })
    if (format !== 'json') return { status: 200, contentType: exportContentTypes[format], body: exportRows(atMost(streamRows({ directory, query, order }), limit), format) }
    const { rows, next } = await readRowPage({ directory, query, order, limit: limit ?? DEFAULT_LIMIT, cursor })
    const shown: ShownRows = { rows: rows.map(showRow), ...(next === undefined ? {} : { next: encodeCursor(next) }) }
    return { status: 200, contentType: 'application/json', body: `${JSON.stringify(shown)}\n` }
  }
}

async function* atMost(batches: AsyncIterable<readonly ListedRow[]>, limit = Number.POSITIVE_INFINITY): AsyncGenerator<readonly ListedRow[], void, undefined> {
  let left = limit
  for await (const rows of batches) {
    yield rows.slice(0, left)
    left -= rows.length
    if (left <= 0) return
  }
}

function parseQuery(parameters: URLSearchParams, known: { readonly attributes: readonly string[]; readonly nowMs: number }): PageQuery {
  const where = new Map<string, string>()
  const given = new Map<string, string>()
  for (const [name, value] of parameters) {
    if (given.has(name)) throw wrong(name, 'given twice')
    given.set(name, value)
    if (!isOwnParameter(name)) where.set(parseAttribute(name, known.attributes), value)
  }
  const text = (name: OwnParameter): string | undefined => given.get(name)
  const format = oneOf('format', text('format') ?? 'json', FORMATS)
  const order = oneOf('order', text('order') ?? 'newest', ORDERS)
  const from = parseTime('from', text('from'), known.nowMs)
  const to = parseTime('to', text('to'), known.nowMs)
  return {
    where,
    order,
    format,
    limit: parseLimit(text('limit'), format),
    cursor: parseCursor(text('cursor'), { order, format }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...Object.fromEntries((['model', 'provider', 'budget', 'id'] as const).flatMap((name) => (text(name) === undefined ? [] : [[name, text(name)]]))),
  }
}

const OWN_PARAMETERS = ['from', 'to', 'model', 'provider', 'budget', 'id', 'order', 'limit', 'format', 'cursor'] as const
type OwnParameter = (typeof OWN_PARAMETERS)[number]

function isOwnParameter(name: string): boolean {
  return OWN_PARAMETERS.some((own) => own === name)
}

function parseAttribute(parameter: string, attributes: readonly string[]): string {
  if (parameter.startsWith(ATTRIBUTE_PREFIX)) return parameter.slice(ATTRIBUTE_PREFIX.length)
  if (attributes.includes(parameter)) return parameter
  throw wrong(parameter, `no caller has such an attribute; known: ${[...OWN_PARAMETERS, ...attributes].join(', ')}, and ${ATTRIBUTE_PREFIX}NAME for attributes that callers once had`)
}

function parseTime(parameter: string, text: string | undefined, nowMs: number): string | undefined {
  const time = text === undefined ? undefined : parseMoment(text, nowMs)
  if (text !== undefined && time === undefined) throw wrong(parameter, `allowed: ${momentRule}`)
  return time
}

function parseLimit(text: string | undefined, format: PageQuery['format']): number | undefined {
  if (text === undefined) return undefined
  const limit = /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (limit >= 1 && (limit <= MAX_LIMIT || format !== 'json')) return limit
  throw wrong('limit', format === 'json' ? `allowed: a number from 1 to ${MAX_LIMIT}` : 'allowed: a number from 1')
}

function parseCursor(text: string | undefined, { order, format }: Pick<PageQuery, 'order' | 'format'>): RowCursor | undefined {
  if (text === undefined) return undefined
  if (format !== 'json') throw wrong('cursor', 'only with format=json; the others give all rows at once')
  const cursor = decodeCursor(text)
  if (cursor?.order === order) return cursor
  throw wrong('cursor', 'allowed: what `next` said in an answer to the same question')
}

function oneOf<Value extends string>(parameter: string, text: string, values: readonly Value[]): Value {
  const found = values.find((value) => value === text)
  if (found !== undefined) return found
  throw wrong(parameter, `allowed: ${values.join(', ')}`)
}

function wrong(parameter: string, problem: string): TollgateError {
  return new TollgateError('malformed_request', `The parameter ${JSON.stringify(parameter)}: ${problem}.`)
}
