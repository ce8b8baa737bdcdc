// What the ext_proc codec costs: ours against a generic protobuf library on the same .proto files, interleaved in one run so that a
// noisy machine hits both alike. Run: npx tsx test/bench/codec.ts

import type { Action } from '../../src/exchange/action.ts'
import type { MessageKind } from '../../src/exchange/messages.ts'
import { decodeProcessingRequest } from '../../src/extproc/decode.ts'
import { encodeAction } from '../../src/extproc/encode.ts'
import { loadProcessMethod, structMessage } from '../support/process-method.ts'

const ROUNDS = 15
const STREAMS = 4_000

const method = loadProcessMethod()

const requestHeaders = {
  ':authority': 'gateway.example:8080',
  ':path': '/v1/chat/completions',
  ':method': 'POST',
  ':scheme': 'http',
  'content-type': 'application/json',
  'content-length': '2048',
  authorization: 'Bearer sk-not-a-key-not-a-key-not-a-key-not-a-key',
  'user-agent': 'OpenAI/JS 6.49.0',
  accept: 'application/json',
  'accept-encoding': 'gzip, deflate',
  'x-forwarded-for': '10.1.2.3',
  'x-forwarded-proto': 'http',
  'x-request-id': '0f6f4d3e-1b1a-4a39-9a7e-0d9f1b7a2c11',
  'x-user-id': 'user-1234',
  'x-stainless-lang': 'js',
}
const responseHeaders = { ':status': '200', 'content-type': 'application/json', date: 'Wed, 21 Oct 2026 07:28:00 GMT', server: 'provider', 'x-request-id': 'req_0123456789' }
const headers = (of: Readonly<Record<string, string>>) => ({ headers: { headers: Object.entries(of).map(([key, value]) => ({ key, raw_value: Buffer.from(value) })) } })
const metadata_context = { filter_metadata: { 'io.envoy.ai_gateway': structMessage({ model: 'fast' }) } }
const attributes = { 'envoy.filters.http.ext_proc': structMessage({ 'upstream.request_attempt_count': 1, 'response.code_details': 'via_upstream' }) }

/** One non-streaming chat request as Envoy shows it, and the answers of the request stage. */
const stream: readonly { readonly kind: MessageKind; readonly bytes: Buffer; readonly action: Action }[] = [
  {
    kind: 'request_headers',
    bytes: method.requestSerialize({ request_headers: headers(requestHeaders), metadata_context, protocol_config: { request_body_mode: 2, response_body_mode: 2 } }),
    action: { kind: 'pass' },
  },
  {
    kind: 'request_body',
    bytes: method.requestSerialize({ request_body: { body: Buffer.alloc(2048, 'x'), end_of_stream: true }, metadata_context }),
    action: {
      kind: 'pass',
      reroute: true,
      headers: { set: { 'x-ai-eg-model': 'fast', 'x-tollgate-chain': 'openai+vllm', 'x-envoy-max-retries': '1', 'accept-encoding': 'identity' }, remove: ['authorization'] },
      metadata: {
        'io.envoy.ai_gateway': { model: 'fast', exchange_id: '0f6f4d3e-1b1a-4a39-9a7e-0d9f1b7a2c11', user: 'user-1234', llm_total_token: 700 },
        'tollgate.route': { priority_groups: [{ name: 'openai' }, { name: 'vllm' }], steps: [{ provider: 'openai', model: 'gpt' }, { provider: 'vllm', model: 'llama' }], path: '/v1/chat/completions', content_length: 2048 },
      },
    },
  },
  {
    kind: 'response_headers',
    bytes: method.requestSerialize({ response_headers: headers(responseHeaders), metadata_context, attributes }),
    action: { kind: 'pass', headers: { set: { 'x-ai-provider': 'openai', 'x-tollgate-model': 'fast' } } },
  },
  {
    kind: 'response_body',
    bytes: method.requestSerialize({ response_body: { body: Buffer.alloc(1024, 'y'), end_of_stream: true }, metadata_context }),
    action: { kind: 'pass', headers: { set: { 'x-ai-gateway-tokens-used': '812' } }, metadata: { 'io.envoy.ai_gateway': { llm_total_token: 812 } } },
  },
]
/** The same answers as the library wants them. */
const responses = stream.map(({ kind, action }) => method.responseDeserialize(encodeAction(kind, action)))

const chunk = method.requestSerialize({ response_body: { body: Buffer.from('data: {"id":"x","choices":[{"delta":{"content":" word"}}],"usage":null}\n\n'.repeat(3)) }, metadata_context })
const chunkResponse = method.responseDeserialize(encodeAction('response_body', { kind: 'pass' }))

const workloads: Readonly<Record<string, { ours: () => void; library: () => void }>> = {
  'a stream of four messages': {
    ours: () => {
      for (const { kind, bytes, action } of stream) {
        decodeProcessingRequest(bytes)
        encodeAction(kind, action)
      }
    },
    library: () => {
      for (const [index, { bytes }] of stream.entries()) {
        method.requestDeserialize(bytes)
        method.responseSerialize(responses[index] ?? {})
      }
    },
  },
  'a chunk of a streamed answer': {
    ours: () => {
      decodeProcessingRequest(chunk)
      encodeAction('response_body', { kind: 'pass' })
    },
    library: () => {
      method.requestDeserialize(chunk)
      method.responseSerialize(chunkResponse)
    },
  },
}

function microseconds(run: () => void): number {
  const start = process.cpuUsage()
  for (let done = 0; done < STREAMS; done += 1) run()
  const { user, system } = process.cpuUsage(start)
  return (user + system) / STREAMS
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

console.log(`µs CPU, median of ${ROUNDS} rounds: ours | proto-loader | ratio`)
for (const [name, { ours, library }] of Object.entries(workloads)) {
  const samples: [number, number][] = []
  for (let round = 0; round < ROUNDS; round += 1) samples.push([microseconds(ours), microseconds(library)])
  const [mine, theirs] = [median(samples.map(([of]) => of)), median(samples.map(([, of]) => of))]
  console.log(`${name}: ${mine.toFixed(2)} | ${theirs.toFixed(2)} | ${(theirs / mine).toFixed(1)}x`)
}
