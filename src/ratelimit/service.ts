// envoy.service.ratelimit.v3.RateLimitService: bytes in, plan, count, decide, bytes out. The room's one error boundary.

import type { Clock } from '../core/clock.ts'
import { TollgateError } from '../core/errors.ts'
import type { Log } from '../core/log.ts'
import { WireError } from '../core/protobuf-wire.ts'
import type { GrpcCall, GrpcCallHandler, GrpcEnd } from '../core/transport.ts'
import { grpcStatus } from '../core/transport.ts'
import type { LimitFile, RuntimeConfig } from '../config/runtime-config.ts'
import type { CounterStore } from './counter-store.ts'
import type { Decision } from './decide.ts'
import { decide } from './decide.ts'
import { decodeRequest } from './decode-request.ts'
import { encodeResponse } from './encode-response.ts'
import { explainDenial } from './explain-denial.ts'
import type { RateLimitRequest } from './messages.ts'
import { planCounts } from './plan-counts.ts'

/** The path under which the service is routed. */
export const RATE_LIMIT_METHOD = '/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit'

/** For metrics. `domain` is one of the configuration's, or `unknownDomain`: never a text of the caller's choosing. */
export interface RateLimitObserver {
  decided(event: { readonly domain: string; readonly overLimit: boolean; readonly shadow: boolean }): void
  failed(event: { readonly domain: string; readonly error: TollgateError }): void
}

export const unknownDomain = 'unknown'

export interface RateLimitServiceOptions {
  /** Read once per call. Counters do not depend on it: a reload keeps them. */
  readonly config: () => RuntimeConfig
  readonly store: CounterStore
  readonly clock: Clock
  readonly log: Log
  readonly observer: RateLimitObserver
}

/** A request that cannot be answered; the message goes to Envoy, which then acts on failure_mode_deny. */
interface Refusal {
  readonly error: string
}

function validate({ domain, descriptors }: RateLimitRequest): Refusal | undefined {
  if (domain === '') return { error: 'rate limit domain must not be empty' }
  if (descriptors.length === 0) return { error: 'rate limit descriptor list must not be empty' }
  return undefined
}

/** An unknown domain has no rules, so nothing is limited. */
const nothingLimited: Pick<Decision, 'overLimit' | 'shadow' | 'denials'> = { overLimit: false, shadow: false, denials: [] }

async function count(file: LimitFile | undefined, request: RateLimitRequest, options: RateLimitServiceOptions): Promise<Decision | Refusal> {
  if (file === undefined) {
    const bare = { overLimit: false, currentLimit: undefined, limitRemaining: 0, resetSeconds: undefined }
    return { ...nothingLimited, statuses: request.descriptors.map(() => bare) }
  }
  const plans = planCounts({ rules: file.rules, request, nowSeconds: Math.floor(options.clock.now() / 1000) })
  if ('error' in plans) return plans
  const changes = plans.flatMap((plan) => (plan.kind === 'counted' ? [plan.change] : []))
  const counters = changes.length === 0 ? [] : await options.store.apply(changes)
  // Only something else than this service can have done that; the original gives no answer either.
  if (counters.some((counter) => counter < 0n)) return { error: 'counting failed: a counter is below zero' }
  return decide(plans, counters)
}

async function answer(call: GrpcCall, bytes: Buffer, options: RateLimitServiceOptions): Promise<Buffer | GrpcEnd> {
  const { log, observer } = options
  const exchangeId = call.metadata('x-tollgate-exchange-id')
  let domain = unknownDomain
  const fail = (error: TollgateError, code: number): GrpcEnd => {
    observer.failed({ domain, error })
    log.error({ exchange_id: exchangeId, domain, err: error }, 'a rate limit request failed')
    return { code, message: error.message }
  }
  try {
    const request = decodeRequest(bytes)
    const file = options.config().limits.find(({ rules }) => rules.domain === request.domain)
    if (file !== undefined) domain = file.rules.domain
    const decision = validate(request) ?? (await count(file, request, options))
    if ('error' in decision) return fail(new TollgateError('malformed_request', decision.error), grpcStatus.unknown)

    const { overLimit, shadow, statuses, denials } = decision
    observer.decided({ domain, overLimit, shadow })
    if (file === undefined || !overLimit) {
      log.debug({ exchange_id: exchangeId, domain, shadow }, 'within the rate limits')
      return encodeResponse({ overLimit, statuses, responseHeaders: [], rawBody: '' })
    }
    const denial = explainDenial({ denials, costName: file.costName })
    // An exchange of ours says it in its own line, and the charge that follows a denial is no denial; a stranger's call has only this one.
    const level = exchangeId === undefined ? 'info' : 'debug'
    log[level]({ exchange_id: exchangeId, domain, denial: denial.message }, 'over a rate limit')
    return encodeResponse({ overLimit, statuses, responseHeaders: denial.headers, rawBody: denial.body })
  } catch (thrown) {
    if (thrown instanceof WireError) return fail(new TollgateError('malformed_request', thrown.message, { cause: thrown }), grpcStatus.internal)
    // UNKNOWN is what the original answers to every failure of its store.
    return fail(TollgateError.from(thrown), grpcStatus.unknown)
  }
}

/** Opens one call of `RATE_LIMIT_METHOD`: one message in, one message or an error status out. */
export function createRateLimitService(options: RateLimitServiceOptions): (call: GrpcCall) => GrpcCallHandler {
  return (call) => {
    let asked = false
    return {
      onMessage(bytes) {
        // The method is unary: a second message would be a client's mistake.
        if (asked) return
        asked = true
        void answer(call, bytes, options).then((result) => {
          if (Buffer.isBuffer(result)) call.send(result)
          call.end(Buffer.isBuffer(result) ? undefined : result)
        })
      },
      onHalfClose() {
        if (!asked) call.end({ code: grpcStatus.internal, message: 'the call ended without a request' })
      },
      onClose() {
        // A charge is made even when nobody waits for the answer any more: what was used was used.
      },
    }
  }
}
