import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { silentLog } from '../core/log.ts'
import type { CoolDown } from './cool-down.ts'
import { type CoolDownBoard, shareCoolDowns } from './share-cool-downs.ts'

function fakeBoard() {
  const entries = new Map<string, { value: string; untilMs: number }>()
  let nowMs = 0
  const find = (key: string) => {
    const entry = entries.get(key)
    return entry !== undefined && entry.untilMs > nowMs ? entry : undefined
  }
  const board: CoolDownBoard = {
    set: async (key, value, _unit, milliseconds) => entries.set(key, { value, untilMs: nowMs + milliseconds }),
    get: async (key) => find(key)?.value ?? null,
    pttl: async (key) => (find(key)?.untilMs ?? nowMs - 2) - nowMs,
  }
  return { board, advance: (ms: number) => (nowMs += ms) }
}

describe('cool-downs on a board', () => {
  it('reach another Tollgate with what is left of them, and end by themselves', async () => {
    const { board, advance } = fakeBoard()
    const learned: CoolDown[] = []
    const one = shareCoolDowns({ board, coolDowns: { learn: () => assert.fail() }, log: silentLog })
    const other = shareCoolDowns({ board, coolDowns: { learn: (coolDown) => learned.push(coolDown) }, log: silentLog })
    await one.tell({ provider: 'a', reason: '429', remainingMs: 10_000.4 })
    advance(4_000)
    await other.look(['a', 'b'])
    assert.deepEqual(learned, [{ provider: 'a', reason: '429', remainingMs: 6_000 }])
    advance(6_000)
    await other.look(['a', 'b'])
    assert.equal(learned.length, 1)
  })

  it('are nobody’s trouble while the board is gone', async () => {
    const gone = (): Promise<never> => Promise.reject(new Error('the connection is closed'))
    const shared = shareCoolDowns({ board: { set: gone, get: gone, pttl: gone }, coolDowns: { learn: () => assert.fail() }, log: silentLog })
    await shared.tell({ provider: 'a', reason: '429', remainingMs: 1_000 })
    await shared.look(['a'])
  })

  it('are looked for once at a time', async () => {
    let asked = 0
    let answer: (value: null) => void = () => assert.fail()
    const slow: CoolDownBoard = {
      set: async () => undefined,
      get: () => {
        asked += 1
        return new Promise((resolve) => (answer = resolve))
      },
      pttl: async () => -2,
    }
    const shared = shareCoolDowns({ board: slow, coolDowns: { learn: () => assert.fail() }, log: silentLog })
    const first = shared.look(['a'])
    await shared.look(['a'])
    assert.equal(asked, 1)
    answer(null)
    await first
    const again = shared.look(['a'])
    assert.equal(asked, 2)
    answer(null)
    await again
  })
})
