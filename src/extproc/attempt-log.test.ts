import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { buildConfig } from '../../test/support/build-config.ts'
import { silentLog } from '../core/log.ts'
import { ProtoWriter } from '../core/protobuf-writer.ts'
import type { GrpcCall, GrpcEnd } from '../core/transport.ts'
import type { AttemptFailure } from '../exchange/cool-down.ts'
import { ATTEMPT_LOG_METHOD, createAttemptLog } from './attempt-log.ts'

interface Entry {
  readonly provider?: string
  readonly status?: number
  /** Number of a field of ResponseFlags. */
  readonly flag?: number
  readonly headers?: Readonly<Record<string, string>>
}

function encode(entries: readonly Entry[]): Buffer {
  const writer = new ProtoWriter()
  // An identifier comes first in the first message of a call.
  writer.begin(1)
  writer.string(2, 'tollgate.attempts')
  writer.end()
  writer.begin(2)
  for (const { provider, status, flag, headers = {} } of entries) {
    writer.begin(1)
    writer.begin(1)
    writer.string(15, 'some-cluster')
    if (flag !== undefined) {
      writer.begin(16)
      writer.bool(flag, true)
      writer.end()
    }
    if (provider !== undefined) writePair(writer, 22, ['provider', provider])
    writer.end()
    writer.begin(4)
    if (status !== undefined) {
      writer.begin(1)
      writer.uint(1, status)
      writer.end()
    }
    for (const pair of Object.entries(headers)) writePair(writer, 4, pair)
    writer.string(6, 'via_upstream')
    writer.end()
    writer.end()
  }
  writer.end()
  return writer.finish()
}

function writePair(writer: ProtoWriter, field: number, [name, value]: readonly [string, string]): void {
  writer.begin(field)
  writer.string(1, name)
  writer.string(2, value)
  writer.end()
}

function setUp() {
  const failures: AttemptFailure[] = []
  const counted: AttemptFailure[] = []
  const errors: string[] = []
  const ends: (GrpcEnd | undefined)[] = []
  const log = createAttemptLog({
    config: () => buildConfig(),
    clock: { now: () => Date.parse('Wed, 21 Oct 2026 07:28:00 GMT'), monotonic: () => 0 },
    coolDowns: { failed: (failure) => failures.push(failure) },
    log: silentLog,
    observer: { attemptFailed: (failure) => counted.push(failure), failed: (code) => errors.push(code) },
  })
  const call: GrpcCall = { path: ATTEMPT_LOG_METHOD, metadata: () => undefined, send: () => assert.fail(), end: (status) => ends.push(status) }
  return { log, call, failures, counted, errors, ends }
}

describe('the log of attempts', () => {
  it('tells who failed, how, and when it wants to be asked again', () => {
    const { log, call, failures, counted } = setUp()
    const entries = [
      { provider: 'openai', status: 429, headers: { 'retry-after': '20' } },
      { provider: 'backup', status: 503, headers: { 'retry-after': 'Wed, 21 Oct 2026 07:28:05 GMT' } },
      { provider: 'backup', status: 401, headers: { 'retry-after': '20' } },
      { provider: 'openai', flag: 6 },
      { provider: 'openai', flag: 7, status: 200 },
      { provider: 'openai', flag: 3 },
      { provider: 'openai', flag: 17 },
    ]
    log.open(call).onMessage(encode(entries))
    assert.deepEqual(failures, [
      { provider: 'openai', reason: 429, retryAfterMs: 20_000 },
      { provider: 'backup', reason: 503, retryAfterMs: 5_000 },
      { provider: 'backup', reason: 401, retryAfterMs: undefined },
      { provider: 'openai', reason: 'connect_failure', retryAfterMs: undefined },
      { provider: 'openai', reason: 'reset', retryAfterMs: undefined },
      { provider: 'openai', reason: 'timeout', retryAfterMs: undefined },
      { provider: 'openai', reason: 'timeout', retryAfterMs: undefined },
    ])
    assert.deepEqual(counted, failures)
  })

  it('counts nobody that is not configured, and no fault of a client', () => {
    const { log, call, failures } = setUp()
    log.open(call).onMessage(encode([{ provider: 'stranger', status: 429 }, { status: 503 }, { provider: 'openai', status: 400 }, { provider: 'openai', flag: 15 }, { provider: 'openai' }]))
    assert.deepEqual(failures, [])
  })

  it('survives what is no protobuf', () => {
    const { log, call, failures, errors } = setUp()
    const handler = log.open(call)
    handler.onMessage(Buffer.from([0x12, 0xff, 0xff]))
    handler.onMessage(encode([{ provider: 'openai', status: 500 }]))
    assert.deepEqual([errors, failures.length], [['internal'], 1])
  })

  it('ends its calls when Tollgate stops, later ones too', () => {
    const { log, call, ends } = setUp()
    const handler = log.open(call)
    log.close()
    handler.onClose()
    log.open(call)
    assert.deepEqual(ends.map((end) => end?.code), [14, 14])
  })
})
