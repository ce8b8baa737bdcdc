// One request, from its first header to the end of its answer, in the order in which Envoy shows it to us.
// Read `receive` and then the four steps below it; each hands the work to the file of its name.
// Nothing here catches: what goes wrong comes back through `failed`, from the boundary in extproc/service.ts.

import type { Caller } from '../callers/caller.ts'
import { anonymousCaller } from '../callers/caller.ts'
import { identifyCaller } from '../callers/identify-caller.ts'
import { refuseAmbiguous } from '../callers/refuse-ambiguous.ts'
import type { RuntimeConfig } from '../config/runtime-config.ts'
import { after } from '../core/after.ts'
import { createContentDecoder, isContentEncoding } from '../core/content-decoder.ts'
import { TollgateError } from '../core/errors.ts'
import { Headers } from '../core/headers.ts'
import type { ProcessingMessage } from './messages.ts'
import { errorBody } from '../formats/error-body.ts'
import type { ErrorStyle, Format } from '../formats/format.ts'
import type { Action, PassAction } from './action.ts'
import { type AdmittedRequest, admitRequest, budgetError } from './admit-request.ts'
import { type AnswerInput, JsonAnswer, StreamAnswer } from './answer.ts'
import { EXCHANGE_ID_HEADER, jsonHeaders, withExchangeId } from './answer-headers.ts'
import { type AnswerReader, createAnswerReader } from './answer-reader.ts'
import { readDropped } from './dropped-parameters.ts'
import { ATTEMPTS_ATTRIBUTE, CODE_DETAILS_ATTRIBUTE, PROVIDER_ATTRIBUTE } from './attributes.ts'
import { Charge } from './charge.ts'
import { type AnswerKind, classifyAnswer } from './classify-answer.ts'
import type { ExchangeDependencies } from './dependencies.ts'
import { ATTEMPT_REPLY, errorReply } from './error-reply.ts'
import { mayHaveBeenServed, readEnvoyReply } from './envoy-reply.ts'
import { listModels } from './list-models.ts'
import { type PreparedRequest, refuseTooLarge, type RequestInput } from './prepare-request.ts'
import { CHAIN_HEADER, requestAction } from './request-action.ts'
import { Reservation } from './reservation.ts'
import { type Endpoint, selectEndpoint } from './select-endpoint.ts'
import { findServedStep } from './served-step.ts'
import type { Stage } from './stage.ts'
import type { ExchangeSummary, Outcome } from './summary.ts'

/** A compressed answer may unfold to this many times the body limit before it is taken for an attack on our memory. */
const MAX_DECODED_FACTOR = 4

const PASS: Action = { kind: 'pass' }

export class Exchange implements Stage {
  /** True once the last reply has been given: the call can end. */
  done = false
  readonly id: string
  readonly #dependencies: ExchangeDependencies
  /** The configuration it started with, whatever is reloaded meanwhile. */
  readonly #config: RuntimeConfig
  readonly #charge: Charge
  /** Milliseconds since 1970, and by the monotonic clock. */
  readonly #startedAt: number
  readonly #startedAtMs: number
  #headers = new Headers()
  #endpoint: { readonly format: Format; readonly path: string; readonly query: string } | undefined
  #caller: Caller = anonymousCaller
  #request: PreparedRequest | undefined
  #errorStyle: ErrorStyle = 'openai'
  #answerKind: AnswerKind | undefined
  #json: JsonAnswer | undefined
  #stream: StreamAnswer | undefined
  /** Envoy's own reply, kept from its headers until its body has come. */
  #envoyReply: { readonly status: number; readonly codeDetails: string } | undefined
  #decoder: AnswerInput['decoder']
  #provider: string | undefined
  #upstreamModel: string | undefined
  #attempts = 0
  #status: number | undefined
  #reason: string | undefined
  #converts = false
  #convertError: ((body: Buffer) => Buffer) | undefined
  #dropped: string | undefined
  #firstByteAtMs: number | undefined
  #finished = false
  #reservation: Reservation | undefined
  #decision: ExchangeSummary['decision']
  /** Made only for those who must know that the client has gone. */
  #leaving: AbortController | undefined

  constructor(dependencies: ExchangeDependencies) {
    this.#dependencies = dependencies
    this.#config = dependencies.config()
    this.id = dependencies.newExchangeId()
    this.#startedAt = dependencies.clock.now()
    this.#charge = new Charge(this.#config, this.id, dependencies.observer, this.#startedAt)
    this.#startedAtMs = dependencies.clock.monotonic()
  }

  /** One message of Envoy, one action for it. */
  receive(message: ProcessingMessage): Action | Promise<Action> {
    switch (message.kind) {
      case 'request_headers':
        return this.#requestHeaders(message)
      case 'request_body':
        return this.#requestBody(message.body)
      case 'response_headers':
        return this.#responseHeaders(message)
      case 'response_body':
        return this.#responseBody(message.body, message.endOfStream)
      case 'request_trailers':
      case 'response_trailers':
        return PASS
      case 'unknown':
        throw new TollgateError('internal', 'Envoy sent an ext_proc message of an unknown kind.')
    }
  }

  // Which API is spoken, and who speaks? Nothing is changed yet: Envoy holds the request until its body has been answered.
  #requestHeaders({ headers, endOfStream, context }: Extract<ProcessingMessage, { readonly headers: Headers }>): Action | Promise<Action> {
    this.#headers = headers
    if (headers.has('anthropic-version')) this.#errorStyle = 'anthropic'
    const endpoint = selectEndpoint(headers.get(':method') ?? '', headers.get(':path') ?? '')
    if (endpoint.kind === 'format') {
      this.#errorStyle = endpoint.format.errorStyle
      this.#endpoint = endpoint
    }
    const evidence = { headers, attributes: context.attributes, metadata: (namespace: string) => context.metadata(namespace) }
    const caller = identifyCaller(this.#config.callers, evidence, { keys: this.#dependencies.callerKeys, nowMs: this.#dependencies.clock.now() })
    if (caller instanceof Promise) return caller.then((found) => this.#identified(found, endpoint, endOfStream))
    return this.#identified(caller, endpoint, endOfStream)
  }

  #identified(caller: Caller, endpoint: Endpoint, endOfStream: boolean): Action | Promise<Action> {
    const headers = this.#headers
    this.#caller = caller
    refuseAmbiguous(this.#config, caller)
    if (endpoint.kind === 'models') {
      const body = listModels(this.#config, caller, { style: this.#errorStyle, model: endpoint.model })
      return this.#reply({ kind: 'reply', status: 200, headers: { 'content-type': 'application/json' }, body, details: 'tollgate_models' }, 'answered')
    }
    refuseTooLarge(headers, this.#config.envoy.maxBodyBytes)
    if (endOfStream) return this.#requestBody(Buffer.alloc(0))
    // Envoy shows no body when trailers follow the headers at once; without our mark such a request finds no route.
    return headers.has(CHAIN_HEADER) ? { kind: 'pass', headers: { remove: [CHAIN_HEADER] }, reroute: true } : PASS
  }

  // Which model, which providers, what will it cost, and have its budgets room for that? The reply sends the request on its way.
  #requestBody(body: Buffer): Action | Promise<Action> {
    if (this.#endpoint === undefined) throw new TollgateError('internal', 'A request body came without its headers.')
    const { format, path, query } = this.#endpoint
    const { budgets, estimator, credentials, coolDowns, random } = this.#dependencies
    const input = { config: this.#config, exchangeId: this.id, format, path, query, headers: this.#headers, caller: this.#caller, body, credentials, coolDowns, random }
    const gone = (): AbortSignal => (this.#leaving ??= new AbortController()).signal
    return after(admitRequest(input, { budgets, estimator, atMs: this.#startedAt, gone }), (decided) => {
      if (decided.kind === 'admitted') return this.#admitted(input, decided)
      this.#decision = decided
      throw budgetError(decided, this.#dependencies.clock.now())
    })
  }

  #admitted(input: RequestInput, admitted: AdmittedRequest): Action {
    this.#decision = admitted.admission
    if (admitted.admission !== undefined) this.#reservation = new Reservation(admitted.admission, admitted.downgradedFrom, this.#dependencies)
    this.#request = admitted.request
    const { chain, estimate } = admitted.request
    const [first] = chain
    // The client left while the budgets were asked: nobody has been called.
    if (this.#finished) {
      this.#charge.cancel()
      void this.#reservation?.settle(this.#charge, undefined)
    } else if (estimate !== undefined && first !== undefined) {
      this.#charge.set(estimate, { provider: first.provider.name, upstreamModel: first.upstreamModel })
    }
    return requestAction(input, admitted, this.#charge)
  }

  // Who answered, and how is the rest to be delivered?
  #responseHeaders({ headers, endOfStream, context }: Extract<ProcessingMessage, { readonly headers: Headers }>): Action | Promise<Action> {
    const { attributes } = context
    this.#status = Number(headers.get(':status'))
    this.#attempts = Number(attributes.get(ATTEMPTS_ATTRIBUTE) ?? 0)
    const codeDetails = attributes.get(CODE_DETAILS_ATTRIBUTE)
    this.#answerKind = this.#request === undefined ? 'envoy' : classifyAnswer(headers, codeDetails)
    if (this.#answerKind === 'envoy') {
      if (codeDetails?.startsWith(ATTEMPT_REPLY) === true) return this.#attemptReply(this.#status, codeDetails)
      this.#envoyReply = { status: this.#status, codeDetails: codeDetails ?? 'unknown' }
      return endOfStream ? this.#envoyError(Buffer.alloc(0), 'fill') : PASS
    }
    const { reader, format } = this.#identifyProvider(attributes.get(PROVIDER_ATTRIBUTE), headers)
    this.#converts = reader.converts
    if (reader.converts) this.#dropped = readDropped(context, this.#provider)
    const encoding = headers.get('content-encoding')?.trim().toLowerCase() ?? 'identity'
    const isRead = reader.converts || this.#answerKind === 'json' || this.#answerKind === 'stream'
    if (isRead && isContentEncoding(encoding) && !endOfStream) this.#decoder = createContentDecoder(encoding, this.#config.envoy.maxBodyBytes * MAX_DECODED_FACTOR)
    const readable = !endOfStream && (encoding === 'identity' || this.#decoder !== undefined)
    if (this.#answerKind === 'error') return this.#providerError(reader, readable)
    if (this.#provider !== undefined) this.#dependencies.coolDowns.succeeded(this.#provider)
    if (readable && this.#answerKind !== 'opaque') return this.#readableAnswer(this.#answerKind, reader, format)
    if (reader.converts) throw new TollgateError('provider_error', `The provider ${this.#provider ?? ''} answered with something that is neither JSON nor a stream of events.`)
    return this.#opaqueAnswer()
  }

  // What did it cost? Said as soon as it is known.
  #responseBody(body: Buffer, endOfStream: boolean): Action | Promise<Action> {
    if (this.#envoyReply !== undefined) return this.#envoyError(body, 'pass')
    if (body.length > 0) this.#firstByteAtMs ??= this.#dependencies.clock.monotonic()
    if (this.#convertError !== undefined) return this.#convertedError(this.#convertError, body)
    if (this.#json !== undefined) return this.#jsonBody(this.#json, body)
    if (this.#stream === undefined) return PASS
    return this.#streamChunk(this.#stream, body, endOfStream)
  }

  #jsonBody(json: JsonAnswer, body: Buffer): Action | Promise<Action> {
    const headers = this.#servedHeaders()
    if (this.#decoder === undefined) return this.#answered(json.body(body, headers), true)
    return json.decoded(body, headers).then((action) => this.#answered(action, true))
  }

  #streamChunk(stream: StreamAnswer, chunk: Buffer, end: boolean): Action | Promise<Action> {
    if (this.#decoder === undefined) return this.#answered(stream.chunk(chunk, end), end)
    return stream.decoded(chunk, end).then((action) => this.#answered(action, end))
  }

  /** The last reply is held back until the counters have what it costs; where there still are headers, they tell what is left. */
  #answered(action: PassAction, isLast: boolean, outcome: Outcome = 'answered'): Action | Promise<Action> {
    if (!isLast) return action
    const settled = this.#finish(outcome)
    this.done = true
    if (this.#reservation === undefined) return action
    return after(settled, () => (action.headers === undefined ? action : { ...action, headers: { ...action.headers, set: { ...action.headers.set, ...this.#reservation?.headers() } } }))
  }

  #identifyProvider(provider: string | undefined, headers: Headers): { readonly reader: AnswerReader; readonly format: Format } {
    const request = this.#request
    const format = this.#endpoint?.format
    const step = findServedStep(request?.chain ?? [], { provider, attempts: this.#attempts })
    if (request === undefined || format === undefined || step === undefined) throw new TollgateError('internal', 'An answer came for a request that was never prepared.')
    this.#provider = step.provider.name
    this.#upstreamModel = step.upstreamModel
    const createdSeconds = Math.floor(this.#dependencies.clock.now() / 1000)
    const context = { clientModel: request.clientModel, exchangeId: this.id, createdSeconds, usageAsked: !request.usageAddedByUs, embeddingsEncoding: request.embeddingsEncoding }
    return { reader: createAnswerReader({ format, call: step.call, context, headers }), format }
  }

  /** Sends the body of a 2xx answer past a reader. */
  #readableAnswer(kind: 'json' | 'stream', reader: AnswerReader, format: Format): Action {
    const request = this.#request
    const input: AnswerInput = {
      format,
      reader,
      served: { provider: this.#provider ?? '', upstreamModel: this.#upstreamModel ?? '' },
      charge: this.#charge,
      clock: this.#dependencies.clock,
      inputTokensEstimate: request?.inputTokensEstimate ?? 0,
      decoder: this.#decoder,
    }
    if (kind === 'json') {
      this.#json = new JsonAnswer(input)
      return PASS
    }
    this.#stream = new StreamAnswer(input, { removeUsageEvent: request?.usageAddedByUs === true })
    const remove = this.#decoder === undefined ? ['content-length'] : ['content-length', 'content-encoding']
    const set = { ...this.#servedHeaders(), ...(reader.converts ? { 'content-type': 'text/event-stream' } : {}) }
    return { kind: 'pass', headers: { set, remove }, delivery: 'streamed' }
  }

  /** An answer whose body we cannot or need not read passes as it is and stays charged by the estimate. */
  #opaqueAnswer(): Action | Promise<Action> {
    const tokens = this.#charge.usage?.totalTokens
    const used = tokens === undefined || this.#answerKind === 'stream' ? {} : { 'x-ai-gateway-tokens-used': String(tokens) }
    return this.#answered({ kind: 'pass', headers: { set: { ...this.#servedHeaders(), ...used } }, delivery: 'none' }, true)
  }

  #providerError(reader: AnswerReader, readable: boolean): Action {
    this.#charge.cancel()
    const metadata = this.#charge.toMetadata()
    const headers = { set: this.#servedHeaders() }
    if (reader.converts && readable) {
      this.#convertError = (body) => reader.convertError(body, this.#status ?? 502)
      return { kind: 'pass', headers, metadata }
    }
    void this.#finish('provider_error')
    this.done = true
    if (!reader.converts) return { kind: 'pass', headers, metadata, delivery: 'none' }
    const body = reader.convertError(Buffer.alloc(0), this.#status ?? 502)
    return { kind: 'fill', headers: { set: { ...headers.set, ...jsonHeaders(body) }, remove: ['content-encoding'] }, body, metadata }
  }

  async #convertedError(convert: (body: Buffer) => Buffer, received: Buffer): Promise<Action> {
    const body = convert(this.#decoder === undefined ? received : await this.#decoder.decode(received, true))
    return this.#answered({ kind: 'pass', headers: { set: jsonHeaders(body), remove: ['content-encoding'] }, body }, true, 'provider_error')
  }

  /** Our own attempt stage has answered, in the client's format already. */
  #attemptReply(status: number, codeDetails: string): Action {
    this.#charge.cancel()
    this.#reason = codeDetails.slice(ATTEMPT_REPLY.length)
    void this.#finish(status < 500 ? 'refused' : 'provider_error')
    this.done = true
    return { kind: 'pass', headers: { set: { [EXCHANGE_ID_HEADER]: this.id } }, metadata: this.#charge.toMetadata(), delivery: 'none' }
  }

  /** Envoy's own error in the client's format; `fill` when it came without a body. */
  #envoyError(body: Buffer, kind: 'fill' | 'pass'): Action {
    const { status, codeDetails } = this.#envoyReply ?? { status: 500, codeDetails: 'unknown' }
    const error = readEnvoyReply({ status, codeDetails, body })
    // Somebody may bill what a provider was asked for and nobody saw answered: that stays charged by its estimate.
    if (!mayHaveBeenServed(codeDetails)) this.#charge.cancel()
    // A denial explains itself; everything else is best searched for by Envoy's own word.
    this.#reason = error.code === 'rate_limited' ? error.message : codeDetails
    void this.#finish(error.code === 'rate_limited' ? 'limited' : 'envoy_error')
    this.done = true
    const text = errorBody(this.#errorStyle, error)
    return { kind, headers: { set: { ...jsonHeaders(text), [EXCHANGE_ID_HEADER]: this.id } }, body: text, metadata: this.#charge.toMetadata() }
  }

  #servedHeaders(): Record<string, string> {
    const headers: Record<string, string> = {
      [EXCHANGE_ID_HEADER]: this.id,
      'x-ai-provider': this.#provider ?? '',
      'x-tollgate-model': this.#request?.clientModel ?? '',
      'x-tollgate-attempts': String(this.#attempts),
    }
    if (this.#reservation !== undefined) Object.assign(headers, this.#reservation.headers())
    if (this.#dropped !== undefined) headers['x-tollgate-dropped-params'] = this.#dropped
    return headers
  }

  #reply(reply: Extract<Action, { kind: 'reply' }>, outcome: Outcome): Action {
    this.#status = reply.status
    void this.#finish(outcome)
    this.done = true
    return withExchangeId(reply, this.id)
  }

  /**
   * The boundary caught something. On the way in: an error reply. On the way out the provider has done its work, so the answer passes
   * as well as it can and stays charged by what is known; undefined when it cannot pass (its encoding was already taken off). An answer
   * that cannot be converted is an error to the client, and costs nothing.
   */
  failed(thrown: unknown): Action | undefined {
    const error = TollgateError.from(thrown)
    const internal = error.code === 'internal'
    const limited = error.code === 'budget_exceeded'
    this.#reason = limited ? error.message : error.code
    if (this.#answerKind === undefined) {
      this.#charge.cancel()
      return this.#reply(errorReply(this.#errorStyle, error, 'tollgate'), internal ? 'internal_error' : limited ? 'limited' : 'refused')
    }
    this.done = true
    if (this.#converts && this.#stream === undefined) this.#charge.cancel()
    void this.#finish(internal ? 'internal_error' : 'provider_error')
    const passes = this.#decoder === undefined && !this.#converts
    if (passes) return this.#json === undefined ? PASS : { kind: 'pass', headers: { set: this.#servedHeaders() } }
    if (this.#stream !== undefined) return undefined
    return { ...withExchangeId(errorReply(this.#errorStyle, error, 'tollgate'), this.id), metadata: this.#charge.toMetadata() }
  }

  /** The call is over. What has not finished by now was cut, unless its stream had already said everything. */
  closed(): void {
    if (!this.#finished) (this.#leaving ??= new AbortController()).abort()
    void this.#finish(this.#stream?.finished === true ? 'answered' : 'aborted')
    this.done = true
  }

  /** Resolves once the counters have it. */
  #finish(outcome: Outcome): void | Promise<void> {
    if (this.#finished) return undefined
    this.#finished = true
    this.#stream?.settle()
    this.#decoder?.close()
    const settled = this.#reservation?.settle(this.#charge, this.#provider ?? this.#request?.chain[0]?.provider.name)
    if (outcome === 'answered' && this.#request !== undefined) this.#reservation?.learn(this.#charge, this.#request)
    this.#dependencies.observer.finished(this.#summarize(outcome))
    return settled
  }

  #summarize(outcome: Outcome): ExchangeSummary {
    const firstByteAtMs = this.#firstByteAtMs
    return {
      exchangeId: this.id,
      config: this.#config,
      outcome,
      format: this.#endpoint?.format.name,
      askedModel: this.#request?.askedModel,
      clientModel: this.#request?.clientModel ?? this.#decision?.candidate.clientModel,
      provider: this.#provider,
      upstreamModel: this.#upstreamModel,
      responseModel: this.#json?.responseModel ?? this.#stream?.responseModel,
      callerAttributes: this.#caller.attributes,
      status: this.#status,
      stream: this.#request?.stream ?? false,
      attempts: this.#attempts,
      leftOut: this.#request?.leftOut ?? [],
      usage: this.#charge.usage,
      costs: this.#charge.values,
      price: this.#charge.price,
      startedAtMs: this.#startedAt,
      decision: this.#decision,
      downgradedFrom: this.#reservation?.downgradedFrom,
      charges: this.#reservation?.charges ?? [],
      reason: this.#reason,
      durationMs: this.#dependencies.clock.monotonic() - this.#startedAtMs,
      timeToFirstTokenMs: firstByteAtMs === undefined ? undefined : firstByteAtMs - this.#startedAtMs,
    }
  }
}
