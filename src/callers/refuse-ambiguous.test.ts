import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { buildConfig } from '../../test/support/build-config.ts'
import { domainRules } from '../../test/support/runtime-config.ts'
import { refuseAmbiguous } from './refuse-ambiguous.ts'

const limits = [{ path: '/ratelimit.yaml', costName: 'llm_total_token', rules: domainRules('tollgate', [['user'], ['user', 'model'], ['team', 'user']]) }]
const config = buildConfig({ limits })
const caller = (attributes: Record<string, string>) => ({ attributes: new Map(Object.entries(attributes)), allowLists: [] })

describe('a name that would be another caller’s counter', () => {
  it('is refused, and the message says why', () => {
    assert.throws(() => refuseAmbiguous(config, caller({ user: 'vic_model_gpt-4o' })), { code: 'caller_ambiguous', message: /contains "_model_"/ })
    assert.throws(() => refuseAmbiguous(config, caller({ team: 'blue_user_vic' })), /"_user_"/)
  })

  it('is let through where no limit makes it ambiguous', () => {
    refuseAmbiguous(config, caller({ user: 'eu_team_42', team: 'new_model_army' }))
    refuseAmbiguous(buildConfig(), caller({ user: 'vic_model_gpt-4o' }))
  })
})
