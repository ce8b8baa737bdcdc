// The name of a counter: budget, unit, window and caller in one printable text, which no other caller's values can be made to equal.

import { createHash } from 'node:crypto'
import type { Budget, BudgetUnit } from './budget.ts'

/** Fields are joined by `|`, so that a prefix of whole fields names all counters of a budget, or of its current window. */
const SEPARATOR = '|'
/** Stands between the beginning of callers that are too long and the hash of all of it; never in an escaped text. */
const CUT_MARK = '~'
/** What every store takes. */
const MAX_KEY_LENGTH = 1_000
const HASH_LENGTH = 64

/** What of a budget makes its counters others: with another unit or length, what was counted before means something else. */
type CountedBudget = Pick<Budget, 'name' | 'per' | 'unit' | 'window'>

export interface CounterName {
  readonly budget: string
  /** What unitField makes of it. */
  readonly unit: string
  /** Without those that the caller does not have. The last one ends in `…` where `whole` is false. */
  readonly attributes: ReadonlyMap<string, string>
  /** Milliseconds since 1970; undefined: the window slides. */
  readonly windowStartMs: number | undefined
  /** False: the caller's values were too long, and some of them are only in the hash. */
  readonly whole: boolean
}

/**
 * `user-hour|tokens|1764550800|user=alice`: the start of the window is in seconds since 1970, a window that slides is `last3600`, an attribute that the
 * caller does not have is its name alone. `windowStartMs` is not needed where the window slides. At most 1,000 characters.
 */
export function counterKey(budget: CountedBudget, attributes: ReadonlyMap<string, string>, windowStartMs: number | undefined): string {
  const head = windowPrefix(budget, windowStartMs)
  const caller = budget.per.map((name) => callerField(name, attributes.get(name))).join(SEPARATOR)
  const room = MAX_KEY_LENGTH - head.length
  if (caller.length <= room) return head + caller
  const hash = createHash('sha256').update(caller).digest('hex')
  return `${head}${caller.slice(0, room - CUT_MARK.length - HASH_LENGTH)}${CUT_MARK}${hash}`
}

/** What the keys of all counters of a budget in one window begin with, and those of no other. */
export function windowPrefix({ name, unit, window }: CountedBudget, windowStartMs: number | undefined): string {
  const windowField = window.kind === 'sliding' ? `last${window.lengthMs / 1000}` : `${(windowStartMs ?? 0) / 1000}`
  return `${name}${SEPARATOR}${unitField(unit)}${SEPARATOR}${windowField}${SEPARATOR}`
}

/** Undefined for what `counterKey` never makes. */
export function parseCounterKey(key: string): CounterName | undefined {
  const [budget = '', unit = '', windowField = '', ...callerFields] = key.split(SEPARATOR)
  const window = /^(last)?(-?\d+(?:\.\d+)?)$/.exec(windowField)
  if (window === null || callerFields.length === 0) return undefined
  const [caller = '', hash] = callerFields.join(SEPARATOR).split(CUT_MARK)
  return {
    budget,
    unit,
    attributes: parseCaller(caller, hash === undefined),
    windowStartMs: window[1] === undefined ? Math.round(Number(window[2]) * 1000) : undefined,
    whole: hash === undefined,
  }
}

/** As in the configuration; a named cost as `cost:credits`. */
export function unitField(unit: BudgetUnit): string {
  return unit.kind === 'cost' ? `cost:${unit.name}` : unit.kind
}

function callerField(name: string, value: string | undefined): string {
  return value === undefined ? name : `${name}=${escapeValue(value)}`
}

function parseCaller(text: string, whole: boolean): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>()
  const fields = text.split(SEPARATOR)
  for (const [index, field] of fields.entries()) {
    const at = field.indexOf('=')
    if (at === -1) continue
    const isCut = !whole && index === fields.length - 1
    const value = field.slice(at + 1)
    attributes.set(field.slice(0, at), isCut ? `${unescapeValue(value.replace(/%(?:[0-9a-f]?|u[0-9a-f]{0,3})$/, ''))}…` : unescapeValue(value))
  }
  return attributes
}

// By UTF-16 units, because half a surrogate pair is a value too, and one that UTF-8 cannot tell from another.
function escapeValue(value: string): string {
  return value.replace(/[^A-Za-z0-9_.@:/+-]/g, (unit) => {
    const code = unit.charCodeAt(0).toString(16)
    return code.length <= 2 ? `%${code.padStart(2, '0')}` : `%u${code.padStart(4, '0')}`
  })
}

function unescapeValue(text: string): string {
  return text.replace(/%(?:u([0-9a-f]{4})|([0-9a-f]{2}))/g, (_, long: string | undefined, short: string | undefined) => String.fromCharCode(Number.parseInt(long ?? short ?? '', 16)))
}
