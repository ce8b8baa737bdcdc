// Explanations from a running gateway: what is said before comes true, and what is said afterwards is what happened.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import type { Explanation } from '../../src/edge/explain-page.ts'
import { type MockProvider, startMockProvider } from '../../src/mock/mock-provider.ts'
import { createCleanup } from './support/cleanup.ts'
import { type Gateway, startGateway } from './support/gateway.ts'
import { type Answer, createClient } from './support/send.ts'
import { until } from './support/until.ts'

const mainFile = new URL('../../src/main.ts', import.meta.url).pathname
const yaml = (port: number, budgets: string, more = '') => `
providers:
  openai: {api: openai, url: "http://127.0.0.1:${port}"}
models:
  gpt-4o: {providers: [openai], downgrade_to: gpt-4o-mini}
  gpt-4o-mini: {providers: [openai]}
callers: [{headers: {user: x-user-id, team: x-team}}]
${more}
budgets:
${budgets}
`
const ask = (model = 'gpt-4o') => ({ model, max_tokens: 100, messages: [{ role: 'user', content: 'hello' }] })
const usage = (input: number, output: number) => ({ 'x-user-id': 'alice', 'x-mock-input-tokens': String(input), 'x-mock-output-tokens': String(output) })

async function explain(gateway: Gateway, question: object): Promise<Explanation> {
  const answer = await fetch(`${gateway.adminUrl}/explain`, { method: 'POST', body: JSON.stringify(question) })
  assert.equal(answer.status, 200, await answer.clone().text())
  return (await answer.json()) as Explanation
}

/** An exchange ends a moment after its client has the last byte. */
async function explainId(gateway: Gateway, { headers }: Answer): Promise<Explanation> {
  const id = String(headers['x-tollgate-exchange-id'])
  return until(`the exchange ${id} is known`, async () => {
    const answer = await fetch(`${gateway.adminUrl}/explain?id=${id}`)
    return answer.status === 200 ? ((await answer.json()) as Explanation) : undefined
  })
}

describe('an explanation', () => {
  const cleanup = createCleanup()
  let mock: MockProvider
  const start = async (budgets: string, more?: string) => {
    const gateway = await startGateway({ yaml: yaml(mock.port, budgets, more) })
    return cleanup.defer(gateway, (started) => started.stop())
  }
  before(async () => {
    mock = cleanup.defer(await startMockProvider({ api: 'openai', address: '127.0.0.1:0' }), (started) => started.close())
  })
  after(() => cleanup.run())

  it('says before what then happens, and afterwards what did', async () => {
    const gateway = await start(`  - {name: user-hour, per: [user], limit: {tokens: 1000}, every: year, tiers: [{remaining: 50%, action: downgrade}]}
  - {name: research, where: {team: research}, limit: {usd: 5}, every: day}`)
    const client = cleanup.defer(createClient(gateway.url), (opened) => opened.close())
    const seen: string[] = []
    for (const input of [100, 400, 300, 250, 1]) {
      const told = await explain(gateway, { caller: { user: 'alice' }, body: ask() })
      const answer = await client.post('/v1/chat/completions', ask(), usage(input, 10))
      const [asked, served] = [told.models[0], told.models.at(-1)]
      assert.deepEqual(asked?.missed, [{ budget: 'research', because: [{ what: 'caller', attribute: 'team', found: [], wanted: ['research'] }] }])
      const was = await explainId(gateway, answer)
      const [counter] = was.models.at(-1)?.budgets ?? []
      assert.deepEqual([was.decision, was.downgraded_from, was.models.map(({ model, result }) => [model, result])], [told.decision, told.downgraded_from, told.models.map(({ model, result }) => [model, result])])
      assert.deepEqual([counter?.used, counter?.left, counter?.verdict], [served?.budgets[0]?.used, served?.budgets[0]?.left, served?.budgets[0]?.verdict])
      if (answer.status === 200) {
        assert.deepEqual([answer.headers['x-tollgate-model'], answer.headers['x-tollgate-downgraded-from']], [served?.model, told.downgraded_from])
        assert.deepEqual(was.ended?.charges.map(({ budget, charged, basis }) => [budget, charged, basis]), [['user-hour', input + 10, 'exact']])
        assert.equal(String(was.ended?.cost_usd), String(Number(answer.headers['x-tollgate-cost-usd'])))
      } else {
        assert.deepEqual([answer.status, (JSON.parse(answer.body) as { error: { message: string } }).error.message], [429, was.error?.message])
      }
      seen.push(`${told.decision} ${String(served?.model)}`)
    }
    assert.deepEqual(seen, ['admitted gpt-4o', 'admitted gpt-4o', 'admitted gpt-4o-mini', 'admitted gpt-4o-mini', 'denied gpt-4o'])
  })

  it('is to be had in a terminal, and says what is wrong with a question', async () => {
    const gateway = await start('  - {name: user-hour, per: [user], limit: {tokens: 60}, every: hour}')
    const client = cleanup.defer(createClient(gateway.url), (opened) => opened.close())
    const denied = await client.post('/v1/chat/completions', ask(), usage(1, 1))
    await explainId(gateway, denied)
    const run = (...options: string[]) => promisify(execFile)(process.execPath, ['--import', 'tsx', mainFile, 'explain', '--admin', new URL(gateway.adminUrl).host, ...options])
    const before = (await run('--user', 'alice', '--model', 'gpt-4o', '--max-tokens', '100')).stdout
    assert.match(before, /^DENIED gpt-4o for user=alice\n  asked at .*; nothing was sent, held or counted\n  budget_exceeded: There is no room/)
    assert.match(before, /    user-hour \(per user\): has no room, so: deny\n      0 used, 0 held, 60 left of 60 tokens; this needs 1\d\d\n      window: hour \(UTC\), resets /)
    const afterwards = (await run(String(denied.headers['x-tollgate-exchange-id']))).stdout
    assert.match(afterwards, /^DENIED gpt-4o for user=alice\n  exchange [\da-f-]{36}, begun .*\n[^]*\nEnded: limited, status 429, 0 attempts, [\d.]+ ms\n$/)
    await assert.rejects(run('unknown'), (thrown: { stderr?: string }) => /^The exchange "unknown" is not known here\. All that have ended since \d{4}-/.test(thrown.stderr ?? ''))
    await assert.rejects(run('--where', 'usr=alice', '--model', 'gpt-4o'), (thrown: { stderr?: string }) => (thrown.stderr ?? '').startsWith('caller.usr: no source of callers has this attribute; there are user, team.'))
  })

  it('of several processes comes from the one that served', async () => {
    const gateway = await start('  - {name: user-hour, per: [user], limit: {tokens: 100000}, every: hour}', 'workers: 2')
    const client = cleanup.defer(createClient(gateway.url), (opened) => opened.close())
    const answers = await Promise.all(Array.from({ length: 12 }, async (_, index) => client.post('/v1/chat/completions', ask(), usage(index, 1))))
    for (const [index, answer] of answers.entries()) assert.equal((await explainId(gateway, answer)).ended?.input_tokens, index)
    const told = await explain(gateway, { caller: { user: 'alice' }, body: ask() })
    assert.deepEqual([told.decision, told.models[0]?.budgets[0]?.used], ['admitted', answers.reduce((sum, _, index) => sum + index + 1, 0)])
    const unknown = await fetch(`${gateway.adminUrl}/explain?id=nobody`)
    assert.deepEqual([unknown.status, ((await unknown.json()) as { error: { code: string } }).error.code], [404, 'unknown_exchange'])
  })
})
