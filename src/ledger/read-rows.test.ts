import assert from 'node:assert/strict'
import { appendFileSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { DAY_MS, exampleRow, ledgerClock, ledgerDirectory, ledgerOptions } from '../../test/support/ledger-files.ts'
import type { LedgerRow } from './ledger-row.ts'
import { openLedger } from './open-ledger.ts'
import { readRowPage, streamRows } from './read-rows.ts'
import { decodeCursor, encodeCursor, type RowOrder } from './row-cursor.ts'
import type { RowQuery } from './row-query.ts'

interface Written {
  readonly id: string
  readonly writer?: string
  readonly changes?: Partial<LedgerRow>
}

/** One row a minute, each in the file of its writer. */
async function write(rows: readonly Written[], directory = ledgerDirectory(), rotateBytes = 1e9): Promise<string> {
  const clock = ledgerClock()
  const names = [...new Set(rows.map(({ writer = 'main' }) => writer))]
  const ledgers = new Map(await Promise.all(names.map(async (writer) => [writer, await openLedger({ ...ledgerOptions(directory, { rotateBytes }), writer, clock })] as const)))
  for (const { id, writer = 'main', changes } of rows) {
    ledgers.get(writer)?.hold({ id, holdUntilMs: 1, charges: [] })
    ledgers.get(writer)?.row(exampleRow(id, changes))
    clock.advance(60_000)
  }
  for (const ledger of ledgers.values()) await ledger.close()
  return directory
}

async function idsOf(directory: string, query: RowQuery = {}, order: RowOrder = 'oldest'): Promise<readonly string[]> {
  const ids: string[] = []
  for await (const rows of streamRows({ directory, query, order })) ids.push(...rows.map(({ id }) => id))
  return ids
}

const mixed = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((id, index): Written => ({ id, writer: index % 3 === 0 ? 'worker-2' : 'main' }))

describe('rows', () => {
  it('come in the order of time over all writers and files, either way', async () => {
    for (const rotateBytes of [1, 1e9]) {
      const directory = await write(mixed, undefined, rotateBytes)
      assert.deepEqual(await idsOf(directory), ['a', 'b', 'c', 'd', 'e', 'f', 'g'])
      assert.deepEqual(await idsOf(directory, {}, 'newest'), ['g', 'f', 'e', 'd', 'c', 'b', 'a'])
    }
  })

  it('come page by page, each once, while others are written', async () => {
    for (const order of ['newest', 'oldest'] as const) {
      const directory = await write(mixed, undefined, 1)
      const found: string[] = []
      let cursor: string | undefined
      for (let page = 0; ; page += 1) {
        const { rows, next } = await readRowPage({ directory, query: {}, order, limit: 2, cursor: cursor === undefined ? undefined : decodeCursor(cursor) })
        found.push(...rows.map(({ id }) => id))
        if (next === undefined) break
        cursor = encodeCursor(next)
        if (page === 0) await write([{ id: 'late', writer: 'main' }, { id: 'new', writer: 'worker-3' }], directory)
      }
      const before = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
      if (order === 'newest') assert.deepEqual(found, before.toReversed())
      else assert.deepEqual(found.toSorted(), [...before, 'late', 'new'].toSorted())
    }
  })

  it('that are rare come with a later page, and no page looks for long', async () => {
    for (const order of ['newest', 'oldest'] as const) {
      const directory = await write(mixed, undefined, 1)
      const pages: string[][] = []
      let cursor: string | undefined
      do {
        const { rows, next } = await readRowPage({ directory, query: { id: 'd' }, order, limit: 10, mostLines: 4, cursor: cursor === undefined ? undefined : decodeCursor(cursor) })
        pages.push(rows.map(({ id }) => id))
        cursor = next === undefined ? undefined : encodeCursor(next)
        assert.ok(pages.length < 20, 'every page goes on')
      } while (cursor !== undefined)
      assert.ok(pages.length > 2, `${pages.length} pages`)
      assert.deepEqual(pages.flat(), ['d'])
    }
  })

  it('end with a page that says so', async () => {
    const directory = await write(mixed)
    assert.equal((await readRowPage({ directory, query: {}, order: 'newest', limit: 7 })).next, undefined)
    assert.notEqual((await readRowPage({ directory, query: {}, order: 'newest', limit: 6 })).next, undefined)
  })

  it('are chosen by time, attribute, model, provider, budget and id', async () => {
    const directory = await write([
      { id: 'a', changes: { caller: { user: 'alice', 'cost-center': '4711' } } },
      { id: 'b', changes: { caller: { user: 'bob "the builder"' }, clientModel: 'claude', upstreamModel: 'claude-sonnet-4-5', responseModel: undefined, askedModel: 'claude', provider: 'anthropic' } },
      { id: 'alice', changes: { caller: { team: 'alice' }, charges: [{ budget: 'day', unit: 'usd', key: 'k', amount: 1, forgetAtMs: 1 }] } },
    ])
    const where = (name: string, value: string) => ({ where: new Map([[name, value]]) })
    assert.deepEqual(await idsOf(directory, where('user', 'alice')), ['a'])
    assert.deepEqual(await idsOf(directory, where('cost-center', '4711')), ['a'])
    assert.deepEqual(await idsOf(directory, where('user', 'bob "the builder"')), ['b'])
    assert.deepEqual(await idsOf(directory, where('toString', 'alice')), [])
    assert.deepEqual(await idsOf(directory, { model: 'claude*' }), ['b'])
    assert.deepEqual(await idsOf(directory, { model: 'gpt-4o-mini-2024-07-18' }), ['a', 'alice'])
    assert.deepEqual(await idsOf(directory, { provider: 'anthropic' }), ['b'])
    assert.deepEqual(await idsOf(directory, { budget: 'day' }), ['alice'])
    assert.deepEqual(await idsOf(directory, { id: 'alice' }), ['alice'])
    assert.deepEqual(await idsOf(directory, { from: '2026-03-01T12:01:00.000Z' }), ['b', 'alice'])
    assert.deepEqual(await idsOf(directory, { to: '2026-03-01T12:01:00.000Z' }), ['a'])
  })

  it('of holds that ran out are named after their counters', async () => {
    const directory = ledgerDirectory()
    const ledger = await openLedger(ledgerOptions(directory))
    ledger.expired({ id: 'x', charges: [{ key: 'day|usd|1772323200|user=J%fcrgen', amount: 5, forgetAtMs: 1 }] })
    await ledger.close()
    const { rows } = await readRowPage({ directory, query: { where: new Map([['user', 'Jürgen']]), budget: 'day' }, order: 'newest', limit: 10 })
    assert.deepEqual(rows.map(({ id, outcome, nanoDollars, estimated, at }) => ({ id, outcome, nanoDollars, estimated, at })), [
      { id: 'x', outcome: 'expired', nanoDollars: 5, estimated: true, at: '2026-03-01T12:00:00.000Z' },
    ])
  })

  it('are read past a line that is torn or damaged, and without a manifest', async () => {
    const directory = await write(mixed)
    for (const name of readdirSync(directory).filter((each) => each.endsWith('.jsonl'))) appendFileSync(join(directory, name), '{"seq":9,"at":"2026-03-01T13:00:00.000Z","kind":"row",\n{"seq":')
    rmSync(join(directory, 'manifest.json'))
    assert.deepEqual(await idsOf(directory), ['a', 'b', 'c', 'd', 'e', 'f', 'g'])
    assert.deepEqual(await idsOf(directory, {}, 'newest'), ['g', 'f', 'e', 'd', 'c', 'b', 'a'])
  })

  it('are whole where a line is longer than what is read at once', async () => {
    const flags = ['x'.repeat(300_000)]
    const directory = await write(['a', 'b', 'c'].map((id) => ({ id, changes: { flags: id === 'b' ? [] : flags } })))
    for (const order of ['newest', 'oldest'] as const) {
      const lengths: number[] = []
      for await (const rows of streamRows({ directory, query: {}, order })) lengths.push(...rows.map((row) => row.flags.join('').length))
      assert.deepEqual(lengths, [300_000, 0, 300_000])
    }
  })

  it('of files that are out of the time are not read at all', async () => {
    const directory = ledgerDirectory()
    const clock = ledgerClock()
    for (const id of ['a', 'b']) {
      const ledger = await openLedger({ ...ledgerOptions(directory), clock })
      ledger.row(exampleRow(id))
      await ledger.close()
      clock.advance(DAY_MS)
    }
    rmSync(join(directory, 'main-000001.jsonl'))
    appendFileSync(join(directory, 'main-000001.jsonl'), 'x'.repeat(9 * 1024 * 1024))
    assert.deepEqual(await idsOf(directory, { from: '2026-03-02T00:00:00.000Z' }), ['b'])
    await assert.rejects(idsOf(directory), /has a line of 8388608 bytes or more/)
  })
})
