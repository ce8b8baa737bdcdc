// What is under way when Tollgate is asked to end is charged like everything before: limits hear of an exchange last, when it is over.

import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { startMockProvider } from '../../src/mock/mock-provider.ts'
import { startRedis } from '../support/redis-server.ts'
import { type Cleanup, createCleanup } from './support/cleanup.ts'
import { openCounters } from './support/counters.ts'
import { buildProgram, startGateway } from './support/gateway.ts'
import { openStream } from './support/open-stream.ts'
import { until } from './support/until.ts'

const STREAMS = 30
const limits = 'domain: tollgate\ndescriptors: [{key: model, rate_limit: {unit: year, requests_per_unit: 4000000000}}]\n'
const yaml = (port: number, socket: string, workers: number) => `
providers:
  mock: {api: openai, url: "http://127.0.0.1:${port}", price: free}
models:
  gpt: {providers: [mock]}
limits: [{file: limits.yaml}]
store: "unix:${socket}"
workers: ${workers}
`

describe('SIGTERM while streams are under way', () => {
  let cleanup: Cleanup
  beforeEach(() => {
    cleanup = createCleanup()
    buildProgram()
  })
  afterEach(() => cleanup.run())

  for (const workers of [1, 2]) {
    it(`costs the limits what the provider served (workers: ${workers})`, async () => {
      const redis = cleanup.defer(await startRedis(), (each) => each.stop())
      const counters = cleanup.defer(openCounters(redis), (each) => each.close())
      const mock = cleanup.defer(await startMockProvider({ api: 'openai', address: '127.0.0.1:0' }), (each) => each.close())
      assert.ok('path' in redis.address)
      const gateway = cleanup.defer(await startGateway({ yaml: yaml(mock.port, redis.address.path, workers), files: { 'limits.yaml': limits }, built: true }), (each) => each.stop())
      // They end one after the other, and some at the same moment.
      const streams = await Promise.all(Array.from({ length: STREAMS }, (_, index) => openStream({ url: gateway.url, model: 'gpt', chunks: 20 + (index % 10), everyMs: 50 })))
      gateway.process.kill('SIGTERM')
      const ends = await Promise.all(streams.map((stream) => stream.ended))
      assert.equal(ends.filter(({ complete }) => complete).length, STREAMS)
      assert.equal(await gateway.exited, 0)
      const { inputTokens, outputTokens } = mock.served().total
      assert.ok(outputTokens > 0)
      await until('all is charged', async () => (await counters.sum('tollgate')) === inputTokens + outputTokens, { timeoutMs: 2_000 })
    })
  }
})
