// Each trap is found where it is, and not where it is not.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseRateLimitFile } from '../ratelimit/parse-rate-limit-file.ts'
import { compileConfig } from './compile.ts'
import { findTraps, type Trap } from './explain-traps.ts'

const smallest = 'providers:\n  openai: {api: openai, credential: {env: KEY}}\nmodels:\n  m: {providers: [openai]}\n  n: {providers: [openai]}\n'
const withUsers = `${smallest}callers:\n  - headers: {user: x-user-id}\n`
const withLimits = `${withUsers}limits: [{file: limits.yaml}]\n`
const perUser = 'domain: d\ndescriptors:\n  - {key: user, rate_limit: {unit: hour, requests_per_unit: 10}}\n'

function trapsOf(text: string, limits = perUser, env: Record<string, string> = { KEY: 'sk' }): Trap[] {
  assert.ok(parseRateLimitFile({ text: limits, fileName: 'limits.yaml', denyAtLimitDefault: true }).ok)
  const files = new Map([['/c/limits.yaml', { kind: 'text', text: limits } as const]])
  const compiled = compileConfig({ path: '/c/t.yaml', text, files, runtimeDirectory: '/run', stateDirectory: '/state', nowMs: 0, display: (path) => path })
  assert.ok(compiled.ok, JSON.stringify(compiled))
  return findTraps(compiled.config, { env })
}

const ids = (traps: readonly Trap[]): string[] => traps.map((trap) => trap.id)

describe('traps', () => {
  it('are none for limits on verified nothing: no callers, a model limit, a store of its own', () => {
    const perModel = 'domain: d\ndescriptors:\n  - {key: model, value: m, rate_limit: {unit: hour, requests_per_unit: 10}}\n'
    assert.deepEqual(trapsOf(`${smallest}limits: [{file: limits.yaml}]\nstore: redis://redis:6379\n`, perModel), [])
  })

  it('says that callers by header are whoever they say, the louder the wider Envoy listens', () => {
    const narrow = trapsOf(withUsers).find((trap) => trap.id === 'callers_trusted')
    assert.match(narrow?.message ?? '', /x-user-id say, and every program on this machine can set them/)
    const wide = trapsOf(`${withUsers}envoy: {listen: '0.0.0.0:10000'}\n`).find((trap) => trap.id === 'callers_trusted')
    assert.match(wide?.message ?? '', /everyone who reaches 0\.0\.0\.0:10000 can set them/)
  })

  it('says that nobody asks for the certificates by which callers are known', () => {
    const known = `${smallest}callers:\n  - certificate: {user: uri}\n`
    assert.ok(ids(trapsOf(known)).includes('certificate_not_asked'))
    assert.ok(!ids(trapsOf(withUsers)).includes('certificate_not_asked'))
  })

  it('says which credential is not set, without asking for its value', () => {
    const unset = trapsOf(smallest, perUser, {})
    assert.deepEqual(ids(unset), ['credential_unset', 'nothing_limited'])
    assert.match(unset[0]?.message ?? '', /openai takes its key from KEY, which is not set/)
    assert.deepEqual(ids(trapsOf(smallest, perUser, { KEY: ' ' })), ['credential_unset', 'nothing_limited'])
  })

  it("says that a provider at its owner's address needs a credential, and leaves local ones alone", () => {
    const without = smallest.replace(', credential: {env: KEY}', '')
    assert.deepEqual(ids(trapsOf(without)), ['credential_forgotten', 'nothing_limited'])
    assert.deepEqual(ids(trapsOf(without.replace('api: openai', "api: openai, url: 'http://127.0.0.1:8000'"))), ['nothing_limited'])
    assert.deepEqual(ids(trapsOf(without.replace('api: openai', 'api: groq'))), ['credential_forgotten', 'nothing_limited'])
    assert.deepEqual(ids(trapsOf(without.replace('api: openai', 'api: ollama'))), ['nothing_limited'])
    assert.deepEqual(ids(trapsOf(without.replace('api: openai', 'api: aws-bedrock, region: us-east-1'))), ['nothing_limited'])
  })

  it('says when users are known and no limit is per user', () => {
    const perModel = 'domain: d\ndescriptors:\n  - {key: model, rate_limit: {unit: hour, requests_per_unit: 10}}\n'
    assert.deepEqual(ids(trapsOf(withLimits, perModel)), ['callers_trusted', 'attribute_unlimited', 'counters_in_memory'])
    assert.deepEqual(ids(trapsOf(withLimits)), ['callers_trusted', 'counters_in_memory'])
  })

  it('says when an inner limit can never be reached, until it replaces the outer one', () => {
    const nested = (outer: string, inner: string): string =>
      [
        'domain: d',
        'descriptors:',
        '  - key: user',
        `    rate_limit: {unit: hour, requests_per_unit: 10${outer}}`,
        '    descriptors:',
        `      - {key: model, value: m, rate_limit: {${inner}}}`,
        '',
      ].join('\n')
    const found = (limits: string): string[] =>
      trapsOf(withLimits, limits)
        .filter((trap) => trap.id === 'limit_unreachable')
        .map((trap) => trap.message)
    assert.deepEqual(found(nested('', 'unit: hour, requests_per_unit: 50')), [
      '/c/limits.yaml: d.user.model_m allows 50 per hour, and d.user stops the same requests at 10. ' +
        'Give d.user a name and name it in replaces of d.user.model_m.',
    ])
    assert.match(found(nested(', name: hourly', 'unit: hour, requests_per_unit: 50'))[0] ?? '', /Add replaces: \[\{name: hourly\}\] to d\.user\.model_m\.$/)
    assert.deepEqual(found(nested(', name: hourly', 'unit: hour, requests_per_unit: 50, replaces: [{name: hourly}]')), [])
    assert.deepEqual(found(nested('', 'unit: hour, requests_per_unit: 5')), [])
    assert.deepEqual(found(nested('', 'unit: day, requests_per_unit: 50')), [])
    assert.deepEqual(found(nested('', 'unlimited: true')), [])
  })

  it('counts a budget as a limit, and says what becomes of its counters in memory', () => {
    const budget = (fields: string, more = '') => trapsOf(`${withUsers}budgets: [{name: b, ${fields}}]\n${more}`)
    assert.deepEqual(ids(budget('per: [user], limit: {tokens: 1}, every: day')), ['callers_trusted', 'budgets_in_memory'])
    assert.deepEqual(ids(budget('limit: {tokens: 1}, every: day')), ['callers_trusted', 'attribute_unlimited', 'budgets_in_memory'])
    assert.deepEqual(ids(budget('per: [user], limit: {tokens: 1}, every: day', 'store: redis://redis:6379\n')), ['callers_trusted'])
    const messages = [budget('limit: {tokens: 1}, every: day'), budget('limit: {tokens: 1}, every: day', 'ledger: off\n')].map((traps) => traps.at(-1)?.message ?? '')
    assert.doesNotMatch(messages[0] ?? '', /start at 0/)
    assert.match(messages[1] ?? '', /start at 0 with every restart/)
  })

  it('says which tokens are not set', () => {
    const tokens = `${smallest}admin: {read_token: {env: READ}, write_token: {env: WRITE}}\n`
    assert.deepEqual(ids(trapsOf(tokens, perUser, { KEY: 'sk', READ: 'r', WRITE: '' })), ['token_unset', 'nothing_limited'])
    assert.match(trapsOf(tokens, perUser, { KEY: 'sk', READ: 'r' })[0]?.message ?? '', /admin\.write_token is taken from WRITE, which is not set here/)
    assert.deepEqual(ids(trapsOf(tokens, perUser, { KEY: 'sk', READ: 'r', WRITE: 'w' })), ['nothing_limited'])
  })

  it('warns of the crash of Envoy 1.37.0 only where both rate limit calls are made', () => {
    assert.ok(ids(trapsOf(`${withLimits}envoy: {version: '1.37'}\n`)).includes('envoy_crash'))
    assert.ok(!ids(trapsOf(`${withUsers}envoy: {version: '1.37'}\n`)).includes('envoy_crash'))
    assert.ok(!ids(trapsOf(`${withLimits}envoy: {version: '1.38'}\n`)).includes('envoy_crash'))
  })
})
