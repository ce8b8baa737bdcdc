// envoy.service.accesslog.v3.AccessLogService: Envoy tells here which attempts came to nothing, retried ones included, which no filter of
// ours ever sees. One call per worker of Envoy, open as long as both live. The error boundary of one message: a bad one is dropped.

import type { RuntimeConfig } from '../config/runtime-config.ts'
import type { Clock } from '../core/clock.ts'
import { TollgateError } from '../core/errors.ts'
import type { Log } from '../core/log.ts'
import { parseRetryAfter } from '../core/parse-retry-after.ts'
import { type GrpcCall, type GrpcCallHandler, grpcStatus } from '../core/transport.ts'
import type { AttemptFailure, CoolDowns } from '../exchange/cool-down.ts'
import { decodeAttemptLog, type LoggedAttempt } from './decode-attempt-log.ts'

export const ATTEMPT_LOG_METHOD = '/envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs'

/** Statuses whose `retry-after` is about the provider. Others have one too, such as 202 or 301. */
const BUSY_STATUSES: ReadonlySet<number> = new Set([429, 503, 529])

export interface AttemptLogDependencies {
  readonly config: () => Pick<RuntimeConfig, 'providers'>
  readonly clock: Clock
  readonly coolDowns: Pick<CoolDowns, 'failed'>
  readonly log: Log
  readonly observer: {
    attemptFailed(failure: AttemptFailure): void
    /** A message could not be read. */
    failed(code: string): void
  }
}

export interface AttemptLog {
  /** The opener for the transport's route of ATTEMPT_LOG_METHOD. */
  open(call: GrpcCall): GrpcCallHandler
  /** Ends every call. They have no end of their own, and closing the server would wait for them; Envoy opens others elsewhere. */
  close(): void
}

export function createAttemptLog({ config, clock, coolDowns, log, observer }: AttemptLogDependencies): AttemptLog {
  const calls = new Set<GrpcCall>()
  let closed = false
  const goodbye = (call: GrpcCall): void => call.end({ code: grpcStatus.unavailable, message: 'Tollgate is stopping.' })

  function take(bytes: Buffer): void {
    const { providers } = config()
    for (const attempt of decodeAttemptLog(bytes)) {
      const failure = readFailure(attempt, clock.now())
      // Names come from Envoy, whose configuration may be older than ours; only ours are counted.
      if (failure === undefined || !providers.has(failure.provider)) continue
      observer.attemptFailed(failure)
      coolDowns.failed(failure)
    }
  }

  return {
    open(call) {
      calls.add(call)
      if (closed) goodbye(call)
      return {
        onMessage: (bytes) => {
          try {
            take(bytes)
          } catch (thrown) {
            const error = TollgateError.from(thrown)
            log.warn({ err: error.cause ?? error }, 'A message of Envoy about failed attempts could not be read.')
            observer.failed(error.code)
          }
        },
        onHalfClose: () => call.end(),
        onClose: () => void calls.delete(call),
      }
    },
    close() {
      closed = true
      for (const call of calls) goodbye(call)
    },
  }
}

function readFailure({ provider, status, failure, headers }: LoggedAttempt, nowMs: number): AttemptFailure | undefined {
  if (provider === undefined) return undefined
  if (failure !== undefined) return { provider, reason: failure, retryAfterMs: undefined }
  if (status === undefined || (status !== 401 && status !== 429 && status < 500)) return undefined
  return { provider, reason: status, retryAfterMs: BUSY_STATUSES.has(status) ? parseRetryAfter(headers, nowMs) : undefined }
}
