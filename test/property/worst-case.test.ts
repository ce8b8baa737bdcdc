// The bound of a request against JSON.parse: no writing of a body (escapes, other cases, names that occur twice, any nesting) gets a picture or
// a tool of the provider past it.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { boundRequest } from '../../src/exchange/worst-case.ts'
import { formatForPath } from '../../src/formats/index.ts'

const chat = formatForPath('/v1/chat/completions')
assert.ok(chat !== undefined)

type Json = string | number | null | readonly Json[] | Members
/** As a list, so that names can occur twice. */
interface Members {
  readonly members: readonly (readonly [name: string, value: Json])[]
}

const names = ['role', 'content', 'text', 'type', 'name', 'refusal', 'tool_calls']
const hostileNames = ['image_url', 'Content', 'TYPE', 'audio', 'file', 'source', '__proto__', 'constructor', '']
const types = ['text', 'refusal']
const hostileTypes = ['image_url', 'Text', 'text ', 'input_audio', 'toString']

const words = fc.oneof(fc.string({ unit: 'binary', maxLength: 20 }), fc.constantFrom('"type":"text"', '\\"}]', 'image_url', 'ü\u0958'))
const value = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    words,
    fc.constantFrom<Json>(...types, ...hostileTypes, null, 1, -0.5e9),
    fc.array(tie('value'), { maxLength: 3 }),
    {
      weight: 3,
      arbitrary: fc.array(fc.tuple(fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...names) }, { weight: 1, arbitrary: fc.constantFrom(...hostileNames) }), tie('value')), { maxLength: 4 }).map((members) => ({ members })),
    },
  ),
})).value
const tool = fc
  .array(fc.tuple(fc.constantFrom('type', 'function', 'strict', 'google_search', 'Type'), fc.oneof(fc.constantFrom<Json>('function', 'custom', 'web_search', null), value)), { minLength: 1, maxLength: 3 })
  .map((members): Json => ({ members }))

/** Writes it as JSON; each character of a text is an escape where `isEscaped` says so, spaces are anywhere. */
function write(json: Json, isEscaped: () => boolean): string {
  const space = (): string => (isEscaped() ? ' \n' : '')
  const text = (content: string): string => {
    const units = Array.from({ length: content.length }, (_unit, index) => content.charCodeAt(index))
    const escaped = (unit: number): string => `\\u${unit.toString(16).padStart(4, '0')}`
    // A half of a pair is no UTF-8.
    return `"${units.map((unit) => (unit < 0x20 || unit === 0x22 || unit === 0x5c || (unit >= 0xd800 && unit < 0xe000) || isEscaped() ? escaped(unit) : String.fromCharCode(unit))).join('')}"`
  }
  if (typeof json === 'string') return text(json)
  if (json === null || typeof json === 'number') return String(json)
  if (!('members' in json)) return `[${space()}${json.map((element) => write(element, isEscaped)).join(`${space()},`)}${space()}]`
  return `{${space()}${json.members.map(([name, member]) => `${text(name)}${space()}:${space()}${write(member, isEscaped)}`).join(`${space()},`)}${space()}}`
}

/** Every member of every object as the provider could see it: those that occur twice, both. */
function allMembers(json: Json): readonly (readonly [name: string, value: Json])[] {
  if (json === null || typeof json !== 'object') return []
  if (!('members' in json)) return json.flatMap(allMembers)
  return json.members.flatMap(([name, member]) => [[name, member] as const, ...(name === 'tool_calls' ? [] : allMembers(member))])
}

function isText(content: Json): boolean {
  return allMembers(content).every(([name, member]) => {
    if (member === null || name === 'content' || name === 'tool_calls') return true
    if (name === 'type') return typeof member === 'string' && types.includes(member)
    return names.includes(name) && typeof member !== 'object'
  })
}

function isOwnTool(json: Json): boolean {
  if (json === null || typeof json !== 'object' || !('members' in json)) return false
  return json.members.every(([name, member]) => member === null || ['function', 'strict', 'name'].includes(name) || (name === 'type' && (member === 'function' || member === 'custom')))
}

/** UTF-8 bytes of all texts, in the form that is longer. */
function textBytes(json: unknown): number {
  if (typeof json === 'string') return Math.max(Buffer.byteLength(json), Buffer.byteLength(json.normalize('NFC')))
  if (typeof json !== 'object' || json === null) return 0
  return Object.entries(json).reduce((sum, [name, member]) => sum + Buffer.byteLength(name) + textBytes(member), 0)
}

function bound(body: Buffer, contextTokens?: number) {
  const parsed = chat?.parseRequest(body, undefined)
  assert.ok(parsed !== undefined)
  return boundRequest({ format: 'openai-chat', body, parsed, model: { clientModel: 'm', ...(contextTokens === undefined ? {} : { contextTokens }) } })
}

const escapes = fc.array(fc.boolean(), { minLength: 1, maxLength: 40 }).map((pattern) => {
  let at = 0
  return () => pattern[at++ % pattern.length] === true
})

describe('the bound of a request', () => {
  it('is by bytes exactly where all is text, however it is written', () => {
    const seen = { bytes: 0, context: 0 }
    fc.assert(
      fc.property(value, fc.boolean(), escapes, (content, isPlain, isEscaped) => {
        const messages = { members: [['messages', content], ['max_tokens', 5]] } as const
        const escaped = isPlain ? () => false : isEscaped
        const body = Buffer.from(write(messages, escaped))
        const result = bound(body)
        const isBounded = isText(content)
        // An escaped name is taken for another one; the other direction has no exception.
        if (!result.ok) assert.ok(!isBounded || !isPlain, body.toString())
        else assert.equal(isBounded, true, body.toString())
        if (result.ok) assert.ok(result.inputTokens >= textBytes(JSON.parse(body.toString())), body.toString())
        if (isBounded) seen.bytes += 1
        else {
          seen.context += 1
          const inContext = bound(body, 777)
          assert.deepEqual([inContext.ok, inContext.ok && inContext.inputTokens], [true, 777], body.toString())
        }
      }),
      { numRuns: 5_000 },
    )
    assert.ok(seen.bytes > 1_000 && seen.context > 1_000, JSON.stringify(seen))
  })

  it('is none with a tool that is not the client’s own, however it is written', () => {
    const seen = { own: 0, foreign: 0 }
    fc.assert(
      fc.property(fc.array(fc.oneof({ weight: 8, arbitrary: tool }, { weight: 1, arbitrary: value }), { maxLength: 2 }), fc.boolean(), escapes, (tools, isPlain, isEscaped) => {
        const request = { members: [['messages', []], ['tools', tools], ['max_tokens', 5]] } as const
        const body = Buffer.from(write(request, isPlain ? () => false : isEscaped))
        const isOwn = tools.every(isOwnTool)
        const result = bound(body, 777)
        if (result.ok) assert.equal(isOwn, true, body.toString())
        else assert.ok(!isOwn || !isPlain, body.toString())
        seen[isOwn ? 'own' : 'foreign'] += 1
      }),
      { numRuns: 5_000 },
    )
    assert.ok(seen.own > 500 && seen.foreign > 1_000, JSON.stringify(seen))
  })

  it('is none with a member that is not known, unless it is null', () => {
    fc.assert(
      fc.property(fc.constantFrom('web_search_options', 'plugins', 'Tools', 'toString', '__proto__', 'x'), value, escapes, (name, member, isEscaped) => {
        const body = Buffer.from(write({ members: [['messages', []], ['max_tokens', 5], [name, member]] }, isEscaped))
        assert.equal(bound(body, 777).ok, member === null, body.toString())
      }),
    )
  })
})
