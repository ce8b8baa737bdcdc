import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AttemptFailure } from './cool-down.ts'
import { createCoolDowns } from './cool-down.ts'
import { type AttemptNews, createFollowingCoolDowns, type CoolDownNews, leadCoolDowns } from './follow-cool-downs.ts'

const settings = { maxMs: 60_000, failures: 3, pauseMs: 5_000 }
const failure = (provider: string, reason: AttemptFailure['reason'] = 503): AttemptFailure => ({ provider, reason, retryAfterMs: undefined })

/** One process that decides and two that follow, with nothing between them. */
function setUp() {
  const clock = { monotonic: () => 1_000 }
  const said: AttemptNews[] = []
  const tellAll = (news: CoolDownNews): void => {
    for (const follower of followers) follower.hear(news)
  }
  const deciding = createCoolDowns({ settings: () => settings, clock, onStart: () => undefined, onLonger: (coolDown) => tellAll({ kind: 'cool_down', coolDown }) })
  const lead = leadCoolDowns(deciding, tellAll)
  const tell = (news: AttemptNews): void => {
    said.push(news)
    lead.hear(news)
  }
  const follow = () => createFollowingCoolDowns({ settings: () => settings, clock, tell })
  const followers = [follow(), follow()] as const
  return { deciding, followers, said }
}

describe('cool-downs of several processes', () => {
  it('count failures in a row wherever they were seen', () => {
    const { deciding, followers } = setUp()
    const [one, two] = followers
    one.failed(failure('a'))
    two.failed(failure('a'))
    assert.equal(two.find('a'), undefined)
    one.failed(failure('a'))
    for (const each of [deciding, one, two]) assert.deepEqual(each.find('a'), { provider: 'a', reason: '503', remainingMs: 5_000 })
    assert.deepEqual(two.list().map(({ provider }) => provider), ['a'])
  })

  it('forget them at a success that another process saw', () => {
    const { followers } = setUp()
    const [one, two] = followers
    one.failed(failure('a'))
    one.failed(failure('a'))
    two.succeeded('a')
    one.failed(failure('a'))
    assert.equal(one.find('a'), undefined)
  })

  it('say nothing of successes that nobody waits for', () => {
    const { followers, said } = setUp()
    const [one, two] = followers
    for (const each of [one, two, one]) each.succeeded('a')
    assert.deepEqual(said, [])
    one.failed(failure('a'))
    for (const each of [two, two, two]) each.succeeded('a')
    assert.deepEqual(said.map(({ kind }) => kind), ['failed', 'succeeded'])
  })

  it('tell all what was learned from elsewhere', () => {
    const { deciding, followers } = setUp()
    deciding.learn({ provider: 'b', reason: '429', remainingMs: 20_000 })
    for (const each of followers) assert.equal(each.find('b')?.remainingMs, 20_000)
  })
})
