// The narrow waist between our services and whatever speaks gRPC to Envoy. Nothing above it knows HTTP/2,
// nothing below it knows ext_proc, so a faster transport can replace grpc-js without touching a service.

import type { Duplex } from 'node:stream'
import type { Log } from './log.ts'

/** What speaks gRPC to Envoy: the library of that name, or our own HTTP/2 on the socket (src/http2). */
export const transportNames = ['grpc-js', 'direct'] as const
export type TransportName = (typeof transportNames)[number]

/** gRPC status codes we use (grpc.io, "Status codes and their use in gRPC"). */
export const grpcStatus = { ok: 0, unknown: 2, invalidArgument: 3, deadlineExceeded: 4, notFound: 5, resourceExhausted: 8, unimplemented: 12, internal: 13, unavailable: 14 } as const

export interface GrpcEnd {
  readonly code: number
  /** Goes over the wire: no secrets, no causes. */
  readonly message: string
}

/** The call as a service sees it: one call of one method, streaming or unary alike. */
export interface GrpcCall {
  /** Full method path, `/package.Service/Method`. */
  readonly path: string
  /** First value of a request metadata entry (lower-case name), or undefined. */
  metadata(name: string): string | undefined
  /** Sends one message; unary methods send exactly one. Ignored after `end` or after the peer has gone. */
  send(message: Uint8Array): void
  /** Ends the call, once; without an argument with status OK. Later calls are ignored. */
  end(status?: GrpcEnd): void
}

/** What a service does with a call. Callbacks of one call never overlap; `onClose` is last and comes exactly once. */
export interface GrpcCallHandler {
  /** One whole request message. The bytes are the handler's to keep. */
  onMessage(message: Buffer): void
  /** The peer has half-closed: no more messages will come. A call that the peer cancels may look like this first. */
  onHalfClose(): void
  /** The call is over, by either side or by a lost connection. */
  onClose(): void
}

/** How a service takes a call. */
export type GrpcOpener = (call: GrpcCall) => GrpcCallHandler

/** Method path → opener. Services are plain objects of this shape; the transport routes by path and answers UNIMPLEMENTED otherwise. */
export type GrpcRoutes = ReadonlyMap<string, GrpcOpener>

export interface GrpcServer {
  /** The address that was bound, with the real port when 0 was asked for. */
  readonly address: string
  /** Stops accepting, lets calls in flight finish until `graceMs` is over, then cancels them. */
  close(graceMs: number): Promise<void>
}

export interface GrpcTransportOptions {
  readonly routes: GrpcRoutes
  /** Largest message that is accepted, in bytes; a call with a larger one ends with RESOURCE_EXHAUSTED. */
  readonly maxMessageBytes: number
  /** Bytes of one call that may wait for the peer to read them; beyond, the call ends with RESOURCE_EXHAUSTED. */
  readonly maxQueuedBytes: number
  readonly log: Log
}

/** What speaks gRPC on connections that somebody else has accepted. */
export interface GrpcTransport {
  accept(connection: Duplex): void
  /** Takes no new calls; each connection is closed when its last call is over. What is left after `graceMs` may be cut. */
  drain(graceMs: number): void
}

/** Lets a handler do something: what it throws ends its own call and nothing else. */
export function guardHandler(call: GrpcCall, log: Log, step: () => void): void {
  try {
    step()
  } catch (err) {
    log.error({ path: call.path, err }, 'A gRPC handler failed.')
    call.end({ code: grpcStatus.internal, message: 'The call could not be processed. The log has the cause.' })
  }
}

/**
 * Ends a call if `bytes` more than the `queuedBytes` that wait already are too many to wait for a peer that does not read. Returns whether it did.
 * One message may always wait, however large.
 */
export function endIfUnread(call: GrpcCall, { log, maxQueuedBytes }: Pick<GrpcTransportOptions, 'log' | 'maxQueuedBytes'>, queuedBytes: number, bytes: number): boolean {
  if (queuedBytes === 0 || queuedBytes + bytes <= maxQueuedBytes) return false
  log.warn({ path: call.path, queued_bytes: queuedBytes }, 'A gRPC peer does not read its answers; its call was ended.')
  call.end({ code: grpcStatus.resourceExhausted, message: 'Too many bytes wait to be read.' })
  return true
}
