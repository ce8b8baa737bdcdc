// Our own work for one exchange, without transport and without Envoy: decode, all steps, encode, metrics and the log line.
// What remains of a processor's cost in test/bench/overhead.ts is the transport's. Run: npx tsx test/bench/exchange.ts [--rounds 15]

import { randomUUID } from 'node:crypto'
import { parseArgs } from 'node:util'
import { systemClock } from '../../src/core/clock.ts'
import { silentLog } from '../../src/core/log.ts'
import { ProtoWriter } from '../../src/core/protobuf-writer.ts'
import { encodeStruct } from '../../src/core/struct.ts'
import { logExchange } from '../../src/edge/exchange-log.ts'
import { createProviderCredentials } from '../../src/credentials/provider-credentials.ts'
import { createLogger } from '../../src/edge/logger.ts'
import { createMetrics } from '../../src/edge/metrics.ts'
import { ATTEMPTS_ATTRIBUTE, CODE_DETAILS_ATTRIBUTE, PROVIDER_ATTRIBUTE } from '../../src/exchange/attributes.ts'
import { createExtProcService } from '../../src/extproc/service.ts'
import { createCoolDowns } from '../../src/exchange/cool-down.ts'
import { createEstimator } from '../../src/budgets/estimator.ts'
import { buildBudgets, createFakeTime } from '../support/build-budgets.ts'
import { buildConfig, buildModel, buildProvider } from '../support/build-config.ts'
import { jsonAnswer, streamEvents, workloads, type WorkloadName } from './support/workloads.ts'

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '15' }, exchanges: { type: 'string', default: '2000' }, workloads: { type: 'string', default: 'json-1k,json-100k,stream' } } })
const rounds = Number(values.rounds)
const exchanges = Number(values.exchanges)

const config = buildConfig({ models: new Map([['bench', buildModel('bench', buildProvider('openai'))]]), callers: [{ kind: 'headers', attributes: new Map([['user', 'x-user-id']]), models: undefined }] })
const metrics = createMetrics()
let logged = 0
const log = createLogger({ level: 'info', format: 'json', write: (lines) => (logged += lines.length) })
const open = createExtProcService({
  config: () => config,
  clock: systemClock,
  newExchangeId: randomUUID,
  observer: {
    finished: (summary) => {
      metrics.exchangeFinished(summary)
      logExchange(log, summary)
    },
    costFailed: () => undefined,
  },
  credentials: createProviderCredentials({ read: () => 'key' }),
  random: Math.random,
  coolDowns: createCoolDowns({ settings: () => config.coolDown, clock: systemClock, onStart: () => undefined }),
  callerKeys: { find: () => undefined },
  budgets: buildBudgets(createFakeTime()),
  estimator: createEstimator(),
  log: silentLog,
  extprocObserver: {
    opened: (stage) => metrics.extprocOpened(stage),
    closed: (stage) => metrics.extprocClosed(stage),
    message: (kind, stage) => metrics.extprocMessage(kind, stage),
    failed: (stage, code) => metrics.failed(stage, code),
  },
})

/** Field numbers as in src/extproc/decode.ts. */
function headersMessage(field: number, headers: Readonly<Record<string, string>>, attributes?: Readonly<Record<string, string>>): Buffer {
  const writer = new ProtoWriter()
  writer.begin(field, 128)
  writer.begin(1, 128)
  for (const [name, value] of Object.entries(headers)) {
    writer.begin(1)
    writer.string(1, name)
    writer.string(3, value)
    writer.end()
  }
  writer.end()
  writer.end()
  if (attributes !== undefined) {
    writer.begin(9, 128)
    writer.string(1, 'envoy.filters.http.ext_proc')
    writer.begin(2, 128)
    encodeStruct(writer, attributes)
    writer.end()
    writer.end()
  }
  return writer.finish()
}

function bodyMessage(field: number, body: string, isLast: boolean): Buffer {
  const writer = new ProtoWriter()
  writer.begin(field, body.length)
  writer.string(1, body)
  if (isLast) writer.bool(2, true)
  writer.end()
  return writer.finish()
}

function messagesOf(name: WorkloadName): Buffer[] {
  const { requestBody, answer } = workloads[name]
  const request = {
    ':authority': 'bench',
    ':path': '/v1/chat/completions',
    ':method': 'POST',
    ':scheme': 'http',
    'user-agent': 'bench',
    accept: '*/*',
    'content-type': 'application/json',
    authorization: 'Bearer sk-bench',
    'x-user-id': 'bench-user',
    'content-length': String(Buffer.byteLength(requestBody)),
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-proto': 'http',
    'x-envoy-external-address': '127.0.0.1',
    'x-request-id': '6f1b0c52-94d3-4a0e-8f3e-9a2d64f0f1d7',
  }
  const response = { ':status': '200', 'content-type': answer === 'json' ? 'application/json' : 'text/event-stream', 'x-request-id': 'req-bench', 'x-envoy-upstream-service-time': '12' }
  const attributes = { [PROVIDER_ATTRIBUTE]: 'openai', [ATTEMPTS_ATTRIBUTE]: '1', [CODE_DETAILS_ATTRIBUTE]: 'via_upstream' }
  const chunks = answer === 'json' ? [bodyMessage(5, jsonAnswer, true)] : [...streamEvents.map((event) => bodyMessage(5, event, false)), bodyMessage(5, '', true)]
  return [headersMessage(2, request), bodyMessage(4, requestBody, true), headersMessage(3, response, attributes), ...chunks]
}

function runExchange(messages: readonly Buffer[]): void {
  const handler = open({ path: '', metadata: () => 'request', send: (message) => (sent += message.length), end: () => undefined })
  for (const message of messages) handler.onMessage(message)
  handler.onClose()
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((left, right) => left - right)[Math.floor(numbers.length / 2)] ?? Number.NaN
}

let sent = 0
console.log(`Node ${process.version}; CPU µs of one exchange, median of ${rounds} rounds (lowest)`)
for (const name of (values.workloads.split(',') as WorkloadName[])) {
  const messages = messagesOf(name)
  const count = name === 'stream' ? exchanges / 10 : exchanges
  const samples: number[] = []
  for (let round = 0; round <= rounds; round += 1) {
    const from = process.cpuUsage()
    for (let index = 0; index < count; index += 1) {
      runExchange(messages)
      // Lets the log be written, as between two reads of a socket.
      if (index % 16 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    const { user, system } = process.cpuUsage(from)
    if (round > 0) samples.push((user + system) / count)
  }
  console.log(`${workloads[name].title.padEnd(40)} ${median(samples).toFixed(1).padStart(7)} (${Math.min(...samples).toFixed(1)})  ${(median(samples) / messages.length).toFixed(2)} a message`)
}
if (sent === 0 || logged === 0) throw new Error('nothing was answered or logged')
