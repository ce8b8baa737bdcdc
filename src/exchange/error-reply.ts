// An error of ours as the answer to the client.

import type { TollgateError } from '../core/errors.ts'
import { errorBody } from '../formats/error-body.ts'
import type { ErrorStyle } from '../formats/format.ts'
import type { Action } from './action.ts'

/** What the response code details begin with when the attempt stage has answered. */
export const ATTEMPT_REPLY = 'tollgate_attempt_'

/** `stage` becomes part of Envoy's response code details, which its access log can show: `tollgate_…` or `tollgate_attempt_…`. */
export function errorReply(style: ErrorStyle, error: TollgateError, stage: 'tollgate' | 'tollgate_attempt'): Extract<Action, { kind: 'reply' }> {
  return {
    kind: 'reply',
    status: error.httpStatus,
    headers: { 'content-type': 'application/json', ...error.headers },
    body: errorBody(style, error),
    details: `${stage}_${error.code}`,
  }
}
