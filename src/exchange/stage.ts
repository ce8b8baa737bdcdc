// What the two stages have in common, as the service that drives them sees it.

import type { ProcessingMessage } from './messages.ts'
import type { Action } from './action.ts'

export interface Stage {
  /** True once the last reply has been given: the call can end. */
  readonly done: boolean
  /** Exactly one action per message, in order. Throws (or rejects) for everything that has gone wrong. */
  receive(message: ProcessingMessage): Action | Promise<Action>
  /** What to answer when `receive` has thrown; undefined: nothing safe can be said, end the call with an error. */
  failed(thrown: unknown): Action | undefined
  /** The call is over, by whatever side. */
  closed(): void
}
