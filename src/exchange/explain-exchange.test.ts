import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { buildBudget, createFakeTime } from '../../test/support/build-budgets.ts'
import { buildConfig, buildModel, buildProvider } from '../../test/support/build-config.ts'
import { driveExchange } from '../../test/support/drive-exchange.ts'
import type { Budget } from '../budgets/budget.ts'
import type { RuntimeConfig } from '../config/runtime-config.ts'
import { explainExchange } from './explain-exchange.ts'
import { createExplainer, type Explainer, joinExplainers } from './explainer.ts'
import { createRecentExchanges } from './recent-exchanges.ts'
import type { ExchangeSummary } from './summary.ts'

const [openai, backup] = [buildProvider('openai'), buildProvider('backup')]
const models = new Map([{ ...buildModel('gpt-4o', openai, backup), downgradeTo: 'gpt-4o-mini' }, buildModel('gpt-4o-mini', openai)].map((model) => [model.clientModel, model]))
const callers: RuntimeConfig['callers'] = [{ kind: 'headers', attributes: new Map([['user', 'x-user-id']]), models: undefined }]
const ask = { model: 'gpt-4o', max_tokens: 100, messages: [{ role: 'user', content: 'hello' }] }
const answer = { choices: [], usage: { prompt_tokens: 10, completion_tokens: 40, total_tokens: 50 } }

function drive(budgets: readonly Partial<Budget>[], changes: Partial<RuntimeConfig> = {}) {
  const driven = driveExchange({ config: buildConfig({ models, callers, budgets: budgets.map((each) => buildBudget(each)), ...changes }), credentials: { BACKUP_API_KEY: 'k', OPENAI_API_KEY: 'k' } })
  return {
    ...driven,
    ask: (headers: Record<string, string> = { 'x-user-id': 'alice' }) => driven.request({ body: ask, headers }),
    explained: () => explainExchange(driven.summaries[0] as ExchangeSummary),
  }
}

describe('an exchange that is over', () => {
  it('is explained by what it was decided by and charged', async () => {
    const driven = drive([{ name: 'tokens' }, { name: 'dollars', unit: { kind: 'usd' }, limit: 1e9 }, { name: 'calls', unit: { kind: 'requests' } }])
    await driven.ask()
    await driven.answer()
    await driven.body(answer)
    const { exchange_id: id, decision, models: tried, ended } = driven.explained()
    assert.deepEqual([id, decision, tried.map(({ model, result }) => [model, result])], ['exchange-1', 'admitted', [['gpt-4o', 'admitted']]])
    const held = tried[0]?.budgets.map(({ needs }) => needs)
    const price = ended?.price
    assert.deepEqual([price?.provider, price?.per_million_tokens?.['output'], price?.rate_card === undefined], ['openai', 10, false])
    assert.deepEqual({ ...ended, duration_ms: 0, price: undefined }, {
      outcome: 'answered',
      status: 200,
      provider: 'openai',
      upstream_model: 'gpt-4o',
      attempts: 1,
      input_tokens: 10,
      output_tokens: 40,
      estimated: false,
      cost_usd: 0.000425,
      price: undefined,
      duration_ms: 0,
      charges: [
        { budget: 'tokens', unit: 'tokens', held: held?.[0], charged: 50, basis: 'exact' },
        { budget: 'dollars', unit: 'usd', held: held?.[1], charged: 0.000425, basis: 'exact' },
        { budget: 'calls', unit: 'requests', held: 1, charged: 1, basis: 'exact' },
      ],
    })
  })

  it('says what was charged by estimate, and what was not charged and why', async () => {
    const left = drive([{}, { name: 'calls', unit: { kind: 'requests' } }])
    await left.ask()
    left.exchange.closed()
    assert.deepEqual(left.explained().ended?.charges.map(({ basis, charged }) => [basis, charged > 0]), [['estimated', true], ['exact', true]])
    const refused = drive([{}, { name: 'calls', unit: { kind: 'requests' } }])
    await refused.ask()
    await refused.answer({ status: 400 })
    assert.deepEqual(refused.explained().ended?.charges.map(({ basis, charged }) => [basis, charged]), [['nothing', 0], ['nothing', 0]])
    const elsewhere = drive([{ name: 'backup', providers: ['backup'] }])
    await elsewhere.ask()
    await elsewhere.answer()
    await elsewhere.body(answer)
    assert.deepEqual(elsewhere.explained().ended?.charges.map(({ basis, charged, held }) => [basis, charged, held > 0]), [['other_provider', 0, true]])
  })

  it('that was denied says what its client was told', async () => {
    const driven = drive([{ name: 'user-hour', per: ['user'], limit: 60 }])
    const reply = (await driven.ask()) as { readonly body?: Buffer }
    const { error } = JSON.parse(reply.body?.toString() ?? '{}') as { error: { message: string } }
    const { decision, error: told, ended, models: tried } = driven.explained()
    assert.deepEqual([decision, told, ended?.outcome, ended?.charges], ['denied', { code: 'budget_exceeded', message: error.message }, 'limited', []])
    assert.deepEqual(tried[0]?.budgets.map(({ verdict, action, left }) => [verdict, action, left]), [['no_room', 'deny', 60]])
  })

  it('that no budget was asked about says so', async () => {
    const refused = drive([{}])
    await refused.ask({})
    assert.deepEqual([refused.explained().decision, refused.explained().error, refused.explained().models], ['refused', { code: 'caller_missing' }, []])
    const free = drive([])
    await free.ask()
    await free.answer()
    await free.body(answer)
    assert.deepEqual([free.explained().decision, free.explained().models[0]?.prices[0]?.known, free.explained().ended?.charges], ['admitted', true, []])
    const list = drive([{}])
    await list.request({ method: 'GET', path: '/v1/models', headers: { 'x-user-id': 'alice' } })
    assert.equal(list.explained().decision, 'none')
  })

  it('shows nothing of its headers and body', async () => {
    const driven = drive([{ limit: 60 }])
    await driven.request({ body: { ...ask, messages: [{ role: 'user', content: 'a secret question' }] }, headers: { 'x-user-id': 'alice', authorization: 'Bearer sk-secret' } })
    assert.doesNotMatch(JSON.stringify(driven.explained()), /secret/)
  })
})

describe('exchanges that ended last', () => {
  const config = buildConfig()
  const summary = (id: string, changes: Partial<ExchangeSummary> = {}) => ({ exchangeId: id, config, callerAttributes: new Map(), leftOut: [], decision: undefined, reason: undefined, ...changes }) as unknown as ExchangeSummary
  const time = createFakeTime()
  const known = (recent: ReturnType<typeof createRecentExchanges>, ids: readonly string[]) => ids.filter((id) => recent.find(id) !== undefined)

  it('are known up to a number, and it is said since when', () => {
    const recent = createRecentExchanges({ clock: time, maxEntries: 2 })
    const startMs = time.now()
    for (const id of ['1', '2']) recent.add(summary(id))
    assert.deepEqual([known(recent, ['1', '2']), recent.sinceMs], [['1', '2'], startMs])
    time.advance(1000)
    recent.add(summary('3'))
    recent.add(summary('4'))
    assert.deepEqual([known(recent, ['1', '2', '3', '4']), recent.sinceMs], [['3', '4'], startMs])
    recent.add(summary('5'))
    assert.equal(recent.sinceMs, startMs + 1000)
  })

  it('make room for those whose callers have long names, and hold few configurations', () => {
    const recent = createRecentExchanges({ clock: time, maxBytes: 11_000, maxConfigs: 2 })
    for (const id of ['1', '2']) recent.add(summary(id))
    recent.add(summary('3', { callerAttributes: new Map([['user', 'x'.repeat(4000)]]) }))
    assert.deepEqual(known(recent, ['1', '2', '3']), ['3'])
    recent.add(summary('4', { config: buildConfig() }))
    recent.add(summary('5', { config: buildConfig() }))
    assert.deepEqual(known(recent, ['3', '4', '5']), ['4', '5'])
  })

  it('of several processes are asked for in all of them', async () => {
    const { dependencies } = driveExchange()
    const explainerOf = (recent: { readonly sinceMs: number; readonly has: string }): Explainer => createExplainer(dependencies, { sinceMs: recent.sinceMs, find: (id) => (id === recent.has ? { ...summary(id), startedAtMs: 0, outcome: 'aborted', durationMs: 1, charges: [] } as unknown as ExchangeSummary : undefined) })
    const gone: Explainer = { find: () => Promise.reject(new Error('gone')), explain: () => Promise.reject(new Error('gone')) }
    const joined = joinExplainers(() => [explainerOf({ sinceMs: 1000, has: 'a' }), gone, explainerOf({ sinceMs: 5000, has: 'b' })])
    assert.deepEqual([(await joined.find('a')).explanation?.exchange_id, (await joined.find('b')).explanation?.exchange_id], ['a', 'b'])
    assert.deepEqual(await joined.find('c'), { explanation: null, since: '1970-01-01T00:00:05.000Z' })
    await assert.rejects(joinExplainers(() => [gone]).find('a'), { code: 'internal' })
    await assert.rejects(joinExplainers(() => []).explain({ path: '/v1/chat/completions', headers: {}, body: '{}', caller: undefined }), { code: 'internal' })
  })
})
