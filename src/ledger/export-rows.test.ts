import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { exampleRow } from '../../test/support/ledger-files.ts'
import { parseCsv, writeCsvRecord } from './csv.ts'
import { exportRows, type ExportFormat } from './export-rows.ts'
import type { ListedRow } from './listed-row.ts'
import { sumRows } from './sum-rows.ts'

const listed = (id: string, changes: Partial<ListedRow> = {}): ListedRow => ({ ...exampleRow(id), writer: 'main', seq: 2, at: '2026-03-01T12:00:02.500Z', ...changes })

async function* batches(...rows: readonly ListedRow[]): AsyncGenerator<readonly ListedRow[]> {
  for (const row of rows) yield await Promise.resolve([row])
}

async function exported(format: ExportFormat, ...rows: readonly ListedRow[]): Promise<string> {
  let text = ''
  for await (const piece of exportRows(batches(...rows), format)) text += piece
  return text
}

describe('rows as CSV', () => {
  it('have a heading, and every number exactly', async () => {
    const charges = [{ budget: 'day', unit: 'usd', key: 'k', amount: 270_000, forgetAtMs: 1 }]
    const [heading, row] = parseCsv(await exported('csv', listed('a', { charges, caller: { user: 'alice', 'cost-center': '4711' } })))
    const cells = Object.fromEntries((heading?.cells ?? []).map((name, index) => [name, row?.cells[index]]))
    assert.deepEqual(
      [cells['exchange_id'], cells['user'], cells['team'], cells['other_attributes'], cells['cost_usd'], cells['input_tokens'], cells['cached_input_tokens'], cells['charges'], cells['seq']],
      ['a', 'alice', '', '{"cost-center":"4711"}', '0.00027', '1000', '', '[{"budget":"day","unit":"usd","amount":0.00027,"key":"k"}]', '2'],
    )
    assert.equal(await exported('csv'), `${heading?.cells.join(',')}\r\n`)
  })

  it('give no spreadsheet a formula', async () => {
    for (const attack of ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1']) assert.match(writeCsvRecord([attack]), /^"?'/, attack)
    assert.equal(writeCsvRecord(['a=b', -5, undefined, true, '']), 'a=b,-5,,true,\r\n')
    assert.match(await exported('csv', listed('a', { caller: { user: '=HYPERLINK("http://x")' } })), /,"'=HYPERLINK\(""http:\/\/x""\)",/)
  })

  it('are read as they were written, whatever is in them', () => {
    const cells = ['plain', 'with, comma', 'with "quotes"', 'two\r\nlines', '', ' space ']
    const text = writeCsvRecord(cells) + writeCsvRecord(['x'])
    assert.deepEqual(parseCsv(text), [{ line: 1, cells }, { line: 3, cells: ['x'] }])
    assert.deepEqual(parseCsv('\uFEFFa,b\n\n1,\n"2",3'), [{ line: 1, cells: ['a', 'b'] }, { line: 3, cells: ['1', ''] }, { line: 4, cells: ['2', '3'] }])
    assert.deepEqual(parseCsv('a,'), [{ line: 1, cells: ['a', ''] }])
    assert.throws(() => parseCsv('a\n"open'), /line 2: a quote that is not closed/)
    assert.throws(() => parseCsv('"a"b,c'), /line 1: a quote/)
  })
})

describe('rows as JSON lines', () => {
  it('are one object each, in the words of the log', async () => {
    const lines = (await exported('jsonl', listed('a'), listed('b', { usage: undefined, nanoDollars: undefined }))).split('\n')
    const [first, second] = lines.slice(0, 2).map((line) => JSON.parse(line) as Record<string, unknown>)
    assert.deepEqual([first?.['exchange_id'], first?.['model'], first?.['cost_usd'], first?.['cost_nano_usd'], first?.['caller']], ['a', 'gpt-4o-mini', 0.00027, 270_000, { user: 'alice', team: 'research' }])
    assert.equal('cost_usd' in (second ?? {}), false, 'unknown is not zero')
    assert.deepEqual(lines.slice(2), [''])
  })
})

describe('sums of rows', () => {
  it('are by day, model or attribute, and say what is estimated or unknown', async () => {
    const rows = [
      listed('a', { nanoDollars: Number.MAX_SAFE_INTEGER }),
      listed('b', { nanoDollars: Number.MAX_SAFE_INTEGER, estimated: true, caller: {} }),
      listed('c', { finishedAt: '2026-03-02T00:00:00.000Z', usage: undefined, nanoDollars: undefined }),
    ]
    const byDay = await sumRows(batches(...rows), ['day', 'billed_model'])
    assert.deepEqual(byDay.map(({ group, rows: count, estimatedRows, rowsWithoutUsage, inputTokens, outputTokens }) => [group, count, estimatedRows, rowsWithoutUsage, inputTokens, outputTokens]), [
      [['2026-03-01', 'gpt-4o-mini-2024-07-18'], 2, 1, 0, 2000, 400],
      [['2026-03-02', 'gpt-4o-mini-2024-07-18'], 1, 0, 1, 0, 0],
    ])
    assert.equal(byDay[0]?.nanoDollars, 2n * BigInt(Number.MAX_SAFE_INTEGER))
    assert.equal(byDay[0]?.estimatedNanoDollars, BigInt(Number.MAX_SAFE_INTEGER))
    const byUser = await sumRows(batches(...rows), [{ attribute: 'user' }])
    assert.deepEqual(byUser.map(({ group, rows: count }) => [group, count]), [[[''], 1], [['alice'], 2]])
  })

  it('count an exchange whose end was not seen until a row says what it was', async () => {
    const orphan = listed('a', { outcome: 'orphaned', usage: undefined, nanoDollars: 900, estimated: true, upstreamModel: undefined, responseModel: undefined })
    const known = await sumRows(batches(orphan, listed('a', { nanoDollars: 5 })), ['upstream_model'])
    assert.deepEqual(known.map(({ group, rows, nanoDollars }) => [group, rows, nanoDollars]), [[['gpt-4o-mini'], 1, 5n]])
    const unknown = await sumRows(batches(orphan), ['upstream_model'])
    assert.deepEqual(unknown.map(({ group, estimatedRows, estimatedNanoDollars }) => [group, estimatedRows, estimatedNanoDollars]), [[[''], 1, 900n]])
  })
})
