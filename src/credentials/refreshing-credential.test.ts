// No request waits while a credential is still valid, and none is lost because a renewal failed.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createRefreshingCredential, type Expiring, type RefreshOptions } from './refreshing-credential.ts'

interface Token extends Expiring {
  readonly name: string
}

const HOUR_MS = 3_600_000
const START_MS = 1_700_000_000_000

/** Loads that end when the test says so, and a clock that it moves. */
function harness(changes: Partial<RefreshOptions<Token>> = {}) {
  let nowMs = START_MS
  const pending: { resolve(token: Token): void; reject(error: Error): void }[] = []
  const outcomes: (string | undefined)[] = []
  let loads = 0
  const credential = createRefreshingCredential<Token>({
    load: () => {
      loads += 1
      return new Promise((resolve, reject) => pending.push({ resolve, reject }))
    },
    changed: () => false,
    clock: { now: () => nowMs, monotonic: () => nowMs },
    random: () => 0,
    onRefresh: ({ error }) => outcomes.push(error),
    ...changes,
  })
  return {
    credential,
    outcomes,
    loads: () => loads,
    advance: (ms: number) => void (nowMs += ms),
    succeed: async (name: string, lifeMs: number | undefined) => {
      pending.shift()?.resolve({ name, expiresAtMs: lifeMs === undefined ? undefined : nowMs + lifeMs })
      await settled()
    },
    fail: async (message: string) => {
      pending.shift()?.reject(new Error(message))
      await settled()
    },
  }
}

/** Everything that follows from a settled promise has happened. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}

function nameOf(value: unknown): string {
  assert.ok(!(value instanceof Promise), 'it had to be there at once')
  return typeof value === 'object' && value !== null && 'name' in value ? String(value.name) : 'none'
}

describe('the first use', () => {
  it('waits, all callers for one load', async () => {
    const { credential, loads, succeed } = harness()
    assert.ok(credential.usable())
    const [one, two] = [credential.get(), credential.get()]
    assert.equal(loads(), 1)
    await succeed('first', HOUR_MS)
    assert.deepEqual([await one, await two].map(nameOf), ['first', 'first'])
    assert.equal(nameOf(credential.get()), 'first')
  })

  it('gets nothing when the load fails, and the provider is not usable until one succeeds', async () => {
    const { credential, loads, fail, advance, succeed, outcomes } = harness()
    const waiting = credential.get()
    await fail('nobody is there')
    assert.equal(await waiting, undefined)
    assert.ok(!credential.usable())
    assert.match(credential.failure() ?? '', /nobody is there/)
    assert.equal(credential.get(), undefined)
    assert.equal(loads(), 1)
    advance(1_000)
    credential.check()
    await succeed('second', HOUR_MS)
    assert.ok(credential.usable())
    assert.equal(credential.failure(), undefined)
    assert.deepEqual([nameOf(credential.get()), outcomes], ['second', ['Error: nobody is there', undefined]])
  })
})

describe('a renewal', () => {
  it('begins ten minutes before the end, and nobody waits for it', async () => {
    const { credential, loads, advance, succeed } = harness()
    void credential.get()
    await succeed('old', HOUR_MS)
    advance(HOUR_MS - 10 * 60_000 - 1)
    credential.check()
    assert.equal(loads(), 1)
    advance(1)
    assert.equal(nameOf(credential.get()), 'old')
    assert.equal(nameOf(credential.get()), 'old')
    assert.equal(loads(), 2)
    await succeed('new', HOUR_MS)
    assert.equal(nameOf(credential.get()), 'new')
  })

  it('begins after three quarters of a short life', async () => {
    const { credential, loads, advance, succeed } = harness()
    void credential.get()
    await succeed('short', 60_000)
    advance(44_999)
    credential.check()
    assert.equal(loads(), 1)
    advance(1)
    credential.check()
    assert.equal(loads(), 2)
  })

  it('is spread over half as much time again, so that replicas do not renew together', async () => {
    const { credential, loads, advance, succeed } = harness({ random: () => 1 })
    void credential.get()
    await succeed('old', HOUR_MS)
    advance(HOUR_MS - 15 * 60_000)
    credential.check()
    assert.equal(loads(), 2)
  })

  it('that fails leaves the old one in use until its end, and is tried again ever later', async () => {
    const { credential, loads, advance, succeed, fail } = harness()
    void credential.get()
    await succeed('old', HOUR_MS)
    advance(HOUR_MS - 10 * 60_000)
    credential.check()
    const waits: number[] = []
    for (let failure = 1; failure <= 8; failure += 1) {
      await fail('down')
      assert.equal(nameOf(credential.get()), 'old')
      assert.ok(credential.usable())
      let waited = 0
      for (const before = loads(); loads() === before; waited += 500) {
        advance(500)
        credential.check()
      }
      waits.push(waited / 1000)
    }
    assert.deepEqual(waits, [1, 2, 4, 8, 16, 32, 60, 60])
    await fail('down')
    advance(10 * 60_000)
    assert.ok(!credential.usable())
  })

  it('that fails is tried again at times of its own, so that replicas do not ask together', async () => {
    const { credential, loads, advance, fail } = harness({ random: () => 1 })
    void credential.get()
    await fail('down')
    advance(499)
    credential.check()
    assert.equal(loads(), 1)
    advance(1)
    credential.check()
    assert.equal(loads(), 2)
  })

  it('is waited for once the old one has ended, as after a long sleep', async () => {
    const { credential, advance, succeed } = harness()
    void credential.get()
    await succeed('old', HOUR_MS)
    advance(HOUR_MS - 9_999)
    assert.ok(credential.usable())
    const waiting = credential.get()
    await succeed('new', HOUR_MS)
    assert.equal(nameOf(await waiting), 'new')
  })

  it('begins at once when a file was rotated, and every five minutes for what never ends', async () => {
    let rotated = false
    const { credential, loads, advance, succeed } = harness({ changed: () => rotated })
    void credential.get()
    await succeed('static', undefined)
    advance(5 * 60_000 - 1)
    credential.check()
    assert.equal(loads(), 1)
    advance(1)
    assert.equal(nameOf(credential.get()), 'static')
    assert.equal(loads(), 2)
    await succeed('static', undefined)
    rotated = true
    assert.equal(nameOf(credential.get()), 'static')
    assert.equal(loads(), 3)
    await succeed('rotated', undefined)
    assert.equal(nameOf(credential.get()), 'rotated')
  })
})
