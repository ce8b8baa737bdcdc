import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { buildBudget } from '../../test/support/build-budgets.ts'
import { buildConfig } from '../../test/support/build-config.ts'
import { parseRateLimitFile } from '../ratelimit/parse-rate-limit-file.ts'
import { checkStores, type StoreChecks } from './check-stores.ts'

describe('what readiness says of the stores', () => {
  const parsed = parseRateLimitFile({ text: 'domain: tollgate\n', fileName: 'ratelimit.yaml', denyAtLimitDefault: false })
  assert.ok(parsed.ok)
  const limits = [{ path: 'ratelimit.yaml', costName: 'tokens', rules: parsed.rules }]
  const callers = [{ kind: 'api_keys', place: { kind: 'store' }, attributes: new Set<string>(), models: undefined }] as const
  const budgets = [buildBudget()]
  const there = (): Promise<boolean> => Promise.resolve(true)
  const away = (): Promise<boolean> => Promise.resolve(false)
  const check = (changes: Parameters<typeof buildConfig>[0], ready: Partial<StoreChecks> = {}): Promise<readonly string[]> => checkStores({ config: () => buildConfig(changes), budgetsReady: away, limitsReady: away, ...ready }).then((troubles) => troubles.map(({ line }) => line))

  const limitsLine = 'the counters of rate limits cannot be reached: requests that a limit counts are refused with 503, and what is under way is not charged to its limits'
  const budgetsLine = 'the counters of budgets cannot be reached: budgets with on_store_failure: deny refuse their requests with 503'
  const keysLine = 'API keys cannot be looked up: requests with a key of the store are refused with 503'

  it('names what cannot be reached, and only that', async () => {
    const all = { limits, budgets, callers }
    assert.deepEqual(await check(all, { limitsReady: there, budgetsReady: there }), [])
    assert.deepEqual(await check(all, { limitsReady: there }), [budgetsLine])
    assert.deepEqual(await check(all, { budgetsReady: there }), [limitsLine, keysLine])
    assert.deepEqual(await check(all), [budgetsLine, limitsLine, keysLine])
  })

  it('says nothing of what the configuration does not need', async () => {
    assert.deepEqual(await check({}), [])
    assert.deepEqual(await check({ limits }), [limitsLine])
    assert.deepEqual(await check({ budgets }), [budgetsLine])
    assert.deepEqual(await check({ callers }), [keysLine])
    assert.deepEqual(await check({ callers: [{ ...callers[0], place: { kind: 'file', path: 'keys.yaml' } }] }), [])
  })

  it('says once what each kind of budget does meanwhile', async () => {
    const kinds = [buildBudget(), buildBudget({ onStoreFailure: 'allow' }), buildBudget({ onStoreFailure: 'local' }), buildBudget({ onExhausted: 'allow' }), buildBudget({ onStoreFailure: 'local' })]
    const [line = ''] = await check({ budgets: kinds })
    assert.deepEqual(line.split(/: (?=budgets)|; /).slice(1), [
      'budgets with on_store_failure: deny refuse their requests with 503',
      'budgets with on_store_failure: allow let their requests pass and charge them later',
      'budgets with on_store_failure: local let their requests pass up to local_share in each process, and charge them later',
      'budgets with on_exhausted: allow let their requests pass and charge them later',
    ])
  })

  it('tells whether requests are refused, which nobody is by budgets that let them pass', async () => {
    const refuses = async (changes: Parameters<typeof buildConfig>[0]): Promise<readonly boolean[]> => (await checkStores({ config: () => buildConfig(changes), budgetsReady: away, limitsReady: away })).map((trouble) => trouble.refuses)
    const passing = [buildBudget({ onStoreFailure: 'allow' }), buildBudget({ onStoreFailure: 'local' }), buildBudget({ onExhausted: 'allow' })]
    assert.deepEqual(await refuses({ budgets: passing }), [false])
    assert.deepEqual(await refuses({ budgets: [...passing, buildBudget()] }), [true])
    assert.deepEqual(await refuses({ budgets: passing, limits, callers }), [false, true, true])
  })

  it('does not wait for a store that says nothing', { timeout: 5_000 }, async () => {
    const never = (): Promise<boolean> => new Promise(() => undefined)
    assert.deepEqual(await check({ limits, budgets }, { limitsReady: never, budgetsReady: there, answerWithinMs: 5 }), [limitsLine])
    const startedAtMs = performance.now()
    await check({ limits, budgets }, { limitsReady: never, budgetsReady: never })
    assert.ok(performance.now() - startedAtMs < 2_000, 'nor unless told')
  })
})
