// The part of envoy.service.ext_proc.v3 that a stage reads, as plain values. extproc/decode.ts makes them from bytes.

import type { Headers } from '../core/headers.ts'

/** A leaf of a google.protobuf.Struct after decoding. */
export type StructValue = string | number | boolean | null | StructValue[] | { [key: string]: StructValue }

export interface MessageContext {
  /** Attributes asked for in the filter config: exact attribute text → value as text. Sent once per direction; empty otherwise. */
  readonly attributes: ReadonlyMap<string, string>
  /** Decodes and returns one namespace of the forwarded dynamic metadata; undefined when it was not forwarded. Lazy, because most messages need none. */
  metadata(namespace: string): { readonly [key: string]: StructValue } | undefined
}

export type ProcessingMessage =
  | {
      readonly kind: 'request_headers' | 'response_headers'
      readonly headers: Headers
      readonly endOfStream: boolean
      /** Envoy's filter is configured to send the request's body too (protocol_config of the first message; true when it does not say). */
      readonly bodyFollows: boolean
      readonly context: MessageContext
    }
  | { readonly kind: 'request_body' | 'response_body'; readonly body: Buffer; readonly endOfStream: boolean; readonly context: MessageContext }
  | { readonly kind: 'request_trailers' | 'response_trailers'; readonly context: MessageContext }
  /** A oneof case this version does not know: cannot be answered correctly, so the call ends with an error. */
  | { readonly kind: 'unknown'; readonly context: MessageContext }

export type MessageKind = Exclude<ProcessingMessage['kind'], 'unknown'>
