import assert from 'node:assert/strict'
import { appendFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { CounterCharge } from '../budgets/budget-store.ts'
import { createMemoryBudgetStore } from '../budgets/memory-store.ts'
import { silentLog } from '../core/log.ts'
import { exampleRow, LEDGER_START_MS, ledgerDirectory, ledgerOptions } from '../../test/support/ledger-files.ts'
import { logToArray } from '../../test/support/log-to-array.ts'
import { BrokenLedger } from './check-segment.ts'
import { openLedger } from './open-ledger.ts'
import { openStoreLedger } from './open-store-ledger.ts'
import { recover } from './recover.ts'

const HOUR_MS = 3_600_000
const KEY = 'day|usd|1772323200|user=alice'
const charge = (amount: number, key = KEY): CounterCharge => ({ key, amount, forgetAtMs: LEDGER_START_MS + 30 * HOUR_MS })
const rowOf = (id: string, amount: number) => exampleRow(id, { charges: [{ ...charge(amount), budget: 'day', unit: 'usd' }] })
const claim = (amount: number) => ({ ...charge(amount), limit: 1000, startAt: 1000 })

describe('recovery', () => {
  it('reads nothing while another process may still write, and lets others try when it fails', async () => {
    const directory = ledgerDirectory()
    const first = await openStoreLedger(createMemoryBudgetStore(), ledgerOptions(directory))
    const path = join(directory, 'main-000001.jsonl')
    const whole = readFileSync(path)
    writeFileSync(path, `nonsense\n${whole.toString()}`)
    await assert.rejects(openStoreLedger(createMemoryBudgetStore(), ledgerOptions(directory)), /being written by another process/)
    await first.ledger.close()
    for (let tried = 0; tried < 2; tried += 1) await assert.rejects(openStoreLedger(createMemoryBudgetStore(), ledgerOptions(directory)), BrokenLedger)
  })

  it('finds nothing where nothing was written', async () => {
    assert.equal(await recover({ directory: join(ledgerDirectory(), 'none'), writer: 'main', log: silentLog }), undefined)
    assert.equal(await recover({ directory: ledgerDirectory(), writer: 'main', log: silentLog }), undefined)
  })

  it('counts rows once, whether or not their settlement was written before, and gives back what was held', async () => {
    const directory = ledgerDirectory()
    const ledger = await openLedger(ledgerOptions(directory))
    for (const id of ['a', 'b', 'c', 'd']) ledger.hold({ id, holdUntilMs: LEDGER_START_MS + HOUR_MS, charges: [charge(100)] })
    ledger.row(rowOf('a', 7))
    ledger.settled({ id: 'b', charges: [charge(30)] })
    ledger.row(rowOf('b', 30))
    ledger.row(rowOf('c', 0))
    ledger.row(exampleRow('uncounted'))
    ledger.row(rowOf('local', 500))
    await ledger.close()
    const found = await recover({ directory, writer: 'main', log: silentLog })
    assert.deepEqual(found?.snapshot.counters, [{ key: KEY, forgetAtMs: charge(0).forgetAtMs, used: 537, held: 100 }])
    assert.deepEqual(found?.orphans, [{ id: 'd', charges: [charge(100)], subject: undefined }])
  })

  it('takes what ran out as charged, until a row says what it was', async () => {
    const directory = ledgerDirectory()
    const ledger = await openLedger(ledgerOptions(directory))
    for (const id of ['a', 'b']) {
      ledger.hold({ id, holdUntilMs: LEDGER_START_MS, charges: [charge(100)] })
      ledger.expired({ id, charges: [charge(100)] })
    }
    ledger.row(rowOf('b', 3))
    await ledger.close()
    const found = await recover({ directory, writer: 'main', log: silentLog })
    assert.deepEqual(found?.snapshot.counters.map(({ used, held }) => ({ used, held })), [{ used: 103, held: 0 }])
    assert.deepEqual(found?.orphans, [])
    assert.deepEqual(found?.snapshot.holds.map(({ id, provisional }) => ({ id, provisional })), [{ id: 'a', provisional: true }])
  })

  it('begins at the newest whole snapshot, and before it where the writer died in the middle of one', async () => {
    const directory = ledgerDirectory()
    const snapshot = (used: number) => () => ({ counters: [{ key: KEY, forgetAtMs: charge(0).forgetAtMs, used, held: 0 }], holds: [], settled: [], names: [] })
    for (const used of [10, 20]) {
      const ledger = await openLedger({ ...ledgerOptions(directory), snapshot: snapshot(used) })
      ledger.row(rowOf(`after-${used}`, 1))
      await ledger.close()
    }
    writeFileSync(join(directory, 'main-000001.jsonl'), 'nobody needs it any more')
    const usedNow = async () => (await recover({ directory, writer: 'main', log: silentLog }))?.snapshot.counters[0]?.used
    assert.equal(await usedNow(), 21)
    const third = await openLedger({ ...ledgerOptions(directory), snapshot: snapshot(30) })
    await third.close()
    const path = join(directory, 'main-000003.jsonl')
    assert.equal(await usedNow(), 30)
    const [open = '', state = ''] = readFileSync(path, 'utf8').split('\n')
    for (const torn of [`${open}\n`, `${open}\n${state.slice(0, 50)}`, open.slice(0, 50), '']) {
      writeFileSync(path, torn)
      assert.equal(await usedNow(), 21, JSON.stringify(torn))
    }
  })

  it('leaves out a line that is not whole, and says so', async () => {
    const directory = ledgerDirectory()
    const ledger = await openLedger(ledgerOptions(directory))
    ledger.row(rowOf('a', 1))
    await ledger.close()
    appendFileSync(join(directory, 'main-000001.jsonl'), '{"seq":3,"at":')
    const { log, lines } = logToArray()
    assert.equal((await recover({ directory, writer: 'main', log }))?.snapshot.counters[0]?.used, 1)
    assert.deepEqual(lines.map(({ level, fields }) => [level, fields['line'], fields['bytes']]), [['warn', 3, 14]])
  })

  it('says which line is broken, and what can be done', async () => {
    const directory = ledgerDirectory()
    const ledger = await openLedger(ledgerOptions(directory))
    for (const id of ['a', 'b', 'c']) ledger.row(rowOf(id, 1))
    await ledger.close()
    const path = join(directory, 'main-000001.jsonl')
    const text = readFileSync(path, 'utf8')
    const lines = text.split('\n')
    const breaks = async (broken: string, line: number, problem: RegExp) => {
      writeFileSync(path, broken)
      await assert.rejects(recover({ directory, writer: 'main', log: silentLog }), (error) => {
        assert.ok(error instanceof BrokenLedger)
        assert.equal(error.line, line)
        assert.match(error.message, problem)
        assert.match(error.message, /^.*main-000001\.jsonl:\d+: .*audit verify.*move the directory away/)
        return true
      })
    }
    await breaks(text.replace('"id":"b"', '"id":"x"'), 3, /has been changed/)
    await breaks(lines.toSpliced(2, 1).join('\n'), 3, /lines between them are missing/)
    await breaks(lines.toSpliced(0, 1).join('\n'), 1, /its beginning is missing/)
    await breaks(text.replace('"format":1', '"format":2'), 1, /format 2, and this version of Tollgate reads format 1/)
    await breaks(`${text}null\n`, 5, /no line of a ledger/)
    await breaks(text.replaceAll('"writer":"main"', '"writer":"mine"'), 1, /renamed/)
  })

  it('finds that a file between two others is gone', async () => {
    const directory = ledgerDirectory()
    for (const id of ['a', 'b', 'c']) {
      const ledger = await openLedger(ledgerOptions(directory))
      ledger.row(rowOf(id, 1))
      await ledger.close()
    }
    rmSync(join(directory, 'main-000002.jsonl'))
    await assert.rejects(recover({ directory, writer: 'main', log: silentLog }), /main-000003\.jsonl:1: it does not follow the end of file 1/)
  })

  it('says how many lines could not be written, unless a snapshot came after', async () => {
    const directory = ledgerDirectory()
    let isFull = false
    const { realFileCalls: real } = await import('./append-file.ts')
    const calls = {
      ...real,
      write(fd: number, bytes: Uint8Array, position: number) {
        if (isFull) throw Object.assign(new Error('full'), { code: 'ENOSPC' })
        return real.write(fd, bytes, position)
      },
    }
    const ledger = await openLedger({ ...ledgerOptions(directory), calls })
    isFull = true
    assert.throws(() => ledger.row(rowOf('a', 1)))
    isFull = false
    ledger.row(rowOf('b', 1))
    await ledger.close()
    assert.equal((await recover({ directory, writer: 'main', log: silentLog }))?.lost, 1)
  })
})

describe('a store with a ledger', () => {
  const ref = { key: KEY, forgetAtMs: charge(0).forgetAtMs }
  const admission = (id: string, nowMs = LEDGER_START_MS) => ({ id, nowMs, holdUntilMs: nowMs + HOUR_MS, claims: [claim(100)] })

  it('charges and flags what its last process had under way, once, and lets a late settlement correct it', async () => {
    const directory = ledgerDirectory()
    const first = await openStoreLedger(createMemoryBudgetStore(), ledgerOptions(directory))
    await first.store.admit(admission('answered'))
    await first.store.settle({ id: 'answered', nowMs: LEDGER_START_MS, charges: [charge(7)] })
    await first.store.admit(admission('under way'))
    await first.ledger.close()
    for (const [round, orphaned] of [1, 0].entries()) {
      const again = await openStoreLedger(createMemoryBudgetStore(), ledgerOptions(directory))
      assert.equal(again.orphaned, orphaned)
      assert.deepEqual(await again.store.read([ref], LEDGER_START_MS), [{ used: 107, held: 0 }], `restart ${round}`)
      assert.equal((await again.store.settle({ id: 'answered', nowMs: LEDGER_START_MS, charges: [charge(7)] })).applied, false)
      await again.ledger.close()
    }
    const texts = readdirSync(directory).filter((name) => name.endsWith('.jsonl')).map((name) => readFileSync(join(directory, name), 'utf8'))
    const orphan = texts.join('').split('\n').filter((line) => line.includes('"kind":"orphaned"'))
    assert.equal(orphan.length, 1)
    assert.match(orphan[0] ?? '', /"id":"under way".*"budget":"day","unit":"usd".*"caller":\{"user":"alice"\}.*"nanoDollars":100,.*"flags":\["orphaned"\]/)
    const last = await openStoreLedger(createMemoryBudgetStore(), ledgerOptions(directory))
    await last.store.settle({ id: 'under way', nowMs: LEDGER_START_MS, charges: [charge(9)] })
    assert.deepEqual(await last.store.read([ref], LEDGER_START_MS), [{ used: 16, held: 0 }])
    await last.ledger.close()
  })

  it('admits nothing that cannot be written, and counts whatever is settled all the same', async () => {
    const directory = ledgerDirectory()
    const { realFileCalls: real } = await import('./append-file.ts')
    let isFull = false
    const calls = {
      ...real,
      write(fd: number, bytes: Uint8Array, position: number) {
        if (isFull) throw Object.assign(new Error('full'), { code: 'ENOSPC' })
        return real.write(fd, bytes, position)
      },
    }
    const { store, ledger } = await openStoreLedger(createMemoryBudgetStore(), { ...ledgerOptions(directory), calls })
    await store.admit(admission('before'))
    isFull = true
    assert.throws(() => store.admit(admission('a')), /cannot be written down/)
    assert.throws(() => store.admit(admission('b')), /cannot be written down/)
    await store.settle({ id: 'a', nowMs: LEDGER_START_MS, charges: [] })
    await store.settle({ id: 'b', nowMs: LEDGER_START_MS, charges: [charge(1)] })
    assert.deepEqual(await store.read([ref], LEDGER_START_MS), [{ used: 1, held: 100 }], 'refused the one, let through the other')
    assert.equal((await store.settle({ id: 'before', nowMs: LEDGER_START_MS, charges: [charge(60)] })).applied, true, 'what was used is used')
    isFull = false
    await store.admit(admission('c'))
    await ledger.close()
    const again = await openStoreLedger(createMemoryBudgetStore(), ledgerOptions(directory))
    assert.deepEqual(await again.store.read([ref], LEDGER_START_MS), [{ used: 161, held: 0 }], 'the new snapshot made up for the settlement that was not written')
    assert.equal(again.lost, 0)
    await again.ledger.close()
  })
})
