import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { Command } from 'commander'
import { scratchFolder } from '../../test/support/grpc-client.ts'
import { jsonAnswer, type AdminRequest } from '../edge/admin-page.ts'
import { type AdminServer, startAdminServer } from '../edge/admin-server.ts'
import type { Explanation } from '../edge/explain-page.ts'
import { CommandError } from './command-error.ts'
import { addExplainCommand } from './explain.ts'

const price = { provider: 'openai', model: 'gpt-4o', known: true, source: { vendor: 'openai', model: 'gpt-4o' }, rate_card: '0.1.8', per_million_tokens: { input: 2.5, output: 10 }, per_call: {} } as const
const budget = { budget: 'team-day', unit: 'usd', per: ['team'], limit: 40, limit_from: 'boost 1', limit_until: '2026-02-01T00:00:00.000Z', window: 'day (UTC)', window_start: '2026-01-05T00:00:00.000Z', resets_at: '2026-01-06T00:00:00.000Z', used: 25.5, held: 0.000_000_1, left: 14.4999999, reserve: 'estimate', needs: 0.00126, tiers: [{ remaining_share: 0.5, action: 'downgrade', satisfied: false }], verdict: 'tier', action: 'downgrade' } as const
const downgraded: Explanation = {
  time: '2026-01-05T12:00:00.000Z',
  exchange_id: 'e-1',
  decision: 'admitted',
  caller: { user: 'alice\u001b[31m', team: 'eng' },
  downgraded_from: 'gpt-4o',
  waited_seconds: 1.5,
  models: [
    { model: 'gpt-4o', result: 'passed_over', downgrade_to: 'gpt-4o-mini', providers: ['openai'], prices: [price], estimate: { input_tokens: 24, output_tokens: 120 }, budgets: [budget], missed: [] },
    {
      model: 'gpt-4o-mini',
      result: 'admitted',
      providers: ['openai', 'vllm'],
      drawn_by_weight: true,
      left_out: ['azure (429, 12 s)'],
      prices: [{ provider: 'openai', model: 'gpt-4o-mini', known: false }],
      budgets: [{ ...budget, verdict: 'fits', tiers: [] }],
      missed: [{ budget: 'gpt-4o-cap', because: [{ what: 'model', found: ['gpt-4o-mini'], wanted: ['gpt-4o'] }] }, { budget: 'research', because: [{ what: 'caller', attribute: 'region', found: [], wanted: ['eu', 'us-*'] }] }],
    },
  ],
  ended: { outcome: 'answered', status: 200, provider: 'openai', upstream_model: 'gpt-4o-mini', attempts: 1, input_tokens: 24, output_tokens: 100, estimated: false, cost_usd: 0.0000636, duration_ms: 1234.5, charges: [{ budget: 'team-day', unit: 'usd', held: 0.00126, charged: 0.0000636, basis: 'exact' }] },
}
const text = `ADMITTED gpt-4o-mini instead of gpt-4o for user=alice\u{fffd}[31m team=eng
  exchange e-1, begun 2026-01-05T12:00:00.000Z
  it waited 1.5 s for room

gpt-4o: passed over
  providers   openai
  cheaper     gpt-4o-mini
  price       openai gpt-4o: $2.5 input, $10 output per million tokens (list of openai, rate card 0.1.8)
  estimate    24 tokens in, 120 out
  Budgets that count it:
    team-day (per team): too little is left for this model, so: downgrade
      $25.5 used, $0.0000001 held, $14.4999999 left of $40, by boost 1 until 2026-02-01T00:00:00.000Z; this needs $0.00126
      window: day (UTC), resets 2026-01-06T00:00:00.000Z
      tiers: below 50% downgrade

gpt-4o-mini: admitted
  providers   openai, vllm (the first is drawn by weight)
  not asked   azure (429, 12 s)
  price       openai gpt-4o-mini: nobody knows it
  Budgets that count it:
    team-day (per team): has room
      $25.5 used, $0.0000001 held, $14.4999999 left of $40, by boost 1 until 2026-02-01T00:00:00.000Z; this needs $0.00126
      window: day (UTC), resets 2026-01-06T00:00:00.000Z
  Budgets that do not:
    gpt-4o-cap: the model is gpt-4o-mini (gpt-4o would match)
    research: the caller has no region (eu, us-* would match)

Ended: answered, status 200 by openai (gpt-4o-mini), 1 attempt, 1,234.5 ms
  usage       24 tokens in, 100 out
  cost        $0.0000636
  BUDGET        HELD     CHARGED
  team-day  $0.00126  $0.0000636    exact
`

describe('tollgate explain', () => {
  let folder: Awaited<ReturnType<typeof scratchFolder>>
  let server: AdminServer
  let asked: AdminRequest[]
  let shown: object
  beforeEach(async () => {
    folder = await scratchFolder()
    asked = []
    shown = downgraded
    const handle = (request: AdminRequest) => {
      asked.push(request)
      return jsonAnswer(shown)
    }
    server = await startAdminServer({ address: '127.0.0.1:0', pages: { '/explain': { access: 'read', GET: handle, POST: handle } }, access: () => ({ readToken: undefined, writeToken: undefined }), readSecret: () => undefined, onError: () => undefined })
  })
  afterEach(async () => {
    await server.close()
    await folder.remove()
  })

  async function run(...options: readonly string[]): Promise<{ readonly out: string; readonly errors: string }> {
    let [out, errors] = ['', '']
    const program = new Command().exitOverride()
    addExplainCommand(program, {
      env: {},
      cwd: folder.path,
      stdout: (written) => void (out += written),
      stderr: (written) => void (errors += written),
      isTerminal: false,
      terminalSize: () => undefined,
      terminated: new Promise(() => undefined),
      sleep: () => Promise.resolve(),
    })
    for (const command of program.commands) command.exitOverride().configureOutput({ writeErr: () => undefined })
    await program.parseAsync(['node', 'tollgate', 'explain', '--admin', server.address, ...options])
    return { out, errors }
  }

  it('shows an exchange, each model with its budgets, and what it was charged', async () => {
    assert.equal((await run('e-1')).out, text)
    assert.deepEqual([asked[0]?.method, asked[0]?.query.get('id')], ['GET', 'e-1'])
    assert.deepEqual(JSON.parse((await run('e-1', '--json')).out), downgraded)
  })

  it('asks about the request that its options describe', async () => {
    await run('--user', 'alice', '--team', 'eng', '--where', 'region=eu', '--header', 'priority=high', '--model', 'gpt-4o', '--max-tokens', '100', '--prompt-tokens', '2')
    await run('--model', 'm', '--max-tokens', '5', '--path', '/v1/responses')
    await run('--model', 'm', '--path', '/v1/embeddings')
    await writeFile(join(folder.path, 'body.json'), ' {"model": "m"}')
    await run('--user', 'bob', '--body', 'body.json')
    assert.deepEqual(asked.map(({ method, body }) => [method, body]), [
      ['POST', { path: '/v1/chat/completions', headers: { priority: 'high' }, caller: { user: 'alice', team: 'eng', region: 'eu' }, body: { model: 'gpt-4o', max_tokens: 100, messages: [{ role: 'user', content: 'wordword' }] } }],
      ['POST', { path: '/v1/responses', headers: {}, body: { model: 'm', max_output_tokens: 5, input: 'word' } }],
      ['POST', { path: '/v1/embeddings', headers: {}, body: { model: 'm', input: 'word' } }],
      ['POST', { path: '/v1/chat/completions', headers: {}, caller: { user: 'bob' }, body: ' {"model": "m"}' }],
    ])
  })

  it('says what it needs to be told', async () => {
    const fails = (message: RegExp, ...options: readonly string[]) => assert.rejects(run(...options), (thrown: unknown) => thrown instanceof Error && message.test(thrown.message))
    await fails(/^Name an exchange, or describe a request, such as /)
    await fails(/^Name an exchange, or describe a request: not both\.$/, 'e-1', '--user', 'alice')
    await fails(/^--where alice: write a name, = and its value, such as user=alice\.$/, '--where', 'alice')
    await fails(/^--body has the whole request/, '--body', 'body.json', '--model', 'm')
    await fails(/^--body none\.json: it cannot be read: /, '--body', 'none.json')
    await fails(/^--prompt-tokens 250001: at most 250000 /, '--model', 'm', '--prompt-tokens', '250001')
    await fails(/^--path \/v1\/images\/generations: write the body of such a request into a file/, '--model', 'm', '--path', '/v1/images/generations')
    await fails(/Write a number from 1 on\./, '--model', 'm', '--max-tokens', '0')
    assert.equal(asked.length, 0)
    shown = { ...downgraded, decision: 'refused', error: { code: 'caller_missing', message: 'No caller.' }, models: [] }
    assert.match((await run('--model', 'gpt-4o')).errors, /^Say who asks: --user alice/)
    shown = { budgets: [] }
    await assert.rejects(run('e-1'), CommandError)
  })
})
