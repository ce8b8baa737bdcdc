import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { appendFileSync, chmodSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { TollgateError } from '../core/errors.ts'
import { DAY_MS, exampleRow, journalLines, ledgerClock, ledgerDirectory, ledgerOptions } from '../../test/support/ledger-files.ts'
import { logToArray } from '../../test/support/log-to-array.ts'
import { type FileCalls, realFileCalls } from './append-file.ts'
import { readManifest } from './manifest.ts'
import { openLedger } from './open-ledger.ts'
import { verifyLedger } from './verify.ts'

const charges = [{ key: 'day|usd|1772323200|user=alice', amount: 270_000, forgetAtMs: 1_772_409_600_000 }]

describe('the ledger', () => {
  it('has written a line when the call returns, chained to the line before', async () => {
    const directory = ledgerDirectory()
    const ledger = await openLedger(ledgerOptions(directory))
    ledger.hold({ id: 'a', holdUntilMs: 1_772_366_600_000, charges })
    ledger.row(exampleRow('a', { charges: [{ ...charges[0], key: 'k', amount: 5, forgetAtMs: 9, budget: 'day', unit: 'usd' }] }))
    const lines = readFileSync(join(directory, 'main-000001.jsonl'), 'utf8').split('\n').slice(0, -1)
    let previous = '0'.repeat(64)
    for (const line of lines) {
      const at = line.lastIndexOf(',"hash":"')
      previous = createHash('sha256').update(previous + line.slice(0, at)).digest('hex')
      assert.equal(line.slice(at), `,"hash":"${previous}"}`)
    }
    const [open, hold, row] = journalLines(join(directory, 'main-000001.jsonl'))
    assert.deepEqual([open?.['seq'], open?.['kind'], open?.['previous'], open?.['states']], [1, 'open', null, null])
    assert.deepEqual([hold?.['seq'], hold?.['at'], hold?.['kind'], hold?.['id'], hold?.['charges']], [2, '2026-03-01T12:00:00.000Z', 'hold', 'a', charges])
    assert.equal(row?.['kind'], 'row')
    await ledger.close()
  })

  it('cuts a model name that a client made long', async () => {
    const directory = ledgerDirectory()
    const ledger = await openLedger(ledgerOptions(directory))
    ledger.row(exampleRow('a', { askedModel: 'x'.repeat(100_000) }))
    const row = journalLines(join(directory, 'main-000001.jsonl'))[1]?.['row'] as { askedModel: string }
    assert.equal(row.askedModel.length, 257)
    await ledger.close()
  })

  it('goes on in a new file after a restart, from the end of the last', async () => {
    const directory = ledgerDirectory()
    for (const id of ['a', 'b']) {
      const ledger = await openLedger(ledgerOptions(directory))
      ledger.row(exampleRow(id))
      await ledger.close()
    }
    const [first = [], second = []] = [1, 2].map((number) => journalLines(join(directory, `main-00000${number}.jsonl`)))
    assert.deepEqual(second[0]?.['previous'], { segment: 1, seq: 2, hash: first[1]?.['hash'] })
    assert.equal(second[0]?.['seq'], 3)
    const entry = readManifest(directory)?.writers['main']
    assert.deepEqual(entry?.closed.map(({ segment, firstSeq, lastSeq, rows, bytes }) => ({ segment, firstSeq, lastSeq, rows, bytes })), [
      { segment: 1, firstSeq: 1, lastSeq: 2, rows: 1, bytes: statSync(join(directory, 'main-000001.jsonl')).size },
      { segment: 2, firstSeq: 3, lastSeq: 4, rows: 1, bytes: statSync(join(directory, 'main-000002.jsonl')).size },
    ])
    assert.equal(entry?.current, null)
  })

  it('cuts off what a death in the middle of a line left, and says so', async () => {
    const directory = ledgerDirectory()
    const path = join(directory, 'main-000001.jsonl')
    const dead = await openLedger({ ...ledgerOptions(directory), writer: 'main' })
    dead.row(exampleRow('a'))
    const whole = readFileSync(path)
    await dead.close()
    // As if it had not been closed: the manifest says that it is still being written.
    rmSync(join(directory, 'manifest.json'))
    appendFileSync(path, '{"seq":3,"at":"2026-03')
    const { log, lines } = logToArray()
    const ledger = await openLedger({ ...ledgerOptions(directory), log })
    assert.deepEqual(readFileSync(path), whole)
    assert.match(lines.map(({ message }) => message).join(), /last line of the ledger was not whole and is cut off/)
    assert.equal(journalLines(join(directory, 'main-000002.jsonl'))[0]?.['seq'], 3)
    await ledger.close()
  })

  it('begins a new file when one is full, with all that the store knows', async () => {
    const directory = ledgerDirectory()
    const snapshot = () => ({ counters: [{ key: 'k', forgetAtMs: 9, used: 3, held: 0 }], holds: [], settled: [{ sinceMs: 1, ids: Array.from({ length: 1200 }, (_, index) => `id-${index}`) }], names: [] })
    const ledger = await openLedger({ ...ledgerOptions(directory, { rotateBytes: 100 }), snapshot })
    ledger.row(exampleRow('a'))
    assert.deepEqual(readdirSync(directory).filter((name) => name.endsWith('.jsonl')), ['main-000001.jsonl'], 'a file is at least twice what it begins with')
    while (!readdirSync(directory).includes('main-000002.jsonl')) ledger.row(exampleRow('b'))
    const lines = journalLines(join(directory, 'main-000002.jsonl'))
    assert.deepEqual(lines.map(({ kind }) => kind), ['open', 'state', 'state', 'state'])
    assert.equal(lines[0]?.['states'], 3)
    assert.deepEqual(lines[1]?.['counters'], snapshot().counters)
    await ledger.close()
  })

  it('removes files once everything in them is old, and keeps where the chain goes on', async () => {
    const directory = ledgerDirectory()
    const clock = ledgerClock()
    const ledger = await openLedger({ ...ledgerOptions(directory, { rotateBytes: 1, keepMs: DAY_MS }), clock })
    ledger.row(exampleRow('a'))
    const last = readManifest(directory)?.writers['main']?.closed[0]
    clock.advance(DAY_MS)
    ledger.row(exampleRow('b'))
    assert.ok(readdirSync(directory).includes('main-000001.jsonl'))
    clock.advance(1)
    ledger.row(exampleRow('c'))
    assert.deepEqual(readdirSync(directory).filter((name) => name.endsWith('.jsonl')), ['main-000002.jsonl', 'main-000003.jsonl', 'main-000004.jsonl'])
    assert.deepEqual(readManifest(directory)?.writers['main']?.removed, { segments: 1, rows: 1, segment: 1, seq: last?.lastSeq, hash: last?.lastHash, until: '2026-03-01T12:00:00.000Z' })
    await ledger.close()
  })

  it('goes on behind files that somebody took away', async () => {
    const directory = ledgerDirectory()
    await (await openLedger(ledgerOptions(directory))).close()
    rmSync(join(directory, 'main-000001.jsonl'))
    const ledger = await openLedger(ledgerOptions(directory))
    assert.deepEqual(readdirSync(directory).filter((name) => name.endsWith('.jsonl')), ['main-000002.jsonl'])
    await ledger.close()
  })

  it('is for its owner only', async () => {
    const directory = join(ledgerDirectory(), 'inner')
    const ledger = await openLedger(ledgerOptions(directory))
    for (const [path, mode] of [[directory, 0o700], [join(directory, 'main-000001.jsonl'), 0o600], [join(directory, 'manifest.json'), 0o600]] as const) {
      assert.equal(statSync(path).mode & 0o777, mode, path)
    }
    await ledger.close()
  })

  it('refuses a name that is none for a file, and a directory that is a file', async () => {
    const directory = ledgerDirectory()
    await assert.rejects(openLedger({ ...ledgerOptions(directory), writer: '../main' }), /is no name of a writer/)
    writeFileSync(join(directory, 'file'), '')
    await assert.rejects(openLedger(ledgerOptions(join(directory, 'file'))), /cannot be made .*name another one: path in the section ledger/s)
  })

  it('refuses to write behind something that is no line', async () => {
    const directory = ledgerDirectory()
    writeFileSync(join(directory, 'main-000001.jsonl'), 'hello\n')
    await assert.rejects(openLedger(ledgerOptions(directory)), /main-000001\.jsonl:1 is no line of a ledger/)
  })

  it('begins anew where a writer died before its first line', async () => {
    const directory = ledgerDirectory()
    writeFileSync(join(directory, 'main-000001.jsonl'), '{"seq":1')
    chmodSync(join(directory, 'main-000001.jsonl'), 0o600)
    const ledger = await openLedger(ledgerOptions(directory))
    assert.equal(journalLines(join(directory, 'main-000001.jsonl'))[0]?.['seq'], 1)
    await ledger.close()
  })
})

describe('a ledger whose disk fails', () => {
  function failing(): { calls: FileCalls; disk: { room: number; canCut: boolean; canSync: boolean } } {
    const disk = { room: Number.POSITIVE_INFINITY, canCut: true, canSync: true }
    const fail = (code: string): Error => Object.assign(new Error(code), { code })
    const calls: FileCalls = {
      ...realFileCalls,
      write(fd, bytes, position) {
        if (disk.room === 0) throw fail('ENOSPC')
        const written = realFileCalls.write(fd, bytes.subarray(0, disk.room), position)
        disk.room -= written
        return written
      },
      truncate(fd, length) {
        if (!disk.canCut) throw fail('EIO')
        realFileCalls.truncate(fd, length)
      },
      sync: (fd) => (disk.canSync ? realFileCalls.sync(fd) : Promise.reject(fail('EIO'))),
    }
    return { calls, disk }
  }
  const kindsOf = (path: string) => journalLines(path).map(({ kind }) => kind)

  it('throws, keeps the file readable, and says in it how many lines are missing', async () => {
    const directory = ledgerDirectory()
    const path = join(directory, 'main-000001.jsonl')
    const { calls, disk } = failing()
    const { log, lines } = logToArray()
    const ledger = await openLedger({ ...ledgerOptions(directory), calls, log })
    ledger.row(exampleRow('a'))
    const whole = readFileSync(path)
    disk.room = 100
    for (const id of ['b', 'c']) assert.throws(() => ledger.row(exampleRow(id)), (error) => error instanceof TollgateError && error.code === 'budgets_unavailable' && !error.message.includes(directory))
    assert.deepEqual(readFileSync(path), whole)
    disk.room = Number.POSITIVE_INFINITY
    ledger.row(exampleRow('d'))
    assert.deepEqual(kindsOf(path), ['open', 'row', 'gap', 'row'])
    assert.equal(journalLines(path)[2]?.['lost'], 2)
    assert.deepEqual(lines.map(({ level }) => level), ['error', 'info'], 'once when it began, once when it ended')
    await ledger.close()
  })

  it('cuts the rest of a line off later, where that was not possible either', async () => {
    const directory = ledgerDirectory()
    const path = join(directory, 'main-000001.jsonl')
    const { calls, disk } = failing()
    const ledger = await openLedger({ ...ledgerOptions(directory), calls })
    Object.assign(disk, { room: 700, canCut: false })
    assert.throws(() => ledger.row(exampleRow('a', { flags: ['x'.repeat(800)] })), TollgateError)
    Object.assign(disk, { room: Number.POSITIVE_INFINITY })
    assert.throws(() => ledger.row(exampleRow('b')), TollgateError, 'what is left of the line is still there')
    disk.canCut = true
    ledger.row(exampleRow('c'))
    assert.deepEqual(kindsOf(path), ['open', 'gap', 'row'])
    await ledger.close()
  })

  it('goes on in the old file where no new one can be begun', async () => {
    const directory = ledgerDirectory()
    const { calls, disk } = failing()
    const { log, lines } = logToArray()
    const snapshot = () => ({ counters: [], holds: [], settled: [], names: [] })
    const ledger = await openLedger({ ...ledgerOptions(directory, { rotateBytes: 1200 }), calls, log, snapshot })
    ledger.row(exampleRow('a'))
    const [open = '', , row = ''] = readFileSync(join(directory, 'main-000001.jsonl'), 'utf8').split('\n')
    // The row, the first line of a new file, and not the second.
    disk.room = row.length + open.length + 200
    ledger.row(exampleRow('b'))
    assert.match(lines[0]?.message ?? '', /could not begin a new file and goes on in the old one/)
    assert.deepEqual(readdirSync(directory).filter((name) => name.endsWith('.jsonl')), ['main-000001.jsonl'])
    disk.room = Number.POSITIVE_INFINITY
    ledger.row(exampleRow('c'))
    assert.deepEqual(kindsOf(join(directory, 'main-000001.jsonl')), ['open', 'state', 'row', 'row', 'row'])
    assert.equal(journalLines(join(directory, 'main-000002.jsonl'))[0]?.['seq'], 6)
    await ledger.close()
    assert.deepEqual((await verifyLedger(directory)).writers[0]?.breaks, [])
  })

  it('rejects those who wait for the disk, and goes on in a new file', async () => {
    const directory = ledgerDirectory()
    const { calls, disk } = failing()
    const ledger = await openLedger({ ...ledgerOptions(directory, { fsync: true }), calls })
    ledger.row(exampleRow('a'))
    disk.canSync = false
    await assert.rejects(ledger.durable(), TollgateError)
    disk.canSync = true
    ledger.row(exampleRow('b'))
    await ledger.durable()
    assert.deepEqual(readdirSync(directory).filter((name) => name.endsWith('.jsonl')), ['main-000001.jsonl', 'main-000002.jsonl'])
    await ledger.close()
  })
})
