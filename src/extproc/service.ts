// envoy.service.ext_proc.v3.ExternalProcessor: one call per stage of one request. This is the error boundary of an exchange:
// what a step throws ends here, as an answer to the client or as an error to Envoy, and never touches another exchange.

import { TollgateError } from '../core/errors.ts'
import type { Log } from '../core/log.ts'
import { type GrpcCall, type GrpcCallHandler, grpcStatus } from '../core/transport.ts'
import type { Action } from '../exchange/action.ts'
import { Attempt } from '../exchange/attempt.ts'
import type { ExchangeDependencies } from '../exchange/dependencies.ts'
import { Exchange } from '../exchange/exchange.ts'
import type { Stage } from '../exchange/stage.ts'
import { decodeProcessingRequest } from './decode.ts'
import { encodeAction } from './encode.ts'
import type { MessageKind, ProcessingMessage } from '../exchange/messages.ts'

export const EXTPROC_METHOD = '/envoy.service.ext_proc.v3.ExternalProcessor/Process'
/** Which of the two stages a call belongs to; rendered into Envoy's grpc_service.initial_metadata. Absent: the request stage. */
const STAGE_METADATA = 'x-tollgate-stage'

export interface ExtProcObserver {
  opened(stage: StageName): void
  closed(stage: StageName): void
  message(kind: ProcessingMessage['kind'], stage: StageName): void
  /** Something that should not happen did; the log has it. */
  failed(stage: StageName, code: string): void
}
export type StageName = 'request' | 'attempt'

export interface ExtProcDependencies extends ExchangeDependencies {
  readonly log: Log
  readonly extprocObserver: ExtProcObserver
}

/** The opener for the transport's route of EXTPROC_METHOD. */
export function createExtProcService(dependencies: ExtProcDependencies): (call: GrpcCall) => GrpcCallHandler {
  return (call) => {
    const name: StageName = call.metadata(STAGE_METADATA) === 'attempt' ? 'attempt' : 'request'
    dependencies.extprocObserver.opened(name)
    const stage = name === 'attempt' ? new Attempt(dependencies) : new Exchange(dependencies)
    return new StageDriver({ call, stage, name, dependencies })
  }
}

/** Feeds one stage with the messages of one call, strictly one after the other: a reply may have to wait for a decompressor. */
class StageDriver implements GrpcCallHandler {
  readonly #call: GrpcCall
  readonly #stage: Stage
  readonly #name: StageName
  readonly #dependencies: ExtProcDependencies
  /** Messages that came while a reply was being made. Envoy bounds it: at most its own write buffer of one stream. */
  #waiting: Buffer[] | undefined
  #over = false

  constructor({ call, stage, name, dependencies }: { call: GrpcCall; stage: Stage; name: StageName; dependencies: ExtProcDependencies }) {
    this.#call = call
    this.#stage = stage
    this.#name = name
    this.#dependencies = dependencies
  }

  onMessage(bytes: Buffer): void {
    if (this.#waiting === undefined) this.#process(bytes)
    else this.#waiting.push(bytes)
  }

  // Envoy half-closes only when the exchange is over for it; it does not wait for us.
  onHalfClose(): void {
    this.#end()
  }

  onClose(): void {
    this.#over = true
    this.#stage.closed()
    this.#dependencies.extprocObserver.closed(this.#name)
  }

  #process(bytes: Buffer): void {
    if (this.#over) return
    let kind: MessageKind | undefined
    try {
      const message = decodeProcessingRequest(bytes)
      this.#dependencies.extprocObserver.message(message.kind, this.#name)
      if (message.kind !== 'unknown') kind = message.kind
      const action = this.#stage.receive(message)
      if (action instanceof Promise) this.#await(action, message)
      else this.#answer(action, kind)
    } catch (thrown) {
      this.#fail(thrown, kind)
    }
  }

  #await(pending: Promise<Action>, message: ProcessingMessage): void {
    this.#waiting = []
    const kind = message.kind === 'unknown' ? undefined : message.kind
    pending.then(
      (action) => this.#answer(action, kind),
      (thrown: unknown) => this.#fail(thrown, kind),
    ).finally(() => {
      const waiting = this.#waiting ?? []
      this.#waiting = undefined
      for (const bytes of waiting) this.onMessage(bytes)
    }).catch((thrown: unknown) => this.#fail(thrown, kind))
  }

  #answer(action: Action, kind: MessageKind | undefined): void {
    if (this.#over || kind === undefined) return
    this.#call.send(encodeAction(kind, action))
    if (this.#stage.done) this.#end()
  }

  #fail(thrown: unknown, kind: MessageKind | undefined): void {
    const error = TollgateError.from(thrown)
    const { log, extprocObserver } = this.#dependencies
    if (error.code === 'internal' || (this.#name === 'attempt' && error.httpStatus >= 500)) {
      log.error({ stage: this.#name, message: kind, err: error.cause ?? error }, 'An exchange failed.')
      extprocObserver.failed(this.#name, error.code)
    }
    const action = kind === undefined ? undefined : this.#stage.failed(error)
    if (action !== undefined) this.#answer(action, kind)
    // Never a clean end here: Envoy would let the request through unprocessed.
    else this.#end({ code: grpcStatus.internal, message: 'Tollgate could not process this message.' })
  }

  #end(status?: { code: number; message: string }): void {
    if (this.#over) return
    this.#over = true
    this.#call.end(status)
  }
}
