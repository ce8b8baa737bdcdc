// Failures of counters that say more than that something failed.

import { TollgateError } from '../core/errors.ts'

/** The call has certainly changed nothing that counts: it never left this process, or the store refused it. */
export class NotDoneError extends TollgateError {
  constructor(message: string, cause?: unknown) {
    super('internal', message, cause === undefined ? {} : { cause })
  }
}

/** The store knows the exchange already: what it holds, or that it is settled. Nothing was changed. */
export class AdmittedBeforeError extends TollgateError {
  constructor(id: string) {
    super('internal', `the admission failed: the exchange ${id} has been admitted before`)
  }
}
