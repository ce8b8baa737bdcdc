import assert from 'node:assert/strict'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { buildBudget } from '../../test/support/build-budgets.ts'
import type { BudgetWarning } from '../budgets/warnings.ts'
import type { Log } from '../core/log.ts'
import { silentLog } from '../core/log.ts'
import { describeWarning, postWarning } from './budget-webhook.ts'

const warning: BudgetWarning = {
  budget: buildBudget({ name: 'team-month', per: ['team'], unit: { kind: 'usd' } }),
  attributes: new Map([['team', 'red']]),
  action: 'downgrade',
  threshold: 5000,
  limit: 1000e9,
  used: 499.5e9,
  held: 1e9,
  resetMs: Date.UTC(2026, 1, 1),
}
const said = { budget: 'team-month', caller: { team: 'red' }, action: 'downgrade', below_percent: 50, unit: 'usd', limit: '1000', spent: '499.5', held: '1', left: '499.5', resets_at: '2026-02-01T00:00:00.000Z' }

describe('a warning of a budget', () => {
  let server: Server
  let url: string
  const statuses: number[] = []
  const received: { headers: IncomingHttpHeaders; body: string }[] = []
  before(async () => {
    server = createServer((request, response) => {
      let body = ''
      request.on('data', (chunk: Buffer) => (body += chunk.toString()))
      request.on('end', () => {
        received.push({ headers: request.headers, body })
        response.writeHead(statuses.shift() ?? 204, { location: 'http://127.0.0.1:1/' }).end()
      })
    })
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve)
    })
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
  })
  after(() => server.close())

  const post = async (answers: readonly number[], log: Log = silentLog, to = url): Promise<number[]> => {
    const pauses: number[] = []
    received.length = 0
    statuses.splice(0, statuses.length, ...answers)
    const sleep = (milliseconds: number): Promise<void> => {
      pauses.push(milliseconds)
      return Promise.resolve()
    }
    await postWarning({ url: to, token: { kind: 'env', name: 'HOOK' } }, warning, { readSecret: () => 'secret', log, sleep })
    return pauses
  }

  it('says amounts as people write them', () => {
    assert.deepEqual(describeWarning(warning), said)
  })

  it('is posted as JSON with its token', async () => {
    assert.deepEqual(await post([200]), [])
    assert.deepEqual(received.map(({ headers, body }) => [headers.authorization, headers['content-type'], JSON.parse(body)]), [['Bearer secret', 'application/json', { type: 'tollgate.budget', ...said }]])
  })

  it('is posted again when it was not taken, and follows nobody elsewhere', async () => {
    assert.deepEqual(await post([500, 302, 200]), [1000, 5000])
    assert.equal(received.length, 3)
  })

  it('is left to the log in the end', async () => {
    const errors: string[] = []
    const log: Log = { ...silentLog, error: ({ reason }, message) => void errors.push(`${message} ${String(reason)}`) }
    assert.deepEqual(await post([500, 500, 500, 503], log), [1000, 5000, 25_000])
    assert.deepEqual(errors, ['The budget webhook could not be reached; this warning is only in the log. it answered 503'])
    assert.deepEqual(await post([], log, 'http://127.0.0.1:1/'), [1000, 5000, 25_000])
    assert.equal(errors.length, 2)
  })
})
