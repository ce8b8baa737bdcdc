// Where the counters of budgets live. An admission is one atomic step over all the counters it needs: all of them have room and
// start at once, or none is touched. Amounts are integers 0 … 2^53 - 1; counters stop there. A store on a network answers with promises, memory at once.
// Times are those of the processes: they must agree to a second or so where several share a store. One suite holds all stores to this: test/contract/budget-store.test.ts.

/** A window that slides: what was charged is kept in slices and forgotten slice by slice. */
export interface Slide {
  /** How many slices count, the current one among them. */
  readonly slices: number
  readonly sliceMs: number
  /** The slice of the admission: floor(its time / sliceMs). What is charged later still goes there. */
  readonly slice: number
}

/** One counter of one exchange. */
export interface CounterRef {
  /** Budget, caller and window in one text; printable, at most 1,000 characters. */
  readonly key: string
  /** Milliseconds since 1970 from when on nobody needs the counter: after the end of its window and of every hold in it. It is kept while something is held in it. */
  readonly forgetAtMs: number
  readonly slide?: Slide
}

export interface Claim extends CounterRef {
  /** What is held. */
  readonly amount: number
  /** Admitted only if used + held + amount <= limit. */
  readonly limit: number
  /** Admitted only if used + held <= startAt, before the amount is added. */
  readonly startAt: number
}

export interface CounterCharge extends CounterRef {
  readonly amount: number
}

/** A counter at one moment. */
export interface CounterState {
  /** Charged, provisional charges of holds that ran out included. */
  readonly used: number
  readonly held: number
}

export interface AdmissionRequest {
  /** Of the exchange; ours, unique. */
  readonly id: string
  readonly nowMs: number
  /** The hold becomes a provisional charge then, unless it is renewed or settled. */
  readonly holdUntilMs: number
  /** Different keys; may be empty. */
  readonly claims: readonly Claim[]
}

export interface AdmissionAnswer {
  readonly admitted: boolean
  /** As they were before this admission, in the order of the claims. */
  readonly counters: readonly CounterState[]
}

export interface SettlementRequest {
  readonly id: string
  readonly nowMs: number
  /** What each counter of the exchange is charged instead of its hold; 0 gives the hold back. A counter of the hold that is not named is charged nothing. */
  readonly charges: readonly CounterCharge[]
}

export interface SettlementAnswer {
  /** False when this exchange had been settled before: nothing was done. */
  readonly applied: boolean
  /** After it, in the order of the charges. */
  readonly counters: readonly CounterState[]
}

/** A hold that ran out: what was held is now charged, until its exchange settles after all and replaces that by the difference. */
export interface ExpiredHold {
  readonly id: string
  readonly charges: readonly CounterCharge[]
}

export interface ListedCounter extends CounterState {
  readonly key: string
}

/**
 * Calls fail with a TollgateError `internal`. One that failed because the store was not heard of may have been carried out all the same:
 * settle the exchange then, with what it cost or with nothing. That gives back whatever it held, and what arrives later is refused.
 */
export interface BudgetStore {
  /** Fails for an exchange that has been admitted or settled before. One that was refused may try again. */
  admit(request: AdmissionRequest): AdmissionAnswer | Promise<AdmissionAnswer>
  /**
   * Replaces a hold, or the provisional charge that came of it, by the cost. Once: settling an exchange again does nothing, in whichever
   * process, for at least an hour. An exchange that the store does not know (it lost its memory, or the admission was local) is charged all the same.
   */
  settle(request: SettlementRequest): SettlementAnswer | Promise<SettlementAnswer>
  /** Keeps holds of exchanges that are still under way. Unknown, settled and expired ones are passed over. */
  renew(ids: readonly string[], holdUntilMs: number): void | Promise<void>
  /** Charges the holds that have run out, at most `limit` of them, the longest overdue first. Every hold is given to one caller only. */
  expire(nowMs: number, limit: number): readonly ExpiredHold[] | Promise<readonly ExpiredHold[]>
  /** Counters as they are; zeros for those that do not exist. Changes nothing. */
  read(refs: readonly CounterRef[], nowMs: number): readonly CounterState[] | Promise<readonly CounterState[]>
  /** Counters whose key begins with `prefix`, at most `limit`, in no order. For people: may miss what changes meanwhile. */
  list(prefix: string, options: { readonly nowMs: number; readonly limit: number }): readonly ListedCounter[] | Promise<readonly ListedCounter[]>
  /** True for the first who asks for this name within `ttlMs`, over all processes of the store. */
  first(name: string, options: { readonly nowMs: number; readonly ttlMs: number }): boolean | Promise<boolean>
  /** Whether it answers now. */
  ready(): Promise<boolean>
  close(): Promise<void>
}
