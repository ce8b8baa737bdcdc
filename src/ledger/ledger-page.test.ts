import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { TollgateError } from '../core/errors.ts'
import { DAY_MS, exampleRow, ledgerClock, ledgerDirectory, ledgerOptions } from '../../test/support/ledger-files.ts'
import { createLedgerPage, type LedgerAnswer, type ShownRows } from './ledger-page.ts'
import { openLedger } from './open-ledger.ts'
import { parseMoment } from './parse-moment.ts'

async function pageOf(ids: readonly string[]): Promise<(query: string) => Promise<LedgerAnswer>> {
  const directory = ledgerDirectory()
  const clock = ledgerClock()
  const ledger = await openLedger({ ...ledgerOptions(directory), clock })
  for (const id of ids) {
    ledger.row(exampleRow(id, { caller: { user: id, model: 'x' } }))
    clock.advance(60_000)
  }
  await ledger.close()
  const page = createLedgerPage({ directory, attributes: () => ['user', 'team'], clock })
  return (query) => page(new URLSearchParams(query))
}

const shown = ({ body }: LedgerAnswer): ShownRows => JSON.parse(typeof body === 'string' ? body : '{}') as ShownRows
const idsOf = (answer: LedgerAnswer) => shown(answer).rows.map((row) => row.exchange_id)

async function textOf({ body }: LedgerAnswer): Promise<string> {
  if (typeof body === 'string') return body
  let text = ''
  for await (const piece of body) text += piece
  return text
}

describe('GET /ledger', () => {
  it('shows the newest rows first, and says how to go on', async () => {
    const page = await pageOf(['a', 'b', 'c'])
    const first = await page('limit=2')
    assert.equal(first.contentType, 'application/json')
    assert.deepEqual(idsOf(first), ['c', 'b'])
    const second = await page(`limit=2&cursor=${shown(first).next}`)
    assert.deepEqual(idsOf(second), ['a'])
    assert.equal('next' in shown(second), false)
  })

  it('chooses by attributes, also those that are called like a parameter', async () => {
    const page = await pageOf(['a', 'b'])
    assert.deepEqual(idsOf(await page('user=a')), ['a'])
    assert.deepEqual(idsOf(await page('user=a&caller.model=x')), ['a'])
    assert.deepEqual(idsOf(await page('caller.model=y')), [])
    assert.deepEqual(idsOf(await page('model=gpt-*&id=b')), ['b'])
  })

  it('chooses by time', async () => {
    const page = await pageOf(['a', 'b', 'c'])
    assert.deepEqual(idsOf(await page('from=2026-03-01T12:01:00Z&to=2026-03-01T13:02:00%2B01:00')), ['b'])
    assert.deepEqual(idsOf(await page('from=2m')), ['c', 'b'])
    assert.deepEqual(idsOf(await page('order=oldest&to=2026-03-02')), ['a', 'b', 'c'])
  })

  it('gives files, whole or the first so many rows', async () => {
    const page = await pageOf(['a', 'b', 'c'])
    const csv = await page('format=csv&order=oldest')
    assert.equal(csv.contentType, 'text/csv; charset=utf-8')
    assert.deepEqual((await textOf(csv)).split('\r\n').map((line) => line.split(',')[0]), ['exchange_id', 'a', 'b', 'c', ''])
    assert.deepEqual((await textOf(await page('format=jsonl&limit=2'))).trim().split('\n').map((line) => (JSON.parse(line) as { exchange_id: string }).exchange_id), ['c', 'b'])
  })

  it('names the parameter that is wrong, and what is allowed', async () => {
    const page = await pageOf(['a'])
    const refused: readonly (readonly [string, RegExp])[] = [
      ['usr=a', /"usr": no caller has such an attribute; known: from, to, .*, user, team, and caller\.NAME/],
      ['from=yesterday', /"from": allowed: a day in UTC/],
      ['to=2026-02-30', /"to"/],
      ['limit=0', /from 1 to 1000/],
      ['limit=1001', /from 1 to 1000/],
      ['format=xml', /"format": allowed: json, jsonl, csv/],
      ['order=up', /"order": allowed: newest, oldest/],
      ['cursor=abc', /"cursor": allowed: what `next` said/],
      ['format=csv&cursor=abc', /only with format=json/],
      ['user=a&user=b', /"user": given twice/],
    ]
    for (const [query, message] of refused) await assert.rejects(page(query), (error) => error instanceof TollgateError && error.code === 'malformed_request' && message.test(error.message), query)
  })
})

describe('a moment', () => {
  it('is a day, a time or how long ago', () => {
    const nowMs = Date.parse('2026-03-08T12:00:00Z')
    assert.equal(parseMoment('2026-03-01', nowMs), '2026-03-01T00:00:00.000Z')
    assert.equal(parseMoment('2026-03-01T01:30+02:00', nowMs), '2026-02-28T23:30:00.000Z')
    assert.equal(parseMoment('7d', nowMs), new Date(nowMs - 7 * DAY_MS).toISOString())
    for (const wrong of ['2026-02-29', '2026-13-01', '2026-03-01T12:00', '1 day', 'now', '', '-1d']) assert.equal(parseMoment(wrong, nowMs), undefined, wrong)
  })
})
