// The board of share-learning.ts is a real Redis, or a cluster: its commands, its ids and its expiries.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Cluster } from 'ioredis'
import { Redis } from 'ioredis'
import { createEstimator } from '../../src/budgets/estimator.ts'
import { shareLearning } from '../../src/budgets/share-learning.ts'
import { silentLog } from '../../src/core/log.ts'
import { closeRedis, connectRedis } from '../../src/redis/redis-connection.ts'
import { logToArray } from '../support/log-to-array.ts'
import { type RedisServer, startRedis, startRedisCluster } from '../support/redis-server.ts'

for (const [kind, start] of [['Redis', startRedis], ['a Redis Cluster', startRedisCluster]] as const) {
  describe(`learning over ${kind}`, () => {
    let server: RedisServer
    let board: Redis | Cluster
    let looker: Redis
    before(async () => {
      server = await start()
      const { log, waitFor } = logToArray()
      board = connectRedis({ target: server.store, usedFor: 'estimates', log, commandTimeoutMs: 5_000 })
      looker = new Redis({ ...server.address })
      await waitFor('connected to Redis')
    })
    after(async () => {
      closeRedis(board)
      looker.disconnect()
      await server.stop()
    })

    it('reaches other processes and those that come later, and leaves nothing for ever', async () => {
      const join = (writer: string) => {
        const estimator = createEstimator({ onLearn: (answer) => shared.learned(answer) })
        const shared = shareLearning({ board, estimator, writer, log: silentLog })
        const count = (): number => estimator.toJson({ maxCallers: 9 }).callers.reduce((sum, [, [answers = 0]]) => sum + answers, 0)
        return { estimator, shared, count }
      }
      const [one, other] = [join('one'), join('other')]
      for (let round = 1; round <= 13; round += 1) {
        one.estimator.learn({ callerKey: 'alice', model: 'm', inputGuess: 10, usage: { inputTokens: 9, outputTokens: 100, flags: [] }, choices: 1 })
        await one.shared.exchange()
        await other.shared.exchange()
        assert.equal(other.count(), round)
      }
      const keys = await looker.keys('*')
      assert.deepEqual(keys.toSorted(), ['{tollgate-budgets}:learned', '{tollgate-budgets}:learned:summary'])
      for (const key of keys) assert.ok((await looker.pttl(key)) > 60_000, key)
      const late = join('late')
      await late.shared.exchange()
      assert.equal(late.count(), 13)
      await looker.del('{tollgate-budgets}:learned')
      const later = join('later')
      await later.shared.exchange()
      // The last to sum up, in its twelfth round, had not read what was told in that round; the stream would have said it.
      assert.equal(later.count(), 11)
    })
  })
}
