// Error objects in the words of the client's own API, so that its SDK raises the error it knows.
// Sources: platform.openai.com, "Error codes"; docs.anthropic.com, "Errors".

import { type ErrorKind, errorKinds, type TollgateError } from '../core/errors.ts'
import type { ErrorStyle } from './format.ts'

/** An error that was not ours to decide, such as Envoy's own 413. */
export interface PlainError {
  /** HTTP status; the type follows from it. */
  readonly status: number
  /** Public text. */
  readonly message: string
  /** Replaces the type that follows from the status. */
  readonly type?: string
  /** OpenAI's `error.code`; Anthropic's errors have none. */
  readonly code?: string
}

/** JSON in UTF-8 that tells `error` to a client of this style. */
export function errorBody(style: ErrorStyle, error: TollgateError): Buffer {
  const kind: ErrorKind = errorKinds[error.code]
  const type = style === 'anthropic' ? kind.anthropicType : kind.openaiType
  return encode(style, { type, message: error.message, param: error.param, code: kind.openaiCode, details: error.param === 'thread' ? noThreadDetails : undefined })
}

/** JSON in UTF-8 for an error of Envoy or of the network. */
export function errorBodyFor(style: ErrorStyle, { status, message, type, code }: PlainError): Buffer {
  const typeOfStatus = style === 'anthropic' ? anthropicType(status) : openaiType(status)
  return encode(style, { type: type ?? typeOfStatus, message, param: undefined, code })
}

// What Anthropic's SDK looks at before it goes on without a thread (docs.anthropic.com, "Message threads").
const noThreadDetails = { error_code: 'thread_unsupported_request' }

interface ErrorParts {
  readonly type: string
  readonly message: string
  readonly param: string | undefined
  readonly code: string | undefined
  /** Anthropic's `error.details`. */
  readonly details?: object | undefined
}

function encode(style: ErrorStyle, { type, message, param, code, details }: ErrorParts): Buffer {
  const value = style === 'anthropic' ? { type: 'error', error: { type, message, ...(details === undefined ? {} : { details }) } } : { error: { message, type, param: param ?? null, code: code ?? null } }
  return Buffer.from(JSON.stringify(value))
}

function openaiType(status: number): string {
  if (status === 429) return 'rate_limit_error'
  return status < 500 ? 'invalid_request_error' : 'server_error'
}

const anthropicTypes: ReadonlyMap<number, string> = new Map([
  [401, 'authentication_error'],
  [403, 'permission_error'],
  [404, 'not_found_error'],
  [413, 'request_too_large'],
  [429, 'rate_limit_error'],
  [504, 'timeout_error'],
  [529, 'overloaded_error'],
])

function anthropicType(status: number): string {
  return anthropicTypes.get(status) ?? (status < 500 ? 'invalid_request_error' : 'api_error')
}
