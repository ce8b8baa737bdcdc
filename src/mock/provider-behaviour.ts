// What differs between the providers that the mock plays: endpoints, how they check a key, how their errors look.

import type { MockHeaders } from './instructions.ts'
import type { JsonObject } from './json-object.ts'
import type { AnswerContext, MockAnswer } from './mock-answer.ts'

/** How an endpoint takes its body: JSON with a model, a form with a model and a file, or nothing. */
export type Endpoint =
  | {
      readonly kind: 'json'
      readonly method: 'POST'
      readonly answer: (context: AnswerContext) => MockAnswer
      /** What is wrong with the body by the provider's published schema, in its own words; undefined when nothing is. */
      readonly check?: (body: JsonObject) => string | undefined
    }
  | {
      readonly kind: 'form'
      readonly method: 'POST'
      readonly answer: (context: AnswerContext, fields: ReadonlyMap<string, string>, fileBytes: number) => MockAnswer
    }
  | { readonly kind: 'list'; readonly method: 'GET'; readonly answer: (models: readonly string[], createdSeconds: number) => unknown }

/** What a signature covers besides the headers. */
export interface SignedRequest {
  readonly method: string
  /** As it came, still encoded; without the query. */
  readonly path: string
  /** Without the question mark; '' for none. */
  readonly query: string
  readonly body: Buffer
}

export interface HeaderRefusal {
  readonly status: number
  readonly message: string
  /** The provider's name of the error, where the status does not tell it. */
  readonly type?: string
}

export interface ProviderBehaviour {
  /** Path without query → endpoint. */
  readonly endpoints: ReadonlyMap<string, Endpoint>
  /** For APIs that have the model in the path: what the path asks for, and of whom. Undefined for every other path. */
  readonly findEndpoint?: (path: string, query: string) => { readonly endpoint: Endpoint; readonly model: string } | undefined
  /** Names for the list of models, unless the test has its own. */
  readonly models?: readonly string[]
  /** Response header with the request's id, as the real one names it. */
  readonly requestIdHeader: string
  /** What is wrong with the request's headers; `apiKey` undefined means that any key will do. */
  checkHeaders(headers: MockHeaders, apiKey: string | undefined, request: SignedRequest): HeaderRefusal | undefined
  /** The body of an error answer, as JSON. */
  errorBody(status: number, message: string, requestId: string): unknown
  /** Response headers of an error answer; `type` as in HeaderRefusal. */
  readonly errorHeaders?: (status: number, type: string | undefined) => Readonly<Record<string, string>>
}
