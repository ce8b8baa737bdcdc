// The scanner and the byte edits against JSON.parse as the oracle, on generated bodies and on broken ones.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { TollgateError } from '../../src/core/errors.ts'
import { scanTopLevel } from '../../src/core/json-scan.ts'
import { parseJsonRequest } from '../../src/formats/json-request.ts'

const fields = { stream: 'stream', hasUsageSwitch: true, maxOutputTokens: ['max_tokens'], choices: ['n'] } as const
const text = fc.string({ unit: 'binary', maxLength: 120 })
const key = fc.oneof(text, fc.constantFrom('messages', 'tools', 'user', '__proto__'))
const object = fc.dictionary(key, fc.jsonValue({ stringUnit: 'binary', maxDepth: 4 }), { maxKeys: 6 })

/** Bodies in several layouts, half of them with every character outside ASCII as an escape. */
const written = fc.tuple(object, fc.constantFrom(undefined, 1, '\t', ' \t '), fc.boolean()).map(([value, indent, isEscaped]) => {
  const json = JSON.stringify(value, undefined, indent)
  // Such characters stand only inside strings.
  return isEscaped ? json.replaceAll(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`) : json
})

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What JSON.parse makes of it, control characters inside strings forgiven: the one documented difference. */
function isJsonObject(body: string): boolean {
  // oxlint-disable-next-line no-control-regex -- control characters are the point
  const forgiven = body.replaceAll(/"(?:[^"\\]|\\[^])*"/g, (string) => string.replaceAll(/[\u0000-\u001f]/g, ' '))
  try {
    return isObject(JSON.parse(forgiven))
  } catch (thrown) {
    assert.ok(thrown instanceof SyntaxError)
    return false
  }
}

function scans(body: string | Buffer): boolean {
  try {
    scanTopLevel(typeof body === 'string' ? Buffer.from(body) : body)
    return true
  } catch (thrown) {
    assert.ok(thrown instanceof TollgateError)
    assert.equal(thrown.code, 'malformed_request')
    return false
  }
}

describe('scanTopLevel against JSON.parse', () => {
  it('finds the same members with the same values', () => {
    fc.assert(
      fc.property(written, (json) => {
        const body = Buffer.from(json)
        const members = scanTopLevel(body).members.map((member) => [
          member.key,
          JSON.parse(body.toString('utf8', member.valueStart, member.valueEnd)) as unknown,
          JSON.parse(body.toString('utf8', member.keyStart, member.keyEnd)) as unknown,
        ])
        const expected = Object.entries(JSON.parse(body.toString()) as object).map(([key, value]) => [key, value, key] as unknown[])
        assert.deepEqual(members.toSorted(byKey), expected.toSorted(byKey))
      }),
      { numRuns: 1_000 },
    )
  })

  it('refuses exactly what JSON.parse refuses, whatever is done to a body', () => {
    const token = fc.constantFrom('true', 'null', '""', '\\u00e9', '-0', '1e5', ',,', '{}', '[1]')
    const piece = fc.oneof(token, fc.constantFrom(...Array.from('{}[]",:\\u0123456789aeEfnrtb.+-/ \n\t\u0001é')))
    const mutation = fc.record({ at: fc.nat(), removed: fc.nat({ max: 3 }), inserted: fc.oneof(fc.constant(''), piece) })
    let refused = 0
    let accepted = 0
    fc.assert(
      fc.property(written, fc.array(mutation, { minLength: 1, maxLength: 2 }), (json, mutations) => {
        let body = json
        for (const { at, removed, inserted } of mutations) {
          const place = at % (body.length + 1)
          body = body.slice(0, place) + inserted + body.slice(place + removed)
        }
        const isAccepted = scans(body)
        if (isAccepted) accepted += 1
        else refused += 1
        assert.equal(isAccepted, isJsonObject(body), body)
      }),
      { numRuns: 10_000 },
    )
    assert.ok(refused > 1_000 && accepted > 500, `the mutations cover both sides: ${refused} refused, ${accepted} accepted`)
  })

  it('agrees on short bodies of nothing but syntax', () => {
    const syntax = fc.array(fc.constantFrom('{', '}', '"', ':', ',', '\\', 'a', '1', '[', ']', '"a":', '"a"'), { maxLength: 8 })
    fc.assert(
      fc.property(syntax, fc.nat({ max: 3 }), (pieces, offset) => {
        const body = `{${pieces.join('')}}`
        // The neighbours in memory are hostile too, and the alignment is anything.
        const memory = Buffer.from(`"\\"${body}"}"\\`.slice(3 - offset))
        const scanned = memory.subarray(offset, offset + body.length)
        assert.equal(scanned.toString(), body)
        assert.equal(scans(scanned), isJsonObject(body), body)
      }),
      { numRuns: 20_000 },
    )
  })

  it('points at the fault', () => {
    fc.assert(
      fc.property(written, fc.nat(), (json, seed) => {
        const body = Buffer.from(json)
        const { members } = scanTopLevel(body)
        fc.pre(members.length > 0)
        const place = members[seed % members.length]?.valueStart ?? 0
        const before = body.toString('utf8', 0, place)
        const line = before.split('\n').length
        const column = Array.from(before.slice(before.lastIndexOf('\n') + 1)).length + 1
        const broken = Buffer.concat([body.subarray(0, place), Buffer.from('?'), body.subarray(place)])
        const message = `The body is not valid JSON: expected a value, found '?' at line ${line}, column ${column}.`
        assert.throws(() => scanTopLevel(broken), { message })
      }),
    )
  })

  it('refuses every beginning of a body', () => {
    fc.assert(
      fc.property(object, fc.nat(), (value, at) => {
        const json = JSON.stringify(value)
        assert.equal(scans(json.slice(0, at % json.length)), false)
      }),
    )
  })
})

describe('parseJsonRequest(…).edit against JSON.parse', () => {
  const watched = new Set(['model', 'stream', 'stream_options', 'max_tokens', 'n'])
  const someModel = fc.option(
    text.filter((model) => model !== ''),
    { nil: undefined },
  )
  const request = fc.tuple(object, someModel, fc.constantFrom(undefined, 1)).map(([value, model, indent]) => {
    const members = Object.entries(value).filter(([name]) => !watched.has(name.toUpperCase().toLowerCase()))
    if (model !== undefined) members.splice(Math.floor(members.length / 2), 0, ['model', model])
    return { json: JSON.stringify(Object.fromEntries(members), undefined, indent), model }
  })

  it('changes the model and nothing else', () => {
    fc.assert(
      fc.property(request, text, ({ json, model }, newModel) => {
        const body = Buffer.from(json)
        const parsed = parseJsonRequest(body, fields)
        const original = JSON.parse(body.toString()) as object
        assert.equal(parsed.model, 'model' in original ? original.model : undefined)
        const edited = parsed.edit({ model: newModel }) ?? body
        assert.deepEqual(JSON.parse(edited.toString()), JSON.parse(JSON.stringify({ ...original, model: newModel })))
        const unchanged = body.length - (model === undefined ? 0 : Buffer.byteLength(JSON.stringify(model)))
        const member = model === undefined ? '"model":'.length + (json.length > 2 ? 1 : 0) : 0
        const added = Buffer.byteLength(JSON.stringify(newModel)) + member
        assert.equal(edited.length, edited === body ? body.length : unchanged + added)
      }),
      { numRuns: 1_000 },
    )
  })

  it('asks for usage and changes nothing else', () => {
    const optionsObject = fc.record({ include_usage: fc.constantFrom(true, false, null), include_obfuscation: fc.jsonValue() }, { requiredKeys: [] })
    const options = fc.oneof(fc.constant(null), optionsObject)
    fc.assert(
      fc.property(request, fc.option(options, { nil: undefined }), fc.constantFrom(undefined, 2), ({ json }, streamOptions, indent) => {
        const original = { ...(JSON.parse(json) as object), stream: true, stream_options: streamOptions }
        const body = Buffer.from(JSON.stringify(original, undefined, indent))
        const edited = parseJsonRequest(body, fields).edit({ askForUsage: true }) ?? body
        const expected = { ...original, stream_options: { ...streamOptions, include_usage: true } }
        assert.deepEqual(JSON.parse(edited.toString()), JSON.parse(JSON.stringify(expected)))
        assert.equal(parseJsonRequest(edited, fields).edit({ askForUsage: true }), undefined)
      }),
      { numRuns: 1_000 },
    )
  })

  it('lowers the bound on the output and changes nothing else', () => {
    const bound = fc.option(fc.oneof(fc.nat({ max: 300 }), fc.jsonValue()), { nil: undefined })
    fc.assert(
      fc.property(request, bound, bound, fc.integer({ min: 1, max: 200 }), fc.constantFrom(undefined, 2), ({ json }, first, second, limit, indent) => {
        const original = { ...(JSON.parse(json) as object), max_completion_tokens: first, max_tokens: second }
        const names = { ...fields, maxOutputTokens: ['max_completion_tokens', 'max_tokens'] }
        const body = Buffer.from(JSON.stringify(original, undefined, indent))
        const edited = parseJsonRequest(body, names).edit({ maxOutputTokens: limit }) ?? body
        const isKept = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 1 && Number(value) <= limit
        const lower = (value: unknown): unknown => (value === undefined || value === null || isKept(value) ? value : limit)
        const isBounded = [first, second].some((value) => value !== undefined && value !== null)
        const expected = { ...original, max_completion_tokens: lower(first), max_tokens: isBounded ? lower(second) : limit }
        assert.deepEqual(JSON.parse(edited.toString()), JSON.parse(JSON.stringify(expected)))
        assert.equal(parseJsonRequest(edited, names).edit({ maxOutputTokens: limit }), undefined)
      }),
      { numRuns: 1_000 },
    )
  })
})

function byKey(left: readonly unknown[], right: readonly unknown[]): number {
  return String(left[0]) < String(right[0]) ? -1 : 1
}
