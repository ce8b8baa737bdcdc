// Which models a caller may use: lists of names in which `*` stands for any characters.

import { TollgateError } from '../core/errors.ts'
import { memoize } from '../core/memoize.ts'
import { createPattern } from '../core/star-pattern.ts'
import type { Caller } from './caller.ts'

/** True when every allow-list of the caller has a pattern for the model, by its canonical name. */
export function mayUseModel(caller: Caller, clientModel: string): boolean {
  return caller.allowLists.every((patterns) => compilePatterns(patterns).some((matches) => matches(clientModel)))
}

/** Throws TollgateError `model_not_allowed` for a model that the caller may not use. */
export function refuseModel(caller: Caller, clientModel: string): void {
  if (mayUseModel(caller, clientModel)) return
  throw new TollgateError('model_not_allowed', `You may not use the model ${JSON.stringify(clientModel)}. GET /v1/models lists those that you may.`, { param: 'model' })
}

// Lists come from configuration and key records, which are replaced and never changed.
const compilePatterns = memoize((patterns: readonly string[]) => patterns.map(createPattern))
