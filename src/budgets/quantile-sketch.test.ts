import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { HALF_LIFE, MAX_VALUE, QuantileSketch, RELATIVE_ERROR } from './quantile-sketch.ts'

const value = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20_000 }), fc.integer({ min: 1, max: MAX_VALUE }))
const values = fc.array(value, { minLength: 1, maxLength: 400 })
const share = fc.double({ min: 0.01, max: 1, noNaN: true })

function sketchOf(observed: readonly number[]): QuantileSketch {
  const sketch = new QuantileSketch()
  for (const one of observed) sketch.add(one)
  return sketch
}

/** The exact weighted quantiles a little below and a little above `q`: sums of weights are not exact to the last digit. */
function exactAround(observed: readonly number[], q: number): readonly [number, number] {
  const weighted = observed.map((one, index) => ({ one, weight: 2 ** ((index + 1 - observed.length) / HALF_LIFE) })).toSorted((left, right) => left.one - right.one)
  const total = weighted.reduce((sum, { weight }) => sum + weight, 0)
  const at = (rank: number): number => {
    let below = 0
    for (const { one, weight } of weighted) {
      below += weight
      if (below >= rank) return one
    }
    return weighted.at(-1)?.one ?? 0
  }
  // What weighs less than 2^-10 may be forgotten already.
  return [at((q - 0.001) * total), at((q + 0.001) * total)]
}

function isNear(quantile: number | undefined, [low, high]: readonly [number, number]): boolean {
  return quantile !== undefined && quantile >= low * (1 - RELATIVE_ERROR) - 1e-6 && quantile <= high * (1 + RELATIVE_ERROR) + 1
}

describe('a quantile sketch', () => {
  it('says quantiles to 5 %, the newest observations counting most', () => {
    fc.assert(
      fc.property(values, share, (observed, q) => {
        const quantile = sketchOf(observed).quantile(q)
        const around = exactAround(observed, q)
        assert.ok(isNear(quantile, around), `${quantile} is not ${around.join(' … ')}`)
      }),
      { numRuns: 2_000 },
    )
  })

  it('learns the same from parts that are merged in order', () => {
    fc.assert(
      fc.property(values, fc.array(fc.nat({ max: 400 }), { maxLength: 4 }), share, (observed, cuts, q) => {
        const merged = new QuantileSketch()
        const places = [0, ...cuts.map((cut) => cut % observed.length).toSorted((left, right) => left - right), observed.length]
        for (const [index, place] of places.entries()) merged.merge(sketchOf(observed.slice(places[index - 1] ?? 0, place)))
        assert.equal(merged.count, observed.length)
        assert.ok(isNear(merged.quantile(q), exactAround(observed, q)))
      }),
      { numRuns: 1_000 },
    )
  })

  it('survives being written as JSON', () => {
    fc.assert(
      fc.property(values, share, (observed, q) => {
        const json: unknown = JSON.parse(JSON.stringify(sketchOf(observed).toJson()))
        const read = QuantileSketch.fromJson(json)
        assert.equal(read?.count, observed.length)
        assert.ok(isNear(read?.quantile(q), exactAround(observed, q)))
        assert.deepEqual(read?.toJson(), json)
      }),
    )
  })

  it('has learned new habits after a few hundred answers, upwards and downwards', () => {
    const sketch = sketchOf([...Array.from({ length: 5_000 }, () => 100), ...Array.from({ length: 20 }, () => 1_000)])
    assert.ok(isNear(sketch.quantile(0.95), [1_000, 1_000]))
    for (let answer = 0; answer < 500; answer += 1) sketch.add(10)
    assert.ok(isNear(sketch.quantile(0.95), [10, 10]))
  })

  it('stays small, whatever it is told and for however long', () => {
    const sketch = new QuantileSketch()
    for (let answer = 0; answer < 100_000; answer += 1) sketch.add(2 ** ((answer * 7) % 32))
    for (let answer = 0; answer < 100_000; answer += 1) sketch.add(((answer * 48_271) % MAX_VALUE) + 1)
    assert.ok(sketch.toJson().length < 2 * 300)
    for (let answer = 0; answer < 3 * 10 * HALF_LIFE; answer += 1) sketch.add(5)
    assert.equal(sketch.toJson().length, 3)
  })

  it('holds what is beyond its ends at its ends', () => {
    assert.equal(sketchOf([-5]).quantile(1), 1)
    assert.equal(sketchOf([0]).quantile(1), 1)
    assert.ok(isNear(sketchOf([1e300]).quantile(1), [MAX_VALUE, MAX_VALUE]))
    assert.equal(new QuantileSketch().quantile(0.5), undefined)
  })

  it('does not believe JSON that it has not written', () => {
    const wrong = [null, {}, 'x', [], [1, 2], ['1'], [-1], [1.5], [1, -1, 1], [1, 217, 1], [1, 0.5, 1], [1, 1, 0], [1, 1, -1], [1, 1, 2], [1, 1, '1'], [1, 1, Number.NaN]]
    for (const json of wrong) assert.equal(QuantileSketch.fromJson(json), undefined, JSON.stringify(json))
    assert.equal(QuantileSketch.fromJson([0])?.count, 0)
  })
})
