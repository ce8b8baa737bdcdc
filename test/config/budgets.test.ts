// What becomes of budgets, and of what belongs to them: ledger, webhook, tokens, downgrades.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import type { Budget, WindowSpec } from '../../src/budgets/budget.ts'
import type { RuntimeConfig } from '../../src/config/runtime-config.ts'
import { budgetSchema } from '../../src/config/schema-budgets.ts'
import { compileText, transcript } from './compile-mistake.ts'

const base = `
providers:
  openai: {api: openai, credential: {env: OPENAI_API_KEY}}
models:
  gpt-4o: {providers: [openai], downgrade_to: gpt-4o-mini}
  gpt-4o-mini: {providers: [openai], max_output_tokens: 16384, context_tokens: 128000}
routes:
  - {name: urgent, when: {headers: {priority: high}}, model: gpt-4o}
callers:
  - headers: {user: x-user-id, team: x-team-id}
costs:
  - {name: credits, type: CEL, cel: output_tokens * 4u}
`

function compiled(text: string): RuntimeConfig {
  const result = compileText(text)
  assert.ok(result.ok && result.warnings.length === 0, transcript(result))
  return result.config
}

function budget(fields: string): Budget {
  return compiled(`${base}budgets:\n  - {name: b, ${fields}}\n`).budgets[0] ?? assert.fail()
}

describe('a budget', () => {
  it('that says only what it must counts everything of everybody', () => {
    assert.deepEqual(budget('limit: {tokens: 1000}, every: hour'), {
      name: 'b',
      per: [],
      where: new Map(),
      models: [],
      providers: [],
      routes: [],
      unit: { kind: 'tokens' },
      limit: 1000,
      overrides: [],
      boosts: [],
      window: { kind: 'calendar', every: 'hour', timeZone: 'UTC', weekStart: 1, monthDay: 1 },
      tiers: [],
      onExhausted: 'deny',
      queueMs: 10_000,
      clamp: false,
      reserve: 'estimate',
      holdTtlMs: 600_000,
      onStoreFailure: 'deny',
      localShare: 1000,
    })
  })

  it('counts whom and what it names', () => {
    const { per, where, models, providers, routes } = budget(
      'per: [user, team], where: {team: [research, "eng-*"], user: alice}, models: ["gpt-*"], providers: [openai], routes: [urgent], limit: {requests: 5}, every: day',
    )
    assert.deepEqual({ per, where: [...where], models, providers, routes }, {
      per: ['user', 'team'],
      where: [['team', ['research', 'eng-*']], ['user', ['alice']]],
      models: ['gpt-*'],
      providers: ['openai'],
      routes: ['urgent'],
    })
  })

  it('has integers in its unit: dollars are nano-dollars, to the last digit', () => {
    const counted = (limit: string) => {
      const { unit, limit: amount } = budget(`limit: ${limit}, every: day`)
      return [unit, amount]
    }
    assert.deepEqual(counted('{usd: 0.25}'), [{ kind: 'usd' }, 250_000_000])
    assert.deepEqual(counted('{usd: "0.000000001"}'), [{ kind: 'usd' }, 1])
    assert.deepEqual(counted('{usd: 1234567.1}'), [{ kind: 'usd' }, 1_234_567_100_000_000])
    assert.deepEqual(counted('{output_tokens: 0}'), [{ kind: 'output_tokens' }, 0])
    assert.deepEqual(counted('{credits: 77}'), [{ kind: 'cost', name: 'credits' }, 77])
    assert.deepEqual(counted('{llm_total_token: 77}'), [{ kind: 'cost', name: 'llm_total_token' }, 77])
  })

  it('has the windows that are written', () => {
    const window = (fields: string): WindowSpec => budget(`limit: {tokens: 1}, ${fields}`).window
    const calendar = { kind: 'calendar', timeZone: 'UTC', weekStart: 1, monthDay: 1 } as const
    assert.deepEqual(window('every: week, week_start: sunday, timezone: America/New_York'), { ...calendar, every: 'week', weekStart: 7, timeZone: 'America/New_York' })
    assert.deepEqual(window('every: quarter, month_day: 15'), { ...calendar, every: 'quarter', monthDay: 15 })
    assert.deepEqual(window('every: 15m'), { kind: 'fixed', lengthMs: 900_000 })
    assert.deepEqual(window('every: 30d, sliding: true'), { kind: 'sliding', lengthMs: 30 * 86_400_000 })
    assert.deepEqual(window('every: week, sliding: true'), { kind: 'sliding', lengthMs: 7 * 86_400_000 })
  })

  it('has overrides and boosts in its own unit', () => {
    const { overrides, boosts } = budget(
      'limit: {usd: 10}, every: day, overrides: [{where: {team: research}, limit: {usd: 20.5}}], boosts: [{limit: {usd: 30}, until: 2026-08-01T00:00+02:00}, {where: {user: a}, limit: {usd: 1}, until: 2026-07-02T00:00:00Z}]',
    )
    assert.deepEqual(overrides, [{ where: new Map([['team', ['research']]]), limit: 20_500_000_000 }])
    assert.deepEqual(boosts, [
      { where: new Map(), limit: 30_000_000_000, untilMs: Date.UTC(2026, 6, 31, 22) },
      { where: new Map([['user', ['a']]]), limit: 1_000_000_000, untilMs: Date.UTC(2026, 6, 2) },
    ])
  })

  it('has its tiers from the largest share to the smallest', () => {
    assert.deepEqual(budget('limit: {tokens: 1}, every: day, tiers: [{remaining: 12.5%, action: deny}, {remaining: 100%, action: warn}, {remaining: 50%, action: downgrade}]').tiers, [
      { remainingShare: 10_000, action: 'warn' },
      { remainingShare: 5_000, action: 'downgrade' },
      { remainingShare: 1_250, action: 'deny' },
    ])
  })

  it('says how to hold, to wait, and what to do without its counters', () => {
    const { clamp, reserve, holdTtlMs, queueMs, onExhausted, onStoreFailure, localShare } =
      compiled(
        `${base}store: redis://redis:6379\nbudgets:\n  - {name: b, models: [gpt-4o-mini], limit: {tokens: 1}, every: day, clamp: true, reserve: worst_case, hold_ttl: 30s, on_exhausted: queue, queue: {timeout: 30s}, on_store_failure: local, local_share: 2.5%}\n`,
      ).budgets[0] ?? assert.fail()
    assert.deepEqual({ clamp, reserve, holdTtlMs, queueMs, onExhausted, onStoreFailure, localShare }, {
      clamp: true,
      reserve: 'worst_case',
      holdTtlMs: 30_000,
      queueMs: 30_000,
      onExhausted: 'queue',
      onStoreFailure: 'local',
      localShare: 250,
    })
  })
})

describe('what models and routes say for budgets', () => {
  it('is kept where it is written', () => {
    const { models, routes } = compiled(base)
    const { downgradeTo, maxOutputTokens, contextTokens } = models.get('gpt-4o-mini') ?? assert.fail()
    assert.deepEqual([models.get('gpt-4o')?.downgradeTo, downgradeTo, maxOutputTokens, contextTokens], ['gpt-4o-mini', undefined, 16_384, 128_000])
    assert.equal(routes[0]?.name, 'urgent')
  })

  it('may take five steps down, and two ways may meet', () => {
    const chain = ['a', 'b', 'c', 'd', 'e', 'f'].map((name, index, names) => `  ${name}: {providers: [openai]${index === 5 ? '' : `, downgrade_to: ${names[index + 1]}`}}\n`).join('')
    const { models } = compiled(`providers: {openai: {api: openai, price: free}}\nmodels:\n${chain}  other: {providers: [openai], downgrade_to: e}\n`)
    assert.deepEqual([models.get('a')?.downgradeTo, models.get('other')?.downgradeTo], ['b', 'e'])
  })
})

describe('the time that Envoy waits for an answer', () => {
  const timeout = (budgets: string) => compiled(`${base}envoy: {message_timeout: 4s}\nbudgets:\n${budgets}`).envoy.messageTimeoutMs

  it('is longer by the longest wait of a budget that queues', () => {
    const waiting = '  - {name: a, limit: {tokens: 1}, every: day, on_exhausted: queue, queue: {timeout: 7s}}\n  - {name: b, limit: {tokens: 1}, every: day, tiers: [{remaining: 5%, action: queue}], queue: {timeout: 9s}}\n'
    assert.equal(timeout(waiting), 13_000)
    assert.equal(timeout('  - {name: a, limit: {tokens: 1}, every: day}\n'), 4_000)
  })
})

describe('the ledger', () => {
  const budgets = 'budgets:\n  - {name: b, limit: {tokens: 1}, every: day}\n'
  const defaults = { fsync: false, rotateBytes: 64 * 1024 * 1024, keepMs: 90 * 86_400_000 }

  it('is there where there are budgets, in a folder of this configuration, unless it is off', () => {
    // The same digits as in the path of the socket.
    assert.deepEqual(compiled(base + budgets).ledger, { directory: '/var/lib/tollgate/d3e9b20f/ledger', ...defaults })
    assert.equal(compiled(`${base}${budgets}ledger: off\n`).ledger, undefined)
    assert.equal(compiled(base).ledger, undefined)
  })

  it('is where and as it is written, with or without budgets', () => {
    assert.deepEqual(compiled(`${base}ledger: {path: books, fsync: true, rotate: 1MiB, keep: 12h}\n`).ledger, {
      directory: '/etc/tollgate/books',
      fsync: true,
      rotateBytes: 1_048_576,
      keepMs: 43_200_000,
    })
    assert.deepEqual(compiled(`${base}ledger: {}\n`).ledger?.directory, '/var/lib/tollgate/d3e9b20f/ledger')
  })
})

describe('who may ask, and who is told', () => {
  it('is known by tokens that the configuration does not hold', () => {
    const config = compiled(`${base}listen: {admin: '0.0.0.0:9090'}\nadmin: {read_token: {env: READ}, write_token: {file: files/ca.pem}}\nworkers: 4\n`)
    assert.deepEqual(config.adminAccess, { readToken: { kind: 'env', name: 'READ' }, writeToken: { kind: 'file', path: '/etc/tollgate/files/ca.pem' } })
    assert.equal(config.listen.admin, '0.0.0.0:9090')
    assert.equal(config.workers, 4)
  })

  it('is the webhook', () => {
    const config = compiled(`${base}budgets:\n  - {name: b, limit: {tokens: 1}, every: day}\nbudget_webhook: {url: 'https://hooks.example.com/a?b=c', token: {env: HOOK}}\n`)
    assert.deepEqual(config.budgetWebhook, { url: 'https://hooks.example.com/a?b=c', token: { kind: 'env', name: 'HOOK' } })
  })
})

describe('a price that nobody knows', () => {
  const unpriced = (fields: string) =>
    transcript(compileText(`${base.replace("gpt-4o-mini: {", "house: {providers: [{use: openai, model: own}]}\n  gpt-4o-mini: {")}  - {name: micro, type: MicroDollar}\nbudgets:\n  - {name: b, every: day, ${fields}}\n`))

  it('concerns budgets in dollars and in their millionths that refuse somebody and count the model', () => {
    assert.match(unpriced('limit: {usd: 1}'), /budgets\[0\]\.limit: no price is known for own at openai/)
    assert.match(unpriced('limit: {micro: 1}'), /budgets\[0\]\.limit: no price is known/)
    for (const fields of ['limit: {tokens: 1}', 'limit: {usd: 1}, on_exhausted: allow', 'limit: {usd: 1}, models: ["gpt-*"]']) assert.doesNotMatch(unpriced(fields), /budgets\[0\]/, fields)
  })
})

describe('a limit and a budget', () => {
  it('may stand side by side when they count for others, in another unit of time, or something else', () => {
    const limits = 'limits:\n  - {file: files/user.yaml}\n'
    for (const fields of ['per: [team], limit: {tokens: 1}, every: hour', 'per: [user], limit: {tokens: 1}, every: day', 'per: [user], limit: {output_tokens: 1}, every: hour', 'per: [user], models: [gpt-4o], limit: {tokens: 1}, every: hour'])
      assert.equal(compiled(`${base}budgets:\n  - {name: b, ${fields}}\n${limits}`).budgets.length, 1, fields)
  })
})

describe('docs/budgets.md', () => {
  const page = readFileSync(new URL('../../docs/budgets.md', import.meta.url), 'utf8')

  it('has examples that load without a warning', () => {
    const examples = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1] ?? '')
    assert.ok(examples.length >= 6)
    for (const example of examples) assert.ok(compiled(base + example).budgets.length > 0, example)
  })

  it('names every field', () => {
    const fields = Object.keys(budgetSchema.shape).filter((field) => field !== 'name')
    assert.deepEqual(fields.filter((field) => !page.includes(`\`${field}`)), [])
  })
})
