// A call of the counters that never left this process: it has certainly done nothing.

import { TollgateError } from '../core/errors.ts'

export class NotAskedError extends TollgateError {
  constructor(message: string) {
    super('internal', message)
  }
}
