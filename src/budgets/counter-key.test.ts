import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Budget, WindowSpec } from './budget.ts'
import { counterKey, parseCounterKey, windowPrefix } from './counter-key.ts'

const hour: WindowSpec = { kind: 'fixed', lengthMs: 3_600_000 }
const budget = (changes: Partial<Pick<Budget, 'name' | 'per' | 'unit' | 'window'>> = {}) => ({ name: 'user-hour', per: ['user'], unit: { kind: 'tokens' }, window: hour, ...changes }) as const
const startMs = 1_764_550_800_000

/** Any UTF-16 text, half surrogate pairs and our own separators among it. */
const value = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 12 }).map((units) => String.fromCharCode(...units)),
  fc.string({ unit: fc.constantFrom('|', '=', '%', '~', 'u', '4', '1', 'a', '…'), maxLength: 8 }),
)
const caller = fc.dictionary(fc.constantFrom('user', 'team', 'project'), value).map((found) => new Map(Object.entries(found)))
const per = ['user', 'team', 'project']

describe('counterKey', () => {
  it('can be read by people', () => {
    const attributes = new Map([['user', 'alice@example.com'], ['team', 'ops']])
    assert.equal(counterKey(budget(), attributes, startMs), 'user-hour|tokens|1764550800|user=alice@example.com')
    assert.equal(counterKey(budget({ per: ['team', 'user'] }), new Map([['user', 'a|b €']]), startMs), 'user-hour|tokens|1764550800|team|user=a%7cb%20%u20ac')
    assert.equal(counterKey(budget({ per: [], unit: { kind: 'cost', name: 'credits' } }), attributes, startMs), 'user-hour|cost:credits|1764550800|')
    assert.equal(counterKey(budget({ window: { kind: 'sliding', lengthMs: 90_500 } }), attributes, undefined), 'user-hour|tokens|last90.5|user=alice@example.com')
  })

  it('gives back what it was made of', () => {
    const window = fc.option(fc.integer({ min: 0, max: Date.UTC(9999, 0) }), { nil: undefined })
    fc.assert(
      fc.property(caller, window, (attributes, windowStartMs) => {
        const counted = budget({ per, window: windowStartMs === undefined ? { kind: 'sliding', lengthMs: 3_600_000 } : hour })
        const key = counterKey(counted, attributes, windowStartMs)
        assert.match(key, /^[!-~]{1,1000}$/)
        assert.ok(key.startsWith(windowPrefix(counted, windowStartMs)))
        assert.deepEqual(parseCounterKey(key), { budget: 'user-hour', unit: 'tokens', attributes, windowStartMs, whole: true })
      }),
      { numRuns: 2000 },
    )
  })

  it('is different for different callers, however long', () => {
    const long = fc.tuple(caller, fc.constantFrom('', 'x'.repeat(980), '€'.repeat(300))).map(([attributes, more]) => new Map([...attributes].map(([name, text]) => [name, more + text])))
    fc.assert(
      fc.property(long, long, (first, second) => {
        const [firstKey, secondKey] = [first, second].map((attributes) => counterKey(budget({ per }), attributes, startMs))
        const isSame = per.every((name) => first.get(name) === second.get(name))
        assert.equal(firstKey === secondKey, isSame)
      }),
      { numRuns: 2000 },
    )
  })

  it('is at most 1,000 characters long, whatever a caller calls himself', () => {
    const longest = budget({ name: 'n'.repeat(63), per, unit: { kind: 'cost', name: 'c'.repeat(63) } })
    for (const text of ['€'.repeat(5_000), 'a'.repeat(5_000), `${'a'.repeat(700)}|€`]) {
      const key = counterKey(longest, new Map(per.map((name) => [name, text])), startMs)
      assert.match(key, /^[!-~]{1000}$/)
      const parsed = parseCounterKey(key)
      assert.equal(parsed?.whole, false)
      const beginning = [...(parsed?.attributes.values() ?? [])].at(-1) ?? ''
      assert.ok(beginning.endsWith('…') && text.startsWith(beginning.slice(0, -1)), beginning)
    }
  })

  it('tells a caller without the attribute from one with an empty one', () => {
    assert.notEqual(counterKey(budget(), new Map(), startMs), counterKey(budget(), new Map([['user', '']]), startMs))
  })

  it('is another one for another unit or length, since what was counted means something else then', () => {
    const keys = [budget(), budget({ unit: { kind: 'usd' } }), budget({ unit: { kind: 'cost', name: 'usd' } })].map((counted) => counterKey(counted, new Map(), startMs))
    const sliding = [3_600_000, 7_200_000].map((lengthMs) => counterKey(budget({ window: { kind: 'sliding', lengthMs } }), new Map(), undefined))
    assert.equal(new Set([...keys, ...sliding]).size, 5)
  })

  it('is the only thing that its parser takes', () => {
    for (const text of ['', 'user-hour', 'a|b|c', 'a|tokens|x|user=1', 'a|tokens|176', 'a|tokens|last|']) assert.equal(parseCounterKey(text), undefined, text)
  })
})
