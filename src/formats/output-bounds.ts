// The bounds that a client sets on the output of a request: read for what every server makes of them, and lowered where they stand.

import { type JsonMember, scanTopLevel } from '../core/json-scan.ts'
import type { Splice } from './splice-bytes.ts'

type Members = ReadonlyMap<string, JsonMember>

export interface Counts {
  /** Undefined when none is given. */
  readonly largest: number | undefined
  /** Names of those that are given and are no integer from `clearFrom` on. */
  readonly unclear: readonly string[]
}

export interface CountsToRead {
  readonly names: readonly string[]
  /** The smallest that counts for anything. */
  readonly minimum: number
  /** The smallest that all servers read alike. */
  readonly clearFrom: number
}

/** Numbers of a wrong type are the provider's to refuse: they count for nothing. */
export function readCounts(body: Buffer, members: Members, { names, minimum, clearFrom }: CountsToRead): Counts {
  let largest: number | undefined
  const unclear: string[] = []
  for (const name of names) {
    const member = members.get(name)
    if (member === undefined || isNull(body, member)) continue
    const value = readNumber(body, member)
    if (Number.isSafeInteger(value) && value >= minimum && value > (largest ?? -1)) largest = value
    if (!Number.isSafeInteger(value) || value < clearFrom) unclear.push(name)
  }
  return { largest, unclear }
}

export interface BoundsToLower {
  readonly members: Members
  /** Where there are several, the first is what OpenAI itself wants, the last what everybody else reads. */
  readonly names: readonly string[]
  readonly clearFrom: number
  readonly limit: number
  readonly isForOpenAi: boolean
}

/** Changes of what is there, and a member that is not. */
export interface MemberEdit {
  readonly splices?: readonly Splice[]
  readonly added?: string
}

/** Afterwards no server reads a bound above `limit`, nor none. */
export function lowerBounds(body: Buffer, { members, names, clearFrom, limit, isForOpenAi }: BoundsToLower): MemberEdit {
  const given = names.flatMap((name) => members.get(name) ?? []).filter((member) => !isNull(body, member))
  const isLowEnough = (value: number): boolean => Number.isSafeInteger(value) && value >= clearFrom && value <= limit
  if (given.length > 0) return { splices: given.filter((member) => !isLowEnough(readNumber(body, member))).map((member) => replaceValue(member, limit)) }
  const name = isForOpenAi ? names[0] : names.at(-1)
  if (name === undefined) return {}
  const empty = members.get(name)
  return empty === undefined ? { added: `"${name}":${limit}` } : { splices: [replaceValue(empty, limit)] }
}

/**
 * The largest `budget_tokens` of Anthropic's `thinking`: max_tokens must be larger (docs.anthropic.com, "Extended thinking"). 0 when there is
 * none. Should it be there twice, or belong to thinking that is off, the bound is only lowered less than it could be.
 */
export function readThinkingBudget(body: Buffer, thinking: JsonMember | undefined): number {
  if (thinking === undefined || body[thinking.valueStart] !== 0x7b) return 0
  const value = body.subarray(thinking.valueStart, thinking.valueEnd)
  const budgets = scanTopLevel(value).members.filter(({ key }) => key === 'budget_tokens').map((member) => readNumber(value, member))
  return Math.max(0, ...budgets.filter((budget) => Number.isSafeInteger(budget)))
}

function replaceValue({ valueStart, valueEnd }: JsonMember, limit: number): Splice {
  return { start: valueStart, end: valueEnd, text: String(limit) }
}

function readNumber(body: Buffer, { valueStart, valueEnd }: JsonMember): number {
  return Number(body.toString('latin1', valueStart, valueEnd))
}

function isNull(body: Buffer, member: JsonMember): boolean {
  return body[member.valueStart] === 0x6e
}
