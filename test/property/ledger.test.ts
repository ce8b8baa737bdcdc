// A journal, cut off anywhere, is the beginning of what happened; and what a store knows is what its journal says.

import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { CounterCharge } from '../../src/budgets/budget-store.ts'
import { createMemoryBudgetStore, type MemoryBudgetStore } from '../../src/budgets/memory-store.ts'
import { silentLog } from '../../src/core/log.ts'
import { openStoreLedger } from '../../src/ledger/open-store-ledger.ts'
import { recover } from '../../src/ledger/recover.ts'
import { listSegments, segmentPath } from '../../src/ledger/segment-files.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { exampleRow, LEDGER_START_MS, ledgerClock, ledgerDirectory, ledgerOptions } from '../support/ledger-files.ts'

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000
const KEYS = ['day|usd|1772323200|user=alice', 'day|usd|1772323200|user=bob', 'hour|tokens|last3600|user=alice', 'company|requests|1772323200|']

type Step =
  | { readonly kind: 'admit'; readonly amounts: readonly number[] }
  | { readonly kind: 'settle'; readonly which: number; readonly amounts: readonly number[]; readonly row: boolean }
  | { readonly kind: 'renew'; readonly which: number }
  | { readonly kind: 'wait'; readonly ms: number }

const amounts = fc.array(fc.integer({ min: 0, max: 1000 }), { maxLength: KEYS.length })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('admit' as const), amounts }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('settle' as const), which: fc.nat(30), amounts, row: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('renew' as const), which: fc.nat(30) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.oneof(fc.constant(MINUTE_MS), fc.integer({ min: 1, max: 3 * HOUR_MS })) }) },
)

function chargeOf(index: number, amount: number, nowMs: number): CounterCharge {
  const key = KEYS[index] ?? ''
  // One that slides, over an hour; the others belong to a window that ends now and then.
  if (key.includes('last3600')) return { key, amount, forgetAtMs: nowMs + 3 * HOUR_MS, slide: { slices: 61, sliceMs: MINUTE_MS, slice: Math.floor(nowMs / MINUTE_MS) } }
  const window = Math.floor(nowMs / (6 * HOUR_MS))
  return { key: `${key}#${window}`, amount, forgetAtMs: (window + 1) * 6 * HOUR_MS + 2 * HOUR_MS }
}

/** As a reader sees it: counters with something in them, at that moment. */
function seen(store: MemoryBudgetStore, nowMs: number): readonly string[] {
  const listed = store.list('', { nowMs, limit: 1000 }).filter(({ used, held }) => used + held > 0)
  return listed.map(({ key, used, held }) => `${key} ${used} ${held}`).toSorted()
}

describe('the journal of a store', () => {
  it('gives back what the store knew, and adds up to it at every new file, whatever happened', async () => {
    const run = async (steps: readonly Step[], rotateBytes: number): Promise<void> => {
      const directory = ledgerDirectory()
      const clock = ledgerClock()
      const memory = createMemoryBudgetStore()
      const { store, ledger } = await openStoreLedger(memory, { ...ledgerOptions(directory, { rotateBytes }), clock })
      const admitted: { readonly id: string; readonly atMs: number }[] = []
      for (const [index, each] of steps.entries()) {
        const nowMs = clock.now()
        if (each.kind === 'wait') {
          clock.advance(each.ms)
          await store.expire(clock.now(), 10)
        } else if (each.kind === 'renew') {
          await store.renew([admitted[each.which % Math.max(1, admitted.length)]?.id ?? 'unknown'], nowMs + 3 * HOUR_MS)
        } else if (each.kind === 'admit') {
          const claims = each.amounts.map((amount, at) => ({ ...chargeOf(at, amount, nowMs), limit: 1e6, startAt: 1e6 }))
          await store.admit({ id: `exchange-${index}`, nowMs, holdUntilMs: nowMs + 10 * MINUTE_MS, claims })
          admitted.push({ id: `exchange-${index}`, atMs: nowMs })
        } else {
          const { id, atMs } = admitted[each.which % Math.max(1, admitted.length)] ?? { id: `unknown-${index}`, atMs: nowMs }
          const charges = each.amounts.map((amount, at) => chargeOf(at, amount, atMs))
          await store.settle({ id, nowMs, charges })
          if (each.row) ledger.row(exampleRow(id, { charges: charges.map((charge) => ({ ...charge, budget: 'b', unit: 'usd' })) }))
        }
      }
      const report = await verifyLedger(directory)
      assert.deepEqual(report.writers.flatMap(({ breaks }) => breaks), [])
      const recovered = await recover({ directory, writer: 'main', log: silentLog })
      assert.ok(recovered !== undefined)
      const again = createMemoryBudgetStore()
      again.restore(recovered.snapshot)
      assert.deepEqual(seen(again, clock.now()), seen(memory, clock.now()))
      await ledger.close()
    }
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.constantFrom(200, 2000, 1e9), (steps, rotateBytes) => run(steps, rotateBytes)),
      { numRuns: 60 },
    )
  })

  it('recovers, cut off after any byte, to what was true after the last whole line', async () => {
    const directory = ledgerDirectory()
    const clock = ledgerClock()
    const memory = createMemoryBudgetStore()
    const { store, ledger } = await openStoreLedger(memory, { ...ledgerOptions(directory), clock })
    const path = segmentPath(directory, { writer: 'main', segment: 1 })
    const states: { readonly bytes: number; readonly seen: readonly string[] }[] = []
    const note = () => states.push({ bytes: readFileSync(path).length, seen: seen(memory, clock.now()) })
    note()
    for (let index = 0; index < 2; index += 1) {
      await store.admit({ id: `${index}`, nowMs: clock.now(), holdUntilMs: clock.now() + MINUTE_MS, claims: [{ ...chargeOf(index, 100, LEDGER_START_MS), limit: 1e6, startAt: 1e6 }] })
      note()
      await store.settle({ id: `${index}`, nowMs: clock.now(), charges: [chargeOf(index, 10 + index, LEDGER_START_MS)] })
      note()
    }
    await ledger.close()
    const whole = readFileSync(path)
    for (let length = 0; length <= whole.length; length += 1) {
      writeFileSync(path, whole.subarray(0, length))
      const again = createMemoryBudgetStore()
      const recovered = await recover({ directory, writer: 'main', log: silentLog })
      if (recovered !== undefined) again.restore(recovered.snapshot)
      assert.deepEqual(seen(again, clock.now()), states.findLast(({ bytes }) => bytes <= length)?.seen ?? [], `cut after byte ${length}`)
    }
  })
  it('shows that any byte of it was changed', async () => {
    const directory = ledgerDirectory()
    const clock = ledgerClock()
    const { store, ledger } = await openStoreLedger(createMemoryBudgetStore(), { ...ledgerOptions(directory, { rotateBytes: 1 }), clock })
    await store.admit({ id: 'a', nowMs: clock.now(), holdUntilMs: clock.now() + MINUTE_MS, claims: [{ ...chargeOf(0, 100, LEDGER_START_MS), limit: 1e6, startAt: 1e6 }] })
    await store.settle({ id: 'a', nowMs: clock.now(), charges: [chargeOf(0, 50, LEDGER_START_MS)] })
    ledger.row(exampleRow('a', { caller: { user: 'Zoë' } }))
    await ledger.close()
    const files = listSegments(directory).map(({ path }) => ({ path, whole: readFileSync(path) }))
    assert.ok(files.length > 1)
    await fc.assert(
      fc.asyncProperty(fc.nat(files.length - 1), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), fc.integer({ min: 1, max: 255 }), async (which, share, flip) => {
        const file = files[which]
        assert.ok(file !== undefined)
        const changed = Buffer.from(file.whole)
        const at = Math.floor(share * changed.length)
        changed[at] = (changed[at] ?? 0) ^ flip
        writeFileSync(file.path, changed)
        const report = await verifyLedger(directory)
        writeFileSync(file.path, file.whole)
        assert.ok(report.writers.some(({ breaks }) => breaks.some((each) => each.file === file.path || each.file.endsWith('manifest.json'))), `byte ${at} of ${file.path}`)
      }),
      { numRuns: 300 },
    )
    assert.deepEqual((await verifyLedger(directory)).writers.flatMap(({ breaks }) => breaks), [])
  })
})
