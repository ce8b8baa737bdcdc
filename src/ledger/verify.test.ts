import assert from 'node:assert/strict'
import { appendFileSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { createMemoryBudgetStore } from '../budgets/memory-store.ts'
import type { StoreSnapshot } from '../budgets/store-snapshot.ts'
import { DAY_MS, exampleRow, LEDGER_START_MS, ledgerClock, ledgerDirectory, ledgerOptions } from '../../test/support/ledger-files.ts'
import { FIRST_HASH, sealLine } from './journal-line.ts'
import { openLedger } from './open-ledger.ts'
import { openStoreLedger } from './open-store-ledger.ts'
import { verifyLedger } from './verify.ts'

const charge = (amount: number) => ({ key: 'day|usd|1772323200|user=alice', amount, forgetAtMs: LEDGER_START_MS + 2 * DAY_MS })

/** Three files of one writer, of two rows each. */
async function threeFiles(writer = 'main', directory = ledgerDirectory()): Promise<{ directory: string; paths: readonly string[] }> {
  for (let file = 1; file <= 3; file += 1) {
    const ledger = await openLedger({ ...ledgerOptions(directory), writer })
    for (const name of ['a', 'b']) ledger.row(exampleRow(`${name}${file}`))
    await ledger.close()
  }
  return { directory, paths: [1, 2, 3].map((file) => join(directory, `${writer}-00000${file}.jsonl`)) }
}

async function breaksOf(directory: string): Promise<readonly string[]> {
  const { writers, breaks } = await verifyLedger(directory)
  return [...breaks, ...writers.flatMap((writer) => writer.breaks)].map(({ file, line, problem }) => `${file.slice(directory.length + 1)}:${line ?? ''} ${problem}`)
}

describe('the check of a ledger', () => {
  it('says what it has looked at, for each writer', async () => {
    const { directory } = await threeFiles('main')
    await threeFiles('worker-2', directory)
    const { writers } = await verifyLedger(directory)
    assert.deepEqual(writers.map(({ writer, files, lines, rows, from, lastSeq, notes }) => ({ writer, files, lines, rows, from, lastSeq, notes })), [
      { writer: 'main', files: 3, lines: 9, rows: 6, from: '2026-03-01T12:00:00.000Z', lastSeq: 9, notes: [] },
      { writer: 'worker-2', files: 3, lines: 9, rows: 6, from: '2026-03-01T12:00:00.000Z', lastSeq: 9, notes: [] },
    ])
    assert.deepEqual(await breaksOf(directory), [])
  })

  it('names file and line of what was changed, taken out or put in', async () => {
    const { directory, paths: [, path = ''] } = await threeFiles()
    const text = readFileSync(path, 'utf8')
    const lines = text.split('\n')
    const find = async (broken: string, ...problems: RegExp[]) => {
      writeFileSync(path, broken)
      const found = await breaksOf(directory)
      assert.equal(found.length, problems.length, found.join('\n'))
      for (const [index, problem] of problems.entries()) assert.match(found[index] ?? '', problem)
    }
    await find(text.replace('"nanoDollars":270000', '"nanoDollars":27000'), /^main-000002\.jsonl:2 its hash does not fit/)
    await find(lines.toSpliced(1, 1).join('\n'), /^main-000002\.jsonl:2 its hash does not fit.*lines between them are missing/)
    await find([lines[0], lines[2], lines[1], ''].join('\n'), /^main-000002\.jsonl:2 its hash/)
    await find(`${text}{"seq":7}\n`, /^main-000002\.jsonl:4 this is no line of a ledger/)
    await find(lines.slice(0, 2).join('\n') + '\n', /^main-000002\.jsonl: the manifest says that its lastSeq is 6, and it is 5/, /^main-000003\.jsonl:1 it does not follow the end of file 2, line number 5/)
    await find(text.slice(0, -10), /^main-000002\.jsonl:3 the file ends in a line that is not whole/, /manifest says/, /^main-000003\.jsonl:1 it does not follow/)
    await find(text)
  })

  it('finds a file that is gone, or has another one in its place', async () => {
    const { directory, paths: [first = '', second = '', third = ''] } = await threeFiles()
    const [one, two] = [readFileSync(first), readFileSync(second)]
    rmSync(second)
    assert.deepEqual((await breaksOf(directory)).map((each) => each.slice(0, 49)), ['manifest.json: file 2 of main is missing', 'main-000003.jsonl:1 it does not follow the end of'])
    renameSync(first, second)
    assert.match((await breaksOf(directory)).join(), /main-000002\.jsonl:1 it says that it is file 1 of main: it has been renamed/)
    writeFileSync(first, one)
    writeFileSync(second, two)
    rmSync(third)
    assert.deepEqual(await breaksOf(directory), ['manifest.json: file 3 of main is missing'], 'also the last one')
  })

  it('finds a series that is gone as a whole, and a manifest that is', async () => {
    const { directory, paths } = await threeFiles('main')
    await threeFiles('worker-2', directory)
    for (const path of paths) rmSync(path)
    assert.equal((await breaksOf(directory)).filter((each) => /file [123] of main is missing/.test(each)).length, 3)
    rmSync(join(directory, 'manifest.json'))
    assert.deepEqual(await breaksOf(directory), ['manifest.json: it is missing, so that nobody can say whether whole series are'])
    writeFileSync(join(directory, 'manifest.json'), '{}')
    assert.match((await breaksOf(directory)).join(), /is no manifest of a ledger/)
  })

  it('goes on from the hash of what was removed because of its age', async () => {
    const directory = ledgerDirectory()
    const clock = ledgerClock()
    const ledger = await openLedger({ ...ledgerOptions(directory, { rotateBytes: 1, keepMs: DAY_MS }), clock })
    for (let day = 0; day < 4; day += 1) {
      ledger.row(exampleRow(`${day}`))
      clock.advance(DAY_MS + 1)
    }
    await ledger.close()
    const [report] = (await verifyLedger(directory)).writers
    assert.deepEqual(report?.removed, { files: 3, rows: 3, until: '2026-03-03T12:00:00.002Z' })
    assert.deepEqual(await breaksOf(directory), [])
    const manifest = readFileSync(join(directory, 'manifest.json'), 'utf8')
    writeFileSync(join(directory, 'manifest.json'), manifest.replace(/("removed": \{[^}]*"hash": ")[0-9a-f]{4}/, '$1ffff'))
    assert.match((await breaksOf(directory)).join(), /main-000004\.jsonl:1 it does not follow the end of file 3/)
  })

  it('takes the unfinished line of a writer that is running or died for what it is', async () => {
    const { directory, paths } = await threeFiles()
    appendFileSync(paths[2] ?? '', '{"seq":10,"at":')
    const { writers } = await verifyLedger(directory)
    assert.deepEqual(writers[0]?.breaks, [])
    assert.match(writers[0]?.notes.join() ?? '', /main-000003\.jsonl:4: the last line is not whole \(15 bytes\)/)
  })

  it('sees that the end of the last line was changed, also while the writer is running', async () => {
    const directory = ledgerDirectory()
    const ledger = await openLedger(ledgerOptions(directory))
    ledger.row(exampleRow('a'))
    const path = join(directory, 'main-000001.jsonl')
    const text = readFileSync(path, 'utf8')
    writeFileSync(path, `${text.slice(0, -1)} `)
    assert.deepEqual(await breaksOf(directory), ['main-000001.jsonl:2 the line has no end any more: it has been changed'])
    await ledger.close()
  })

  it('cannot see that rows were cut off at the very end while the writer is running, as it says', async () => {
    const directory = ledgerDirectory()
    const ledger = await openLedger(ledgerOptions(directory))
    ledger.row(exampleRow('a'))
    const path = join(directory, 'main-000001.jsonl')
    const { length } = readFileSync(path)
    ledger.row(exampleRow('b'))
    truncateSync(path, length)
    assert.deepEqual(await breaksOf(directory), [])
    await ledger.close()
  })
})

describe('the check of the sums', () => {
  it('compares what every file begins with with what happened before', async () => {
    const directory = ledgerDirectory()
    for (const id of ['a', 'b', 'c']) {
      const { store, ledger } = await openStoreLedger(createMemoryBudgetStore(), ledgerOptions(directory))
      await store.admit({ id, nowMs: LEDGER_START_MS, holdUntilMs: LEDGER_START_MS + 1000, claims: [{ ...charge(100), limit: 1000, startAt: 1000 }] })
      await store.settle({ id, nowMs: LEDGER_START_MS, charges: [charge(7)] })
      await ledger.close()
    }
    const [report] = (await verifyLedger(directory)).writers
    assert.deepEqual([report?.snapshotsCompared, report?.breaks], [2, []])
  })

  async function withSnapshots(first: StoreSnapshot, second: StoreSnapshot, between: (ledger: Awaited<ReturnType<typeof openLedger>>) => void, after: (ledger: Awaited<ReturnType<typeof openLedger>>) => void): Promise<string> {
    const directory = ledgerDirectory()
    for (const [snapshot, write] of [[first, between], [second, after]] as const) {
      const ledger = await openLedger({ ...ledgerOptions(directory), snapshot: () => snapshot })
      write(ledger)
      await ledger.close()
    }
    return directory
  }
  const empty: StoreSnapshot = { counters: [], holds: [], settled: [], names: [] }
  const used = (amount: number, changes: Partial<StoreSnapshot> = {}): StoreSnapshot => ({ ...empty, counters: [{ key: charge(0).key, forgetAtMs: charge(0).forgetAtMs, used: amount, held: 0 }], ...changes })

  it('names the counter that is not what the lines add up to', async () => {
    const directory = await withSnapshots(empty, used(8), (ledger) => ledger.settled({ id: 'a', charges: [charge(7)] }), () => undefined)
    assert.match((await breaksOf(directory)).join(), /^main-000002\.jsonl:1 the counters at the beginning of this file are not what the lines before add up to: day\|usd\|1772323200\|user=alice has 8 used and 0 held instead of 7 and 0$/)
  })

  it('waits for lines of exchanges that the counters know already', async () => {
    const settled = [{ sinceMs: LEDGER_START_MS, ids: ['a'] }]
    const late = await withSnapshots(empty, used(7, { settled }), () => undefined, (ledger) => ledger.settled({ id: 'a', charges: [charge(7)] }))
    assert.deepEqual(await breaksOf(late), [])
    assert.equal((await verifyLedger(late)).writers[0]?.snapshotsCompared, 1)
    const wrong = await withSnapshots(empty, used(9, { settled }), () => undefined, (ledger) => ledger.settled({ id: 'a', charges: [charge(7)] }))
    assert.match((await breaksOf(wrong)).join(), /has 9 used and 0 held instead of 7 and 0/)
    const never = await withSnapshots(empty, used(7, { settled }), () => undefined, () => undefined)
    assert.match((await verifyLedger(never)).writers[0]?.notes.join() ?? '', /know of 1 exchanges that were never written, so they could not be compared/)
  })

  it('compares nothing across lines that could not be written', async () => {
    const directory = await withSnapshots(empty, used(8), () => undefined, () => undefined)
    const path = join(directory, 'main-000001.jsonl')
    const [open = '', state = ''] = readFileSync(path, 'utf8').split('\n')
    // As a writer would have put it there.
    const gap = sealLine('{"seq":3,"at":"2026-03-01T12:00:00.000Z","kind":"gap","lost":2}', /"hash":"(\w+)"/.exec(state)?.[1] ?? FIRST_HASH).text
    writeFileSync(path, `${open}\n${state}\n${gap}`)
    const { writers } = await verifyLedger(directory)
    assert.match(writers[0]?.notes.join() ?? '', /main-000001\.jsonl:3: 2 lines before this one could not be written/)
    assert.ok(writers[0]?.breaks.every(({ problem }) => !problem.includes('add up')))
  })
})
