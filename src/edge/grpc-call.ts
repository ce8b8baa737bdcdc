// One gRPC call of grpc-js as our services see it. It sits in the place of an interceptor, below the stream objects that grpc-js
// would make for a handler: they cost a tenth of a call and hide how much is still to be sent.

import { type Metadata, ServerInterceptingCall, type ServerInterceptingCallInterface } from '@grpc/grpc-js'
import { endIfUnread, type GrpcCall, type GrpcCallHandler, type GrpcEnd, type GrpcOpener, grpcStatus, type GrpcTransportOptions, guardHandler } from '../core/transport.ts'

// grpc-js does not export this interface by name.
type Listener = Parameters<ServerInterceptingCallInterface['start']>[0]

export interface GrpcCallOptions extends Pick<GrpcTransportOptions, 'log' | 'maxQueuedBytes'> {
  readonly path: string
  readonly wire: ServerInterceptingCallInterface
  readonly open: GrpcOpener
}

/** Takes a call over from grpc-js, whose own handler never sees it. */
export class TakenOverCall extends ServerInterceptingCall {
  readonly #options: GrpcCallOptions

  constructor(options: GrpcCallOptions) {
    super(options.wire)
    this.#options = options
  }

  override start(): void {
    this.#options.wire.start(new CallDriver(this.#options))
  }
}

class CallDriver implements GrpcCall, Listener {
  readonly path: string
  readonly #wire: ServerInterceptingCallInterface
  readonly #options: GrpcCallOptions
  #metadata: Metadata | undefined
  /** Undefined until the service has opened the call, and for good if that failed. */
  #handler: GrpcCallHandler | undefined
  /** Sent by us, not yet taken by the connection. */
  #queuedBytes = 0
  /** We have ended the call: nothing more is sent, and of what comes only the end is passed on. */
  #ended = false
  #closed = false
  /** A message that is there already is delivered inside startRead(), as happens behind a compressed one; these two make that a loop, not a recursion. */
  #reading = false
  #wantsMore = false

  constructor(options: GrpcCallOptions) {
    this.path = options.path
    this.#wire = options.wire
    this.#options = options
  }

  metadata(name: string): string | undefined {
    const value = this.#metadata?.get(name)[0]
    return typeof value === 'string' ? value : undefined
  }

  send(message: Uint8Array): void {
    if (this.#ended || this.#closed) return
    const bytes = message.length
    if (endIfUnread(this, this.#options, this.#queuedBytes, bytes)) return
    this.#queuedBytes += bytes
    this.#wire.sendMessage(message, () => {
      this.#queuedBytes -= bytes
    })
  }

  end(status: GrpcEnd = { code: grpcStatus.ok, message: '' }): void {
    if (this.#ended || this.#closed) return
    this.#ended = true
    // grpc-js puts the text through encodeURI, which throws on half a surrogate pair; through a Buffer it becomes U+FFFD.
    this.#wire.sendStatus({ code: status.code, details: Buffer.from(status.message).toString() })
  }

  onReceiveMetadata(metadata: Metadata): void {
    this.#metadata = metadata
    this.#guard(() => {
      this.#handler = this.#options.open(this)
    })
    this.#read()
  }

  onReceiveMessage(message: Buffer): void {
    if (!this.#ended) this.#guard(() => this.#handler?.onMessage(message))
    this.#read()
  }

  onReceiveHalfClose(): void {
    if (!this.#ended) this.#guard(() => this.#handler?.onHalfClose())
  }

  /** grpc-js says so once at the end of every call, however it ended. */
  onCancel(): void {
    if (this.#closed) return
    this.#closed = true
    this.#guard(() => this.#handler?.onClose())
  }

  #read(): void {
    this.#wantsMore = true
    if (this.#reading) return
    this.#reading = true
    while (this.#wantsMore) {
      this.#wantsMore = false
      this.#wire.startRead()
    }
    this.#reading = false
  }

  #guard(step: () => void): void {
    guardHandler(this, this.#options.log, step)
  }
}
