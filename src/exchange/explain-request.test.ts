import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { buildBudget, buildBudgets, buildLines, createFakeTime } from '../../test/support/build-budgets.ts'
import { buildConfig, buildModel, buildProvider } from '../../test/support/build-config.ts'
import { driveExchange } from '../../test/support/drive-exchange.ts'
import type { Budget } from '../budgets/budget.ts'
import { createEstimator } from '../budgets/estimator.ts'
import { createMemoryBudgetStore } from '../budgets/memory-store.ts'
import type { RuntimeConfig } from '../config/runtime-config.ts'
import type { Explanation } from './explanation.ts'
import { type ExplainQuestion, explainRequest } from './explain-request.ts'

const openai = buildProvider('openai')
const models = new Map([{ ...buildModel('gpt-4o', openai), downgradeTo: 'gpt-4o-mini' }, buildModel('gpt-4o-mini', openai), buildModel('ours', openai)].map((model) => [model.clientModel, model]))
const callers: RuntimeConfig['callers'] = [{ kind: 'headers', attributes: new Map([['user', 'x-user-id'], ['team', 'x-team']]), models: undefined }]
const ask = (model = 'gpt-4o', more: object = {}) => ({ model, max_tokens: 100, messages: [{ role: 'user', content: 'hello' }], ...more })
const answer = (input: number, output: number) => ({ choices: [{ message: { content: 'hi' } }], usage: { prompt_tokens: input, completion_tokens: output, total_tokens: input + output } })

function setUp(budgets: readonly Partial<Budget>[], changes: Partial<RuntimeConfig> = {}) {
  const config = buildConfig({ models, callers, budgets: budgets.map((each) => buildBudget(each)), ...changes })
  const time = createFakeTime()
  const store = createMemoryBudgetStore()
  const estimator = createEstimator()
  const service = buildBudgets(time, { counters: store, lines: buildLines(time) })
  const drive = (id: string) => driveExchange({ config, time, budgetStore: store, budgets: service, estimator, id, random: () => 0.99 })
  const { dependencies } = drive('none')
  return {
    time,
    store,
    estimator,
    drive,
    explain: ({ body = ask(), ...question }: Partial<Omit<ExplainQuestion, 'body'>> & { readonly body?: object | string } = {}): Promise<Explanation> =>
      explainRequest({ path: '/v1/chat/completions', headers: {}, caller: { user: 'alice' }, ...question, body: typeof body === 'string' ? body : JSON.stringify(body) }, dependencies),
    /** An exchange that costs so many tokens. */
    spend: async (id: string, tokens: number, model = 'gpt-4o-mini') => {
      const driven = drive(id)
      await driven.request({ body: ask(model, { max_tokens: 1 }), headers: { 'x-user-id': 'alice' } })
      await driven.answer()
      await driven.body(answer(tokens - 1, 1))
    },
    /** Everything that an explanation could have changed. */
    state: () => JSON.stringify([store.snapshot(), estimator.toJson({ maxCallers: 1000 }), service.live]),
  }
}
const only = <Value>(values: readonly Value[]): Value => {
  assert.equal(values.length, 1)
  return values[0] as Value
}

describe('a request that is only asked about', () => {
  it('is explained by limit, window, counter, need, price and estimate', async () => {
    const { explain, spend } = setUp([{ name: 'user-day', per: ['user'], unit: { kind: 'usd' }, limit: 2e9, window: { kind: 'calendar', every: 'day', timeZone: 'Europe/Berlin', weekStart: 1, monthDay: 1 }, overrides: [{ where: new Map([['user', ['alice']]]), limit: 5e9 }] }])
    await spend('1', 1_000_001)
    const { decision, caller, format, models: tried } = await explain({ body: ask('gpt-4o', { max_tokens: 1000 }) })
    const [model] = tried
    assert.deepEqual([decision, caller, format, tried.length, model?.result, model?.downgrade_to], ['admitted', { user: 'alice' }, 'openai-chat', 1, 'admitted', 'gpt-4o-mini'])
    assert.deepEqual(model?.prices, [{ provider: 'openai', model: 'gpt-4o', known: true, source: { vendor: 'openai', model: 'gpt-4o' }, rate_card: model?.prices[0]?.rate_card, per_million_tokens: { input: 2.5, cached_input: 1.25, output: 10 }, per_call: { web_search: 0.01 } }])
    const { input_tokens: input, output_tokens: output } = model?.estimate ?? { input_tokens: 0, output_tokens: 0 }
    assert.ok(input > 10 && input < 50 && output === 256, `${String(input)} ${String(output)}`)
    const [budget] = model?.budgets ?? []
    assert.deepEqual(budget, {
      budget: 'user-day',
      unit: 'usd',
      per: ['user'],
      limit: 5,
      limit_from: 'override 1',
      window: 'day (Europe/Berlin)',
      window_start: '2023-11-13T23:00:00.000Z',
      resets_at: '2023-11-14T23:00:00.000Z',
      used: 0.1500006,
      held: 0,
      left: 4.8499994,
      reserve: 'estimate',
      needs: (input * 2.5 + output * 10) / 1e6,
      tiers: [],
      verdict: 'fits',
    })
  })

  it('names what was nearly counted, the nearest first, with what would have matched', async () => {
    const { explain } = setUp([{ name: 'far', models: ['claude*'], routes: ['bulk'] }, { name: 'counts' }, { name: 'near', where: new Map([['team', ['research']]]) }])
    const { budgets, missed } = only((await explain({ caller: { user: 'alice', team: 'eng' } })).models)
    assert.deepEqual(budgets.map(({ budget }) => budget), ['counts'])
    assert.deepEqual(missed, [
      { budget: 'near', because: [{ what: 'caller', attribute: 'team', found: ['eng'], wanted: ['research'] }] },
      { budget: 'far', because: [{ what: 'model', found: ['gpt-4o'], wanted: ['claude*'] }, { what: 'route', found: [], wanted: ['bulk'] }] },
    ])
  })

  it('shows every model that is passed over, by which budget and tier', async () => {
    const { explain, spend } = setUp([{ name: 'company', tiers: [{ remainingShare: 8000, action: 'warn' }, { remainingShare: 5000, action: 'downgrade' }] }, { name: 'large', models: ['gpt-4o'], limit: 1e6 }])
    await spend('1', 600)
    const { decision, downgraded_from: from, models: tried } = await explain()
    assert.deepEqual([decision, from, tried.map(({ model, result }) => [model, result])], ['admitted', 'gpt-4o', [['gpt-4o', 'passed_over'], ['gpt-4o-mini', 'admitted']]])
    const verdicts = tried.map(({ budgets }) => budgets.map(({ budget, used, verdict, action, tiers }) => [budget, used, verdict, action, tiers.map(({ remaining_share: share, satisfied }) => [share, satisfied])]))
    assert.deepEqual(verdicts, [[['company', 600, 'tier', 'downgrade', [[0.8, true], [0.5, false]]], ['large', 0, 'fits', undefined, []]], [['company', 600, 'fits', undefined, [[0.8, true], [0.5, true]]]]])
    assert.deepEqual(tried[1]?.missed.map(({ budget }) => budget), ['large'])
  })

  it('says that a cheaper model was not to be had', async () => {
    const keys: RuntimeConfig['callers'] = [{ kind: 'headers', attributes: new Map([['user', 'x-user-id']]), models: ['gpt-4o'] }]
    const { explain } = setUp([{ models: ['gpt-4o'], limit: 0, onExhausted: 'downgrade' }], { callers: keys })
    const { decision, skipped_models: skipped } = await explain({ caller: undefined, headers: { 'x-user-id': 'alice' } })
    assert.deepEqual([decision, skipped], ['denied', ['gpt-4o-mini']])
  })

  it('tells what the client would be told, and what would fit', async () => {
    const { explain } = setUp([{ limit: 60 }])
    const { decision, error, largest_output_tokens: largest } = await explain()
    assert.equal(decision, 'denied')
    assert.match(error?.message ?? '', /^There is no room for this request in the budget all: 0 tokens of 60 tokens spent, 60 tokens left\..* An answer of at most \d+ tokens would fit now\.$/)
    assert.ok(largest !== undefined && largest > 0 && largest < 60, String(largest))
  })

  it('is clamped as a real one', async () => {
    const { explain } = setUp([{ unit: { kind: 'output_tokens' }, limit: 60, clamp: true }])
    const { decision, clamped_to: clamp, models: tried } = await explain()
    assert.deepEqual([decision, clamp, only(tried).estimate?.output_tokens, only(only(tried).budgets).needs], ['admitted', 60, 60, 60])
  })

  it('would wait for so long, alone or behind others', async () => {
    const { explain, drive } = setUp([{ limit: 150, onExhausted: 'queue', queueMs: 7000 }])
    await drive('1').request({ body: ask(), headers: { 'x-user-id': 'alice' } })
    const alone = await explain()
    assert.deepEqual([alone.decision, alone.waits_at_most_seconds, only(only(alone.models).budgets).verdict], ['would_wait', 7, 'no_room'])
    const waiting = drive('2')
    const left = waiting.request({ body: ask(), headers: { 'x-user-id': 'alice' } })
    await new Promise((resolve) => setImmediate(resolve))
    const behind = await explain()
    assert.deepEqual([behind.decision, only(only(behind.models).budgets).verdict, only(only(behind.models).budgets).used], ['would_wait', 'in_line', undefined])
    waiting.exchange.closed()
    await left
  })

  it('says which budget wants a price that nobody knows', async () => {
    const { explain } = setUp([{ name: 'dollars', unit: { kind: 'usd' }, limit: 1e9 }])
    const { decision, error, models: tried } = await explain({ body: ask('ours') })
    assert.deepEqual([decision, error?.code, only(tried).result, only(tried).prices], ['refused', 'price_unknown', 'refused', [{ provider: 'openai', model: 'ours', known: false }]])
    assert.deepEqual(only(only(tried).budgets).verdict, 'not_asked')
  })

  it('is refused for what a real one is refused for', async () => {
    const { explain } = setUp([{}])
    const codes = async (...questions: Parameters<typeof explain>) => (await explain(...questions)).error?.code
    assert.equal(await codes({ body: ask('unknown') }), 'model_not_found')
    assert.equal(await codes({ body: '{' }), 'malformed_request')
    assert.equal(await codes({ caller: undefined }), 'caller_missing')
    assert.deepEqual((await explain({ caller: undefined, headers: { 'x-user-id': 'bob' } })).caller, { user: 'bob' })
  })

  it('needs a path of a client and attributes that there are', async () => {
    const { explain } = setUp([{}])
    await assert.rejects(explain({ path: '/nowhere' }), { code: 'malformed_request', message: /^path: Unknown path \/nowhere\./ })
    await assert.rejects(explain({ path: '/v1/models' }), { code: 'malformed_request', message: /^path: / })
    await assert.rejects(explain({ caller: { usr: 'alice' } }), { code: 'malformed_request', message: 'caller.usr: no source of callers has this attribute; there are user, team.' })
  })

  it('changes nothing: no counter, no estimate, no line, no draw', async () => {
    const weighted = new Map([{ ...buildModel('gpt-4o', openai, buildProvider('backup')), chain: [{ provider: openai, upstreamModel: 'gpt-4o', weight: 1 }, { provider: buildProvider('backup'), upstreamModel: 'gpt-4o', weight: 9 }] }].map((model) => [model.clientModel, model]))
    const { explain, spend, state } = setUp([{ limit: 5000 }, { name: 'sliding', window: { kind: 'sliding', lengthMs: 3_600_000 }, limit: 300 }], { models: weighted })
    await spend('1', 150, 'gpt-4o')
    const before = state()
    for (const max_tokens of [1, 100, 100_000]) await explain({ body: ask('gpt-4o', { max_tokens }) })
    assert.equal(state(), before)
    const { providers, drawn_by_weight: drawn } = only((await explain()).models)
    assert.deepEqual([providers, drawn], [['openai', 'backup'], true])
  })

  it('comes to what then happens', async () => {
    const { explain, drive, spend } = setUp([{ name: 'user', per: ['user'], limit: 700, onExhausted: 'downgrade', models: ['gpt-4o'] }, { name: 'company', limit: 1500, tiers: [{ remainingShare: 3000, action: 'downgrade' }] }])
    const seen: string[] = []
    for (const [index, tokens] of [50, 500, 300, 250, 300, 200].entries()) {
      const { decision, models: tried } = await explain()
      const driven = drive(String(index))
      await driven.request({ body: ask(), headers: { 'x-user-id': 'alice' } })
      driven.exchange.closed()
      const [summary] = driven.summaries
      const served = summary?.decision?.kind === 'admitted' ? [summary.decision.candidate.clientModel, summary.decision.standings.map(({ held, claim }) => [claim.budget.name, held, claim.amount])] : []
      const explained = decision === 'admitted' ? [tried.at(-1)?.model, tried.at(-1)?.budgets.map(({ budget, held = 0, needs = 0 }) => [budget, held + needs, needs])] : []
      assert.deepEqual([decision, explained], [summary?.decision?.kind, served])
      seen.push(`${decision} ${String(tried.at(-1)?.model)}`)
      await spend(`spent-${String(index)}`, tokens)
    }
    assert.deepEqual(new Set(seen), new Set(['admitted gpt-4o', 'admitted gpt-4o-mini', 'denied gpt-4o']))
  })
})
