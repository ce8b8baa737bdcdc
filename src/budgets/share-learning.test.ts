import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { logToArray } from '../../test/support/log-to-array.ts'
import { silentLog } from '../core/log.ts'
import { createEstimator, type Estimator } from './estimator.ts'
import { type LearningBoard, type SharedLearning, shareLearning } from './share-learning.ts'

/** A Redis in memory, with one round trip for all that is asked at once. */
function fakeBoard() {
  const values = new Map<string, string>()
  const expiries = new Map<string, number>()
  const streams = new Map<string, { id: number; fields: readonly string[] }[]>()
  const state = { commands: 0, trips: 0, isAsking: false, failure: undefined as 'before' | 'after' | undefined, lastLength: 0 }
  let lastId = 0

  async function answer<Value>(command: () => Value): Promise<Value> {
    state.commands += 1
    if (!state.isAsking) {
      state.isAsking = true
      state.trips += 1
      queueMicrotask(() => (state.isAsking = false))
    }
    if (state.failure === 'before') throw new Error('the connection is closed')
    const value = command()
    await Promise.resolve()
    if (state.failure === 'after') throw new Error('command timed out')
    return value
  }

  const board: LearningBoard = {
    xadd: (key, _maxLength, _about, length, _id, field, value) =>
      answer(() => {
        lastId += 1
        state.lastLength = length
        streams.set(key, [...(streams.get(key) ?? []), { id: lastId, fields: [field, value] }].slice(-length))
      }),
    xrange: (key, start, _end, _count, entries) =>
      answer(() => {
        const [, from = '0'] = start.split('-')
        return (streams.get(key) ?? []).filter(({ id }) => id >= Number(from)).slice(0, entries).map(({ id, fields }) => [`0-${id}`, fields] as const)
      }),
    get: (key) => answer(() => values.get(key) ?? null),
    set: (key, value, _unit, milliseconds) =>
      answer(() => {
        values.set(key, value)
        expiries.set(key, milliseconds)
      }),
    pexpire: (key, milliseconds) => answer(() => expiries.set(key, milliseconds)),
  }
  return { board, state, values, expiries, streams }
}

interface Process {
  readonly estimator: Estimator
  readonly shared: SharedLearning
  teach(callerKey: string, outputTokens: number, times?: number): void
  /** Answers known of a caller, or of the model. */
  count(callerKey?: string): number
}

let processes = 0

function startProcess(board: LearningBoard): Process {
  const estimator = createEstimator({ onLearn: (answer) => shared.learned(answer) })
  processes += 1
  const shared = shareLearning({ board, estimator, writer: `process-${processes}`, log: silentLog })
  return {
    estimator,
    shared,
    teach(callerKey, outputTokens, times = 1) {
      for (let time = 0; time < times; time += 1) {
        estimator.learn({ callerKey, model: 'm', inputGuess: 100, usage: { inputTokens: 100, outputTokens, flags: [] }, choices: 1 })
      }
    },
    count(callerKey) {
      const { models, callers } = estimator.toJson({ maxCallers: 99_999 })
      const wanted = callerKey === undefined ? 'm\noutput' : `m\n${callerKey}`
      return [...models, ...callers].find(([key]) => key === wanted)?.[1][0] ?? 0
    },
  }
}

async function exchangeAll(...all: readonly Process[]): Promise<void> {
  for (const one of all) await one.shared.exchange()
}

describe('what is learned on one board', () => {
  it('reaches every other process once, by caller and by model, in one round trip each time', async () => {
    const { board, state, expiries } = fakeBoard()
    const [one, other, third] = [startProcess(board), startProcess(board), startProcess(board)]
    await exchangeAll(one, other, third)
    assert.equal(state.trips, 6)
    one.teach('alice', 100, 30)
    other.teach('bob', 900, 10)
    for (let round = 0; round < 3; round += 1) await exchangeAll(one, other, third)
    assert.equal(state.trips, 6 + 9)
    for (const process of [one, other, third]) assert.deepEqual([process.count(), process.count('alice'), process.count('bob')], [40, 30, 10])
    assert.deepEqual([...expiries.keys()].map((key) => key.slice(0, 18)), ['{tollgate-budgets}'])
    const expected = third.estimator.expect({ callerKey: 'alice', model: { clientModel: 'm' }, inputGuess: 100, priorOutputTokens: 256, maxOutputTokens: undefined, choices: 1 })
    assert.ok(expected.outputTokens < 256, 'alice’s short answers are expected everywhere')
  })

  it('tells once that Redis does not let it be shared', async () => {
    const refusal = Object.assign(new Error('NOPERM'), { name: 'ReplyError' })
    const refuse = () => Promise.reject(refusal)
    const { log, lines } = logToArray()
    const shared = shareLearning({ board: { xadd: refuse, xrange: refuse, get: refuse, set: refuse, pexpire: refuse }, estimator: createEstimator(), writer: 'one', log })
    for (let round = 0; round < 3; round += 1) await shared.exchange()
    assert.deepEqual(lines.map(({ level }) => level), ['warn', 'debug', 'debug'])
  })

  it('is neither lost nor doubled while the board is away', async () => {
    const { board, state } = fakeBoard()
    const [one, other] = [startProcess(board), startProcess(board)]
    state.failure = 'before'
    one.teach('alice', 100, 5)
    await exchangeAll(one, other)
    state.failure = undefined
    await exchangeAll(one, other)
    assert.equal(other.count('alice'), 5)
    for (const failure of ['before', 'after', 'after'] as const) {
      state.failure = failure
      one.teach('alice', 100, 5)
      other.teach('bob', 100, 3)
      await exchangeAll(one, other)
    }
    state.failure = undefined
    for (let round = 0; round < 3; round += 1) await exchangeAll(one, other)
    for (const process of [one, other]) assert.deepEqual([process.count(), process.count('alice'), process.count('bob')], [29, 20, 9])
  })

  it('is known to a process that starts later, each answer once', async () => {
    const { board } = fakeBoard()
    const [one, other] = [startProcess(board), startProcess(board)]
    for (let round = 0; round < 30; round += 1) {
      one.teach('alice', 100)
      other.teach('bob', 100, 2)
      await exchangeAll(one, other)
      const late = startProcess(board)
      await exchangeAll(late)
      // What `other` has told comes after what `one` has read.
      assert.deepEqual([late.count('alice'), late.count('bob')], [round + 1, 2 * round + 2])
    }
  })

  it('is known after all have ended, though the stream holds only the latest', async () => {
    const { board, streams, values, expiries } = fakeBoard()
    const one = startProcess(board)
    for (let round = 0; round < 24; round += 1) {
      one.teach('alice', 100)
      await exchangeAll(one)
    }
    streams.clear()
    const late = startProcess(board)
    await exchangeAll(late)
    assert.equal(late.count('alice'), 24)
    assert.deepEqual([values.size, [...expiries.values()].every((ttl) => ttl > 0)], [1, true])
  })

  it('is not summed up while some of it is still to be told', async () => {
    const { board, state } = fakeBoard()
    const one = startProcess(board)
    // The twelfth time would be the time for it.
    for (let round = 1; round <= 13; round += 1) {
      state.failure = round === 11 ? 'before' : undefined
      one.teach('alice', 100)
      await exchangeAll(one)
    }
    const late = startProcess(board)
    await exchangeAll(one, late)
    assert.equal(late.count('alice'), 13)
  })

  it('is told in entries of bounded size, all of it in the end', async () => {
    const { board, state, streams } = fakeBoard()
    const [one, other] = [startProcess(board), startProcess(board)]
    await exchangeAll(one, other)
    for (let caller = 0; caller < 1_200; caller += 1) one.teach(`caller-${caller}`, 100)
    await exchangeAll(one, other)
    const [entries = []] = [...streams.values()]
    assert.ok((entries[0]?.fields[1]?.length ?? 0) < 80_000, 'an entry is small')
    assert.equal(state.lastLength, 512)
    assert.equal(other.count(), 1_200)
    await exchangeAll(one, other, one, other)
    for (const caller of [0, 600, 1_199]) assert.equal(other.count(`caller-${caller}`), 1, String(caller))
  })

  it('does not grow without end while nobody can be told', async () => {
    const { board, state } = fakeBoard()
    const [one, other] = [startProcess(board), startProcess(board)]
    await exchangeAll(one, other)
    state.failure = 'before'
    await exchangeAll(one)
    for (let caller = 0; caller < 6_000; caller += 1) one.teach(`caller-${caller}`, 100)
    state.failure = undefined
    for (let round = 0; round < 14; round += 1) await exchangeAll(one, other)
    assert.deepEqual([other.count(), other.count('caller-0'), other.count('caller-5999')], [6_000, 0, 1])
  })

  it('is not what others have written there', async () => {
    const { board, values } = fakeBoard()
    values.set('{tollgate-budgets}:learned:summary', '{"position":"-","known":[1],"habits":{"models":7}}')
    const wrong = ['', '[', '7', 'null', '{}', '{"writer":1,"number":1}', '{"writer":"x","number":1,"habits":[["m\\noutput",[1,1,1]]]}', '{"writer":"y","number":1,"habits":{"models":[["m\\noutput",[-1]]]}}']
    for (const entry of wrong) await board.xadd('{tollgate-budgets}:learned', 'MAXLEN', '~', 9, '*', 'entry', entry)
    const one = startProcess(board)
    await exchangeAll(one, one)
    assert.equal(one.count(), 0)
    one.teach('alice', 100)
    const other = startProcess(board)
    await exchangeAll(one, other)
    assert.equal(other.count(), 1)
  })

  it('is exchanged once at a time', async () => {
    const { board, state } = fakeBoard()
    const one = startProcess(board)
    await Promise.all([one.shared.exchange(), one.shared.exchange(), one.shared.exchange()])
    assert.equal(state.commands, 2)
  })
})
