import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createEstimator, type Estimator, type ExpectedRequest, MIN_ANSWERS } from './estimator.ts'
import type { ObservedAnswer } from './habits.ts'

function ask(estimator: Estimator, request: Partial<ExpectedRequest> = {}) {
  return estimator.expect({ callerKey: 'alice', model: { clientModel: 'gpt-4o' }, inputGuess: 100, priorOutputTokens: 256, maxOutputTokens: undefined, choices: 1, ...request })
}

function output(estimator: Estimator, request: Partial<ExpectedRequest> = {}): number {
  return ask(estimator, request).outputTokens
}

function teach(estimator: Estimator, times: number, { inputTokens = 100, outputTokens = 50, ...answer }: Partial<ObservedAnswer> & { inputTokens?: number; outputTokens?: number } = {}): void {
  for (let time = 0; time < times; time += 1) {
    estimator.learn({ callerKey: 'alice', model: 'gpt-4o', inputGuess: 100, usage: { inputTokens, outputTokens, flags: [] }, choices: 1, ...answer })
  }
}

function assertNear(value: number, expected: number, share = 0.06): void {
  assert.ok(Math.abs(value - expected) <= share * expected + 1, `${value} is not about ${expected}`)
}

describe('what is expected of a request', () => {
  it('is the prior until the model has answered often enough', () => {
    const estimator = createEstimator()
    assert.deepEqual(ask(estimator), { inputTokens: 100, outputTokens: 256 })
    teach(estimator, MIN_ANSWERS - 1, { outputTokens: 9_000, inputTokens: 300 })
    assert.deepEqual(ask(estimator), { inputTokens: 100, outputTokens: 256 })
    teach(estimator, 1, { outputTokens: 9_000, inputTokens: 300 })
    assert.ok(output(estimator) > 1_000)
    assert.ok(ask(estimator).inputTokens > 150)
  })

  it('is what is usual for the model until the caller has got answers enough', () => {
    const estimator = createEstimator()
    teach(estimator, 2_000, { callerKey: 'bob', outputTokens: 1_000 })
    teach(estimator, MIN_ANSWERS - 1, { outputTokens: 10 })
    assertNear(output(estimator), 1_000)
    teach(estimator, 1, { outputTokens: 10 })
    assert.ok(output(estimator) < 150)
    teach(estimator, 300, { outputTokens: 10 })
    assert.ok(output(estimator) < 20)
    assertNear(output(estimator, { callerKey: 'bob' }), 1_000)
    assert.equal(output(estimator, { model: { clientModel: 'other' } }), 256)
  })

  it('trusts few answers half', () => {
    const estimator = createEstimator()
    teach(estimator, MIN_ANSWERS, { callerKey: 'bob', outputTokens: 4_096 })
    assertNear(output(estimator), 1_024)
  })

  it('is a high percentile, not the mean and not the longest', () => {
    const estimator = createEstimator({ percentile: 0.95 })
    for (let round = 0; round < 200; round += 1) {
      teach(estimator, 9, { outputTokens: 100 })
      teach(estimator, 1, { outputTokens: round % 10 === 0 ? 50_000 : 400 })
    }
    assertNear(output(estimator), 400, 0.1)
  })

  it('corrects the guess of the input by what inputs of that size really were', () => {
    const estimator = createEstimator()
    teach(estimator, 2_000, { inputGuess: 100, inputTokens: 150 })
    teach(estimator, 2_000, { inputGuess: 10_000, inputTokens: 8_000 })
    assertNear(ask(estimator, { inputGuess: 120 }).inputTokens, 180)
    assertNear(ask(estimator, { inputGuess: 12_000 }).inputTokens, 9_600)
    assert.equal(ask(estimator, { inputGuess: 1_000_000 }).inputTokens, 1_000_000)
  })

  it('is never more than the client, the model or its context allow, for each choice', () => {
    const estimator = createEstimator()
    assert.equal(output(estimator, { maxOutputTokens: 40, choices: 3 }), 120)
    assert.equal(output(estimator, { model: { clientModel: 'gpt-4o', maxOutputTokens: 100 }, maxOutputTokens: 4_000 }), 100)
    assert.deepEqual(ask(estimator, { model: { clientModel: 'gpt-4o', contextTokens: 50 } }), { inputTokens: 50, outputTokens: 50 })
    assert.equal(output(estimator, { maxOutputTokens: 0 }), 0)
  })

  it('learns of one choice when there were several', () => {
    const estimator = createEstimator()
    teach(estimator, 2_000, { outputTokens: 400, choices: 4 })
    assertNear(output(estimator), 100)
    assertNear(output(estimator, { choices: 4 }), 400)
  })

  it('has no output where the format has none', () => {
    const estimator = createEstimator()
    teach(estimator, 100, { outputTokens: 500 })
    assert.equal(output(estimator, { priorOutputTokens: 0 }), 0)
  })

  it('is not learned from what no provider has counted', () => {
    const estimator = createEstimator()
    for (const usage of [
      { inputTokens: 900, outputTokens: 9_000, flags: ['estimated' as const] },
      { inputTokens: undefined, outputTokens: undefined, flags: [] },
    ]) teach(estimator, 100, { usage })
    assert.deepEqual(ask(estimator), { inputTokens: 100, outputTokens: 256 })
    teach(estimator, 500, { usage: { inputTokens: 200, outputTokens: undefined, flags: [] } })
    assert.equal(output(estimator), 256)
    assertNear(ask(estimator).inputTokens, 200)
    teach(estimator, 500, { outputTokens: 0 })
    assert.equal(output(estimator), 256)
  })

  it('is what is usual again for a caller that was forgotten', () => {
    const estimator = createEstimator({ maxCallers: 2 })
    teach(estimator, 100, { outputTokens: 10 })
    for (const callerKey of ['bob', 'carol']) teach(estimator, 1_000, { callerKey, outputTokens: 1_000 })
    assertNear(output(estimator), 1_000)
    assert.equal(estimator.toJson({ maxCallers: 9 }).callers.length, 2)
  })

  it('knows callers with keys without measure by their model only', () => {
    const estimator = createEstimator()
    teach(estimator, 100, { callerKey: 'x'.repeat(10_000), outputTokens: 1_000 })
    assert.ok(output(estimator) > 700)
    assert.deepEqual(estimator.toJson({ maxCallers: 9 }).callers, [])
  })

  it('is the same after a restart, and tells others what it learns', () => {
    const told: ObservedAnswer[] = []
    const estimator = createEstimator({ onLearn: (answer) => told.push(answer) })
    teach(estimator, 40, { outputTokens: 77, inputTokens: 130 })
    teach(estimator, 40, { callerKey: 'bob', outputTokens: 900 })
    assert.equal(told.length, 80)
    const restarted = createEstimator()
    restarted.merge(JSON.parse(JSON.stringify(estimator.toJson({ maxCallers: 9 }))))
    for (const callerKey of ['alice', 'bob', 'carol']) assert.deepEqual(ask(restarted, { callerKey }), ask(estimator, { callerKey }))
    const small = createEstimator({ maxCallers: 1 })
    small.merge(estimator.toJson({ maxCallers: 9 }))
    assert.deepEqual(small.toJson({ maxCallers: 9 }).callers, estimator.toJson({ maxCallers: 1 }).callers)
    const known = createEstimator()
    known.merge(estimator.toJson({ maxCallers: 1 }))
    assert.deepEqual([ask(known, { callerKey: 'bob' }), ask(known)], [ask(estimator, { callerKey: 'bob' }), ask(estimator, { callerKey: 'carol' })])
  })

  it('is not changed by a state that is none', () => {
    const estimator = createEstimator()
    for (const json of [undefined, null, 7, [], { models: 1, callers: {} }, { models: [1, [], ['gpt-4o\noutput'], [5, [50, 3, 50]], ['gpt-4o\noutput', [50, 3, -1]]], callers: [['x'.repeat(600), [1, 1, 1]]] }]) {
      estimator.merge(json)
    }
    assert.deepEqual(ask(estimator), { inputTokens: 100, outputTokens: 256 })
    assert.deepEqual(estimator.toJson({ maxCallers: 9 }), { models: [], callers: [] })
  })
})
