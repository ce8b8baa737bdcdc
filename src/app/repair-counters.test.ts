import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { createMemoryBudgetStore, type MemoryBudgetStore } from '../budgets/memory-store.ts'
import { silentLog } from '../core/log.ts'
import type { LedgerRow } from '../ledger/ledger-row.ts'
import { openLedger } from '../ledger/open-ledger.ts'
import { exampleRow } from '../../test/support/ledger-files.ts'
import { createRepair } from './repair-counters.ts'

const startMs = Date.UTC(2026, 0, 1, 12)
const minute = 60_000

describe('counters that have lost something', () => {
  let directory: string
  let nowMs = startMs
  const clock = { now: () => nowMs, monotonic: () => nowMs }
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tollgate-repair-'))
  })
  after(() => rm(directory, { recursive: true, force: true }))

  const charge = (amount: number, forgetAtMs = startMs + 48 * 60 * minute): LedgerRow['charges'][number] => ({ budget: 'day', unit: 'tokens', key: 'day|tokens|1|', forgetAtMs, amount })
  const used = (store: MemoryBudgetStore) => {
    // As every process does once a second.
    store.expire(nowMs, 100)
    return store.read([charge(0)], nowMs)[0]?.used
  }
  const mend = (store: MemoryBudgetStore) => createRepair({ store, directory, writer: 'main', isAbandoned: (writer) => writer === 'worker-4', clock, log: silentLog })

  it('get it back from the ledger of this writer, once', async () => {
    const ledger = await openLedger({ settings: { directory, fsync: false, rotateBytes: 1e6, keepMs: 1e12 }, writer: 'main', clock, log: silentLog })
    const other = await openLedger({ settings: { directory, fsync: false, rotateBytes: 1e6, keepMs: 1e12 }, writer: 'worker-2', clock, log: silentLog })
    ledger.row(exampleRow('old', { charges: [charge(10)] }))
    ledger.expired({ id: 'ran out', charges: [charge(500)] })
    ledger.expired({ id: 'ran out, and settled after all', charges: [charge(600)] })
    other.row(exampleRow('written before it ran out', { charges: [charge(900)] }))
    ledger.expired({ id: 'written before it ran out', charges: [charge(600)] })
    ledger.row(exampleRow('of a window that is over', { charges: [charge(700, startMs - 1)] }))
    other.row(exampleRow('of another writer', { charges: [charge(900)] }))
    nowMs += 90 * minute
    other.row(exampleRow('ran out, and settled after all', { charges: [charge(800)] }))
    ledger.row(exampleRow('settled', { charges: [charge(20)] }))
    ledger.row(exampleRow('unsettled', { charges: [charge(30)] }))
    const store = createMemoryBudgetStore()
    store.settle({ id: 'settled', nowMs, charges: [charge(20)] })
    const repair = mend(store)
    await repair.look()
    assert.equal(used(store), 560)
    await repair.look()
    await mend(store).look()
    assert.equal(used(store), 560)
    await ledger.close()
    await other.close()
  })

  it('that have their data are only told what the last process may not have settled', async () => {
    const store = createMemoryBudgetStore()
    const known = mend(store)
    await known.look()
    assert.equal(used(store), 560)
    // As if Redis had been started again with older data, in which the mark is and some charges are not.
    const restored = createMemoryBudgetStore()
    const mark = store.list('ledger|', { nowMs, limit: 10 })
    restored.settle({ id: 'mark', nowMs, charges: mark.map(({ key }) => ({ key, amount: 1, forgetAtMs: nowMs + 1e12 })) })
    await mend(restored).look()
    assert.equal(used(restored), 50)
  })

  it('are told what an exchange that ran out has cost after all', async () => {
    const store = createMemoryBudgetStore()
    await mend(store).look()
    assert.equal(used(store), 560)
    assert.equal(store.settle({ id: 'ran out', nowMs, charges: [charge(450)] }).applied, true)
    assert.equal(used(store), 510)
  })

  it('get back what a writer has left that nobody is any more, once', async () => {
    const gone = await openLedger({ settings: { directory, fsync: false, rotateBytes: 1e6, keepMs: 1e12 }, writer: 'worker-4', clock, log: silentLog })
    gone.row(exampleRow('of a worker that is not started any more', { charges: [charge(1000)] }))
    await gone.close()
    const store = createMemoryBudgetStore()
    const repair = mend(store)
    await repair.look()
    assert.equal(used(store), 1560)
    await mend(store).look()
    // Should there be more workers again, it finds its mark.
    await createRepair({ store, directory, writer: 'worker-4', isAbandoned: () => false, clock: { ...clock, now: () => nowMs + 2 * 60 * minute }, log: silentLog }).look()
    assert.equal(used(store), 1560)
  })

  it('are looked at again when they could not be reached', async () => {
    const store = createMemoryBudgetStore()
    let isAway = true
    const repair = createRepair({
      store: {
        read: (refs, now) => {
          if (isAway) throw new Error('away')
          return store.read(refs, now)
        },
        admit: (request) => store.admit(request),
        settle: (request) => store.settle(request),
      },
      directory,
      writer: 'main',
      isAbandoned: () => false,
      clock,
      log: silentLog,
    })
    await repair.look()
    assert.equal(used(store), 0)
    isAway = false
    await repair.look()
    assert.equal(used(store), 560)
  })
})
