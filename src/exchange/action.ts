// What a step wants done to the message it was shown, in HTTP terms. `extproc/encode.ts` turns it into Envoy's.

/** Values for dynamic metadata: namespace → key → value. Later writes to the same key win. */
export type MetadataValue = string | number | boolean | readonly MetadataValue[] | { readonly [key: string]: MetadataValue }
export type Metadata = Readonly<Record<string, Readonly<Record<string, MetadataValue>>>>

export interface HeaderChanges {
  /** Lower-case name → value; replaces what is there. */
  readonly set?: Readonly<Record<string, string>>
  readonly remove?: readonly string[]
}

/** How the rest of the answer is to be delivered to us. `none`: we do not need to see it. */
export type BodyDelivery = 'buffered' | 'streamed' | 'none'

export type Action =
  /** Let the message pass, with these changes. */
  | {
      readonly kind: 'pass'
      readonly headers?: HeaderChanges
      /** Replaces the body of a body message. */
      readonly body?: Buffer
      readonly metadata?: Metadata
      /** Request side only: choose the route anew, with what was just written. */
      readonly reroute?: boolean
      /** Only in answer to response headers. */
      readonly delivery?: BodyDelivery
    }
  /** In answer to response headers that come without a body: give the answer this body. */
  | { readonly kind: 'fill'; readonly headers: HeaderChanges; readonly body: Buffer; readonly metadata?: Metadata }
  /** Answer the client now; the request goes no further. */
  | { readonly kind: 'reply'; readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: Buffer; readonly metadata?: Metadata; readonly details: string }

export type PassAction = Extract<Action, { kind: 'pass' }>
