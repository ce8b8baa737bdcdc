// A processor and a rate limit service that do what a test says: they stand in for Tollgate where only Envoy's configuration is tested.

import { fileURLToPath } from 'node:url'
import { Server, ServerCredentials, type Metadata, type MethodDefinition, type ServerDuplexStream, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js'
import { loadSync, type AnyDefinition, type MessageTypeDefinition } from '@grpc/proto-loader'
import { chainClusterName } from '../../../src/providers/chain-name.ts'

/** What the request stage is to decide for every request. */
export interface Script {
  chain: readonly string[]
  /** Which cluster of a chain of several is meant where each chain has its own; `plain` unless said. */
  stage: 'plain' | 'convert'
  /** `io.envoy.ai_gateway`, written with the route. */
  metadata: Readonly<Record<string, string | number>>
  /** Overwrites metadata when the answer has come. */
  charged: Readonly<Record<string, string | number>>
  /** Headers that the attempt stage sets and removes for a provider. */
  attempt: (provider: string) => { readonly set?: Readonly<Record<string, string>>; readonly remove?: readonly string[] }
  /** Answer of the rate limit service: 1 OK, 2 over limit. */
  limitCode: number
}

export interface RateLimitCall {
  readonly domain: string
  readonly exchangeId: string | undefined
  readonly descriptors: readonly { readonly entries: string; readonly hits: number | undefined }[]
}

export interface ScriptedServices {
  /** `127.0.0.1:<port>`, both services. */
  readonly address: string
  readonly script: Script
  readonly rateLimitCalls: RateLimitCall[]
  /** Response attributes of each exchange, as the request stage saw them. */
  readonly answers: Readonly<Record<string, unknown>>[]
  /** Providers at which the attempt stage was called, in order. */
  readonly attempts: string[]
  close(): Promise<void>
}

export async function startScriptedServices(address = '127.0.0.1:0'): Promise<ScriptedServices> {
  const script: Script = { chain: [], stage: 'plain', metadata: {}, charged: {}, attempt: () => ({}), limitCode: 1 }
  const services: Pick<ScriptedServices, 'script' | 'rateLimitCalls' | 'answers' | 'attempts'> = { script, rateLimitCalls: [], answers: [], attempts: [] }
  const server = new Server()
  server.addService(
    { Process: method('/envoy.service.ext_proc.v3.ExternalProcessor/Process', { streams: true, request: 'ProcessingRequest', response: 'ProcessingResponse' }) },
    { Process: (call: Call) => (String(call.metadata.get('x-tollgate-stage')[0]) === 'attempt' ? attemptStage(services, call) : requestStage(services, call)) },
  )
  server.addService(
    { ShouldRateLimit: method('/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit', { streams: false, request: 'RateLimitRequest', response: 'RateLimitResponse' }) },
    {
      ShouldRateLimit: (call: ServerUnaryCall<LimitRequest, object>, reply: sendUnaryData<object>) => {
        services.rateLimitCalls.push(describe(call.request, call.metadata))
        reply(null, { overall_code: script.limitCode })
      },
    },
  )
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, bound) => (error === null ? resolve(bound) : reject(error)))
  })
  const close = async (): Promise<void> => {
    server.forceShutdown()
  }
  return { ...services, address: address.startsWith('unix:') ? address : `127.0.0.1:${port}`, close }
}

const messages = loadSync(fileURLToPath(new URL('envoy-services.proto', import.meta.url)), { keepCase: true, longs: Number, defaults: false, oneofs: true })

function method(path: string, { streams, request, response }: { streams: boolean; request: string; response: string }): MethodDefinition<object, object> {
  const [asked, answered] = [messageType(request), messageType(response)]
  return {
    path,
    requestStream: streams,
    responseStream: streams,
    requestSerialize: asked.serialize,
    requestDeserialize: asked.deserialize,
    responseSerialize: answered.serialize,
    responseDeserialize: answered.deserialize,
  }
}

function messageType(name: string): MessageTypeDefinition<object, object> {
  const definition = messages[`envoy.service.${name}`]
  if (definition === undefined || !isMessage(definition)) throw new Error(`envoy-services.proto has no message ${name}`)
  return definition
}

function isMessage(definition: AnyDefinition): definition is MessageTypeDefinition<object, object> {
  return 'type' in definition && 'serialize' in definition
}

type Services = Pick<ScriptedServices, 'script' | 'answers' | 'attempts'>
type Call = ServerDuplexStream<ProcessingRequest, object>

interface ProcessingRequest {
  readonly request: 'request_headers' | 'response_headers' | 'request_body' | 'response_body'
  readonly request_headers?: { readonly end_of_stream?: boolean }
  readonly attributes?: Readonly<Record<string, { readonly fields?: Readonly<Record<string, StructField>> }>>
}

interface StructField {
  readonly stringValue?: string
  readonly numberValue?: number
}

function requestStage({ script, answers }: Services, call: Call): void {
  call.on('error', () => call.destroy())
  call.on('end', () => call.end())
  call.on('data', (message: ProcessingRequest) => {
    switch (message.request) {
      case 'request_headers':
        call.write({ request_headers: message.request_headers?.end_of_stream === true ? routed(script) : {}, ...(message.request_headers?.end_of_stream === true ? routeMetadata(script) : {}) })
        return
      case 'request_body':
        call.write({ request_body: routed(script), ...routeMetadata(script) })
        return
      case 'response_headers':
        answers.push(readAttributes(message))
        call.write({ response_headers: {}, dynamic_metadata: struct({ 'io.envoy.ai_gateway': script.charged }) })
        return
      case 'response_body':
        call.write({ response_body: {} })
    }
  })
}

function attemptStage({ script, attempts }: Services, call: Call): void {
  call.on('error', () => call.destroy())
  call.on('end', () => call.end())
  call.on('data', (message: ProcessingRequest) => {
    if (message.request !== 'request_headers') {
      call.write({ request_body: {} })
      return
    }
    const provider = String(readAttributes(message)["xds.upstream_host_metadata.filter_metadata['tollgate.backend']['name']"])
    attempts.push(provider)
    const { set = {}, remove = [] } = script.attempt(provider)
    call.write({ request_headers: { response: { header_mutation: { set_headers: setHeaders(set), remove_headers: remove } } } })
  })
}

function routed({ chain, stage: several }: Script): object {
  const stage = chain.length > 1 ? several : 'plain'
  if (chain.length === 0) return {}
  const headers = { 'x-tollgate-chain': chainClusterName(chain.map((name) => ({ provider: { name }, stage }))), 'x-envoy-max-retries': String(chain.length - 1) }
  return { response: { clear_route_cache: true, header_mutation: { set_headers: setHeaders(headers), remove_headers: ['authorization', 'x-api-key'] } } }
}

function routeMetadata({ chain, metadata }: Script): object {
  return { dynamic_metadata: struct({ 'io.envoy.ai_gateway': metadata, 'tollgate.route': { priority_groups: chain.map((name) => ({ name })) } }) }
}

/** HeaderValueOption.HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD. */
const OVERWRITE = 2

function setHeaders(headers: Readonly<Record<string, string>>): readonly object[] {
  return Object.entries(headers).map(([key, value]) => ({ header: { key, raw_value: Buffer.from(value) }, append_action: OVERWRITE }))
}

type Plain = string | number | readonly Plain[] | { readonly [key: string]: Plain }

function struct(value: { readonly [key: string]: Plain }): object {
  return { fields: Object.fromEntries(Object.entries(value).map(([key, each]) => [key, structValue(each)])) }
}

function structValue(value: Plain): object {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'number') return { numberValue: value }
  // Array.isArray does not narrow a readonly array.
  return Array.isArray(value) ? { listValue: { values: value.map(structValue) } } : { structValue: struct(value as { readonly [key: string]: Plain }) }
}

function readAttributes({ attributes }: ProcessingRequest): Readonly<Record<string, unknown>> {
  const fields = attributes?.['envoy.filters.http.ext_proc']?.fields ?? {}
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, value.stringValue ?? value.numberValue]))
}

interface LimitRequest {
  readonly domain: string
  readonly descriptors?: readonly { readonly entries: readonly { readonly key: string; readonly value: string }[]; readonly hits_addend?: { readonly value?: number } }[]
}

function describe(request: LimitRequest, metadata: Metadata): RateLimitCall {
  return {
    domain: request.domain,
    exchangeId: metadata.get('x-tollgate-exchange-id')[0]?.toString(),
    descriptors: (request.descriptors ?? []).map(({ entries, hits_addend: hits }) => ({
      entries: entries.map(({ key, value }) => `${key}=${value}`).join(','),
      hits: hits === undefined ? undefined : (hits.value ?? 0),
    })),
  }
}
