import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { buildBudget } from '../../test/support/build-budgets.ts'
import { buildConfig, buildCost, buildModel, buildProvider } from '../../test/support/build-config.ts'
import { driveExchange } from '../../test/support/drive-exchange.ts'
import type { Budget } from '../budgets/budget.ts'
import type { AdmissionRequest } from '../budgets/budget-store.ts'
import type { RuntimeConfig } from '../config/runtime-config.ts'
import type { Action } from './action.ts'

const openai = buildProvider('openai')
const anthropic = buildProvider('anthropic', { api: 'anthropic' })
const models = new Map(
  [{ ...buildModel('gpt-4o', openai), downgradeTo: 'gpt-4o-mini' }, buildModel('gpt-4o-mini', openai), buildModel('claude-sonnet-4-5', anthropic), buildModel('ours', openai)].map((model) => [model.clientModel, model]),
)
const callers: RuntimeConfig['callers'] = [{ kind: 'headers', attributes: new Map([['user', 'x-user-id']]), models: undefined }]
const as = (user: string) => ({ 'x-user-id': user })
const ask = (model = 'gpt-4o', maxTokens = 100) => ({ model, max_tokens: maxTokens, messages: [{ role: 'user', content: 'hello' }] })
const answer = (tokens: number, input = 10) => ({ id: 'c', object: 'chat.completion', choices: [{ index: 0, message: { role: 'assistant', content: 'hi' } }], usage: { prompt_tokens: input, completion_tokens: tokens, total_tokens: input + tokens } })

function drive(budgets: readonly Partial<Budget>[], options: Parameters<typeof driveExchange>[0] & { changes?: Partial<RuntimeConfig> } = {}) {
  const config = buildConfig({ models, callers, budgets: budgets.map((changes) => buildBudget(changes)), ...options.changes })
  const driven = driveExchange({ config, credentials: { ANTHROPIC_API_KEY: 'k' }, ...options })
  return { ...driven, counters: async () => (await driven.store.list('', { nowMs: 1_700_000_000_000, limit: 10 })).map(({ used, held }) => [used, held]) }
}
function passed(action: Action) {
  assert.equal(action.kind, 'pass', JSON.stringify(action))
  return action as Extract<Action, { kind: 'pass' }>
}
function refused(action: Action) {
  assert.equal(action.kind, 'reply')
  const reply = action as Extract<Action, { kind: 'reply' }>
  return { ...reply, error: (JSON.parse(reply.body.toString()) as { error: { code: string; type: string; message: string } }).error }
}

describe('an exchange under a budget', () => {
  it('holds an estimate, settles what the provider says, and tells what is left', async () => {
    const driven = drive([{ name: 'user-hour', per: ['user'] }])
    passed(await driven.request({ body: ask(), headers: as('alice') }))
    const [[used, held] = []] = await driven.counters()
    assert.ok(used === 0 && held !== undefined && held > 100, `${String(used)} ${String(held)}`)
    await driven.answer()
    const action = passed(await driven.body(answer(40)))
    assert.match(action.headers?.set?.['x-tollgate-budget-remaining'] ?? '', /^user-hour;left=950;unit=tokens;reset=\d+$/)
    assert.deepEqual(await driven.counters(), [[50, 0]])
    assert.deepEqual(driven.summaries[0]?.charges.map(({ budget, amount }) => [budget.name, amount]), [['user-hour', 50]])
  })

  it('tells on the headers of a stream what is left with its hold, and settles with the last chunk', async () => {
    const driven = drive([{}])
    passed(await driven.request({ body: { ...ask(), stream: true }, headers: as('alice') }))
    const headers = passed(await driven.answer({ headers: { 'content-type': 'text/event-stream' } }))
    assert.match(headers.headers?.set?.['x-tollgate-budget-remaining'] ?? '', /^all;left=8\d\d;/)
    await driven.body(`data: {"choices":[{"index":0,"delta":{"content":"hi"}}]}\n\ndata: {"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10}}\n\n`, false)
    assert.equal((await driven.counters())[0]?.[0], 0)
    await driven.body('data: [DONE]\n\n')
    assert.deepEqual(await driven.counters(), [[10, 0]])
  })

  it('is refused in the format of the client, with all that it can do about it', async () => {
    const driven = drive([{ name: 'user-hour', per: ['user'], limit: 60 }])
    const { status, error, headers } = refused(await driven.request({ body: ask(), headers: as('alice') }))
    assert.deepEqual([status, error.type, error.code, headers['x-should-retry']], [429, 'insufficient_quota', 'budget_exceeded', 'false'])
    assert.match(error.message, /the budget user-hour for user=alice: 0 tokens of 60 tokens spent, 60 tokens left\. It needs 1\d\d tokens, more than the whole budget\. More comes in [\d,]+ s\. An answer of at most \d\d tokens would fit now\./)
    assert.deepEqual(await driven.counters(), [])
    assert.deepEqual([driven.summaries[0]?.outcome, driven.summaries[0]?.reason, driven.summaries[0]?.decision?.kind], ['limited', error.message, 'denied'])
    const messages = drive([{ limit: 0 }])
    const refusal = refused(await messages.request({ path: '/v1/messages', body: ask('claude-sonnet-4-5'), headers: as('a') }))
    assert.deepEqual([refusal.error.type, (JSON.parse(refusal.body.toString()) as { type: string }).type], ['rate_limit_error', 'error'])
  })

  it('goes to the cheaper model, and says so', async () => {
    const driven = drive([{ models: ['gpt-4o'], limit: 0, onExhausted: 'downgrade' }])
    const action = passed(await driven.request({ body: ask(), headers: as('alice') }))
    assert.equal((JSON.parse(action.body?.toString() ?? '{}') as { model: string }).model, 'gpt-4o-mini')
    assert.equal(action.headers?.set?.['x-ai-eg-model'], 'gpt-4o-mini')
    await driven.answer()
    const headers = passed(await driven.body(answer(5))).headers?.set
    assert.deepEqual([headers?.['x-tollgate-downgraded-from'], headers?.['x-tollgate-model']], ['gpt-4o', 'gpt-4o-mini'])
    assert.equal(driven.summaries[0]?.downgradedFrom, 'gpt-4o')
  })

  it('is not sent to a cheaper model that its caller may not use', async () => {
    const keys: RuntimeConfig['callers'] = [{ kind: 'headers', attributes: new Map([['user', 'x-user-id']]), models: ['gpt-4o'] }]
    const driven = drive([{ models: ['gpt-4o'], limit: 0, onExhausted: 'downgrade' }], { changes: { callers: keys } })
    assert.equal(refused(await driven.request({ body: ask(), headers: as('alice') })).error.code, 'budget_exceeded')
  })

  it('is held to what is left by a clamp', async () => {
    const driven = drive([{ unit: { kind: 'output_tokens' }, limit: 60, clamp: true }])
    const action = passed(await driven.request({ body: ask(), headers: as('alice') }))
    assert.equal((JSON.parse(action.body?.toString() ?? '{}') as { max_tokens: number }).max_tokens, 60)
    await driven.answer()
    assert.equal(passed(await driven.body(answer(60))).headers?.set?.['x-tollgate-clamped-to'], '60')
  })

  it('counts dollars by the price of who answered, and is refused where there is none', async () => {
    const dollars: Partial<Budget> = { unit: { kind: 'usd' }, limit: 1e9 }
    const driven = drive([dollars])
    passed(await driven.request({ body: ask(), headers: as('alice') }))
    await driven.answer()
    await driven.body(answer(100, 1000))
    // gpt-4o: $2.50 and $10 per million.
    assert.deepEqual(await driven.counters(), [[3_500_000, 0]])
    const unpriced = await drive([dollars]).request({ body: ask('ours'), headers: as('alice') })
    assert.deepEqual([refused(unpriced).status, refused(unpriced).error.code], [403, 'price_unknown'])
    passed(await drive([{ ...dollars, models: ['gpt-*'] }]).request({ body: ask('ours'), headers: as('alice') }))
    passed(await drive([{ ...dollars, onExhausted: 'allow' }]).request({ body: ask('ours'), headers: as('alice') }))
  })

  it('counts named costs and requests', async () => {
    const costs = [buildCost('credits', 'CEL', 'input_tokens + output_tokens * 4u')]
    const driven = drive([{ unit: { kind: 'cost', name: 'credits' }, limit: 10_000 }, { name: 'calls', unit: { kind: 'requests' }, limit: 1 }], { changes: { costs } })
    passed(await driven.request({ body: ask(), headers: as('alice') }))
    await driven.answer()
    await driven.body(answer(40))
    assert.deepEqual(new Set(await driven.counters()), new Set([[170, 0], [1, 0]]))
    const second = drive([{ name: 'calls', unit: { kind: 'requests' }, limit: 1 }], { budgetStore: driven.store, id: 'exchange-2' })
    assert.equal(refused(await second.request({ body: ask(), headers: as('alice') })).error.code, 'budget_exceeded')
  })

  it('that the provider refuses, or that never reached one, costs nothing', async () => {
    const refusedByProvider = drive([{}])
    passed(await refusedByProvider.request({ body: ask(), headers: as('a') }))
    await refusedByProvider.answer({ status: 400 })
    assert.deepEqual(await refusedByProvider.counters(), [[0, 0]])
    for (const [codeDetails, isCharged] of [
      ['no_healthy_upstream', false],
      ['upstream_reset_before_response_started{remote_connection_failure,delayed_connect_error:_111}', false],
      ['request_rate_limited', false],
      ['upstream_reset_before_response_started{connection_termination}', true],
      ['upstream_response_timeout', true],
    ] as const) {
      const driven = drive([{}])
      passed(await driven.request({ body: ask(), headers: as('a') }))
      await driven.answer({ status: 503, codeDetails, endOfStream: true })
      const [[used = -1, held] = []] = await driven.counters()
      assert.deepEqual([used > 0, held], [isCharged, 0], codeDetails)
      if (isCharged) assert.deepEqual(driven.summaries[0]?.usage?.flags, ['estimated'])
    }
  })

  it('whose client leaves is charged by estimate, never nothing', async () => {
    const driven = drive([{}])
    passed(await driven.request({ body: ask(), headers: as('a') }))
    driven.exchange.closed()
    const [[used = 0, held] = []] = await driven.counters()
    assert.deepEqual([used > 0, held], [true, 0])
  })

  it('teaches what to expect of the next', async () => {
    const driven = drive([{ limit: 1e9 }])
    for (let answered = 0; answered < 100; answered += 1) {
      const one = drive([{ limit: 1e9 }], { budgetStore: driven.store, estimator: driven.estimator, id: `taught-${String(answered)}` })
      passed(await one.request({ body: { ...ask(), max_tokens: undefined }, headers: as('a') }))
      await one.answer()
      await one.body(answer(5000))
    }
    await driven.request({ body: { ...ask(), max_tokens: undefined }, headers: as('a') })
    const [[, held = 0] = []] = await driven.counters()
    assert.ok(held > 4500 && held < 6500, String(held))
  })
})

describe('reserving the worst case', () => {
  it('holds the whole bound of input and output', async () => {
    const driven = drive([{ reserve: 'worst_case' }])
    const body = ask('gpt-4o', 500)
    passed(await driven.request({ body, headers: as('a') }))
    const [[, held = 0] = []] = await driven.counters()
    assert.ok(held >= 500 + JSON.stringify(body).length, String(held))
  })

  it('refuses what has no bound, and says what to change', async () => {
    const { status, error } = refused(await drive([{ reserve: 'worst_case' }]).request({ body: { model: 'gpt-4o', messages: [] }, headers: as('a') }))
    assert.deepEqual([status, error.code], [422, 'cost_unbounded'])
    assert.match(error.message, /max_/)
  })
})

describe('a queue', () => {
  it('keeps a request until there is room, and lets go when its client does', async () => {
    const first = drive([{ limit: 150, onExhausted: 'queue' }])
    passed(await first.request({ body: ask(), headers: as('a') }))
    const second = drive([{ limit: 150, onExhausted: 'queue' }], { budgetStore: first.store, id: 'exchange-2' })
    const waiting = second.request({ body: ask(), headers: as('a') })
    await new Promise((resolve) => setImmediate(resolve))
    second.exchange.closed()
    refused(await waiting)
    assert.equal((await first.counters())[0]?.[0], 0)
    assert.equal(second.summaries[0]?.outcome, 'aborted')
  })

  it('is not entered by a request whose client left while the counters were asked', async () => {
    const first = drive([{ limit: 150, onExhausted: 'queue' }])
    passed(await first.request({ body: ask(), headers: as('a') }))
    let answers = (): void => undefined
    const asked = new Promise<void>((resolve) => (answers = resolve))
    const slow = { ...first.store, admit: async (request: AdmissionRequest) => asked.then(() => first.store.admit(request)) }
    const second = drive([{ limit: 150, onExhausted: 'queue' }], { budgetStore: slow, id: 'exchange-2' })
    const waiting = second.request({ body: ask(), headers: as('a') })
    await new Promise((resolve) => setImmediate(resolve))
    second.exchange.closed()
    answers()
    refused(await waiting)
    assert.equal(second.summaries[0]?.outcome, 'aborted')
  })
})
