// Steps 8 to 10: reading the provider's answer as it passes. One class per way in which Envoy delivers it;
// all of them keep the exchange's charge right at every moment, because the client may leave at any.

import type { Clock } from '../core/clock.ts'
import { type ContentDecoder, isTruncatedContent } from '../core/content-decoder.ts'
import { formatDecimal } from '../core/money.ts'
import { canonicalUsage } from '../core/usage.ts'
import type { Format, StreamReader } from '../formats/format.ts'
import type { PassAction } from './action.ts'
import type { AnswerReader } from './answer-reader.ts'
import type { Charge, Served } from './charge.ts'
import { completeUsage, estimateAnswer } from './estimate.ts'

export interface AnswerInput {
  readonly format: Format
  readonly reader: AnswerReader
  readonly served: Served
  readonly charge: Charge
  readonly clock: Clock
  readonly inputTokensEstimate: number
  /** Undefined when the answer is not compressed. */
  readonly decoder: ContentDecoder | undefined
}

/** A whole JSON answer. Envoy has not sent its headers yet, so the tokens can still be said there. */
export class JsonAnswer {
  readonly #input: AnswerInput
  responseModel: string | undefined

  constructor(input: AnswerInput) {
    this.#input = input
  }

  /** `headers` are set on the answer, with ours among them. */
  async decoded(body: Buffer, headers: Record<string, string>): Promise<PassAction> {
    const { decoder } = this.#input
    if (decoder === undefined) return this.body(body, headers)
    const plain = await decoder.decode(body, true)
    const action = this.body(plain, headers)
    const sent = action.body ?? plain
    return { ...action, headers: { set: { ...action.headers?.set, 'content-length': String(sent.length) }, remove: ['content-encoding'] }, body: sent }
  }

  body(body: Buffer, headers: Record<string, string>): PassAction {
    const { format, reader, charge, served, inputTokensEstimate } = this.#input
    const { facts, body: converted } = reader.readJson(body)
    this.responseModel = facts.responseModel
    const replaced = converted === undefined ? {} : { body: converted }
    if (converted !== undefined) Object.assign(headers, { 'content-type': 'application/json', 'content-length': String(converted.length) })
    if (!format.metered) return { kind: 'pass', headers: { set: headers }, ...replaced }
    const known = facts.usage === undefined ? undefined : canonicalUsage(facts.usage)
    const usage = completeUsage(format.name, known) ?? estimateAnswer(known, { inputTokens: inputTokensEstimate, outputTokens: facts.outputTokensEstimate })
    charge.set(usage, served)
    headers['x-ai-gateway-tokens-used'] = String(usage.totalTokens ?? 0)
    if (charge.price !== undefined) headers['x-tollgate-cost-usd'] = formatDecimal(charge.price.nanoDollars, 9)
    return { kind: 'pass', headers: { set: headers }, ...replaced, metadata: charge.toMetadata() }
  }
}

const PASS: PassAction = { kind: 'pass' }

/** Least time between two estimates written while a stream passes: often enough for a client that leaves, cheap enough for fast streams. */
const REFRESH_INTERVAL_MS = 250

/** A streamed answer. Its headers are gone already; what it cost is said in metadata only. */
export class StreamAnswer {
  readonly #input: AnswerInput
  readonly #reader: StreamReader
  /** The first chunk replaces the estimate of the whole answer by what is really there. */
  #writtenAtMs = Number.NEGATIVE_INFINITY
  #usageWritten: StreamReader['usage']

  constructor(input: AnswerInput, options: { readonly removeUsageEvent: boolean }) {
    this.#input = input
    this.#reader = input.reader.createStreamReader(options)
  }

  get responseModel(): string | undefined {
    return this.#reader.responseModel
  }

  /** The stream has said all it has to say, even if its connection was cut afterwards. */
  get finished(): boolean {
    return this.#reader.finished
  }

  async decoded(chunk: Buffer, end: boolean): Promise<PassAction> {
    const { decoder } = this.#input
    if (decoder === undefined) return this.chunk(chunk, end)
    let plain = await decoder.decode(chunk, false)
    // Asked apart for the end: a stream whose compression was cut short keeps all that could be unpacked.
    if (end) plain = Buffer.concat([plain, await finishDecoding(decoder)])
    const action = this.chunk(plain, end)
    return { ...action, body: action.body ?? plain }
  }

  chunk(chunk: Buffer, end: boolean): PassAction {
    const replaced = this.#reader.push(chunk, end)
    const metadata = this.#writeCharge(end) ? this.#input.charge.toMetadata() : undefined
    if (replaced === undefined) return metadata === undefined ? PASS : { kind: 'pass', metadata }
    return metadata === undefined ? { kind: 'pass', body: replaced } : { kind: 'pass', body: replaced, metadata }
  }

  /** Settles what the stream has cost so far; true when the metadata must be written (again). */
  #writeCharge(end: boolean): boolean {
    const { format, clock } = this.#input
    if (!format.metered) return false
    const now = clock.monotonic()
    const newUsage = this.#reader.usage !== this.#usageWritten
    if (!end && !newUsage && now - this.#writtenAtMs < REFRESH_INTERVAL_MS) return false
    this.#writtenAtMs = now
    this.#usageWritten = this.#reader.usage
    this.settle()
    return true
  }

  /** Brings the charge up to what is known now: exact once the stream has finished with its usage, else flagged. */
  settle(): void {
    const { format, charge, served, inputTokensEstimate } = this.#input
    const raw = this.#reader.usage
    const known = raw === undefined ? undefined : canonicalUsage(raw)
    const exact = this.#reader.finished ? completeUsage(format.name, known) : undefined
    charge.set(exact ?? estimateAnswer(known, { inputTokens: inputTokensEstimate, outputTokens: this.#reader.outputTokensSeen }), served)
  }
}

async function finishDecoding(decoder: ContentDecoder): Promise<Buffer> {
  try {
    return await decoder.decode(Buffer.alloc(0), true)
  } catch (error) {
    if (isTruncatedContent(error)) return Buffer.alloc(0)
    throw error
  }
}
