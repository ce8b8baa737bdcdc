// Budgets that another process counts: every call is a question to it. What it does not answer in time has failed, as with any store.

import type {
  AdmissionAnswer,
  AdmissionRequest,
  BudgetStore,
  CounterRef,
  CounterState,
  ExpiredHold,
  ListedCounter,
  SettlementAnswer,
  SettlementRequest,
} from './budget-store.ts'
import { chargeFor, refOf } from './claim.ts'

/** A call of a BudgetStore as plain JSON. */
export type StoreQuestion =
  | readonly ['admit', AdmissionRequest]
  | readonly ['settle', SettlementRequest]
  | readonly ['renew', readonly string[], number]
  | readonly ['expire', number, number]
  | readonly ['read', readonly CounterRef[], number]
  | readonly ['list', string, { readonly nowMs: number; readonly limit: number }]
  | readonly ['first', string, { readonly nowMs: number; readonly ttlMs: number }]
  | readonly ['ready']

export interface RemoteStoreOptions {
  /** Resolves to what answerStore made of the question. Rejects when no answer comes in time. */
  readonly ask: (question: StoreQuestion) => Promise<unknown>
}

export function createRemoteBudgetStore({ ask }: RemoteStoreOptions): BudgetStore {
  // The answer has the type of the call: answerStore is its other end, in a process of the same program.
  const call = async <Answer>(...question: StoreQuestion): Promise<Answer> => (await ask(question)) as Answer
  return {
    admit: ({ claims, ...request }) => call<AdmissionAnswer>('admit', { ...request, claims: claims.map((claim) => ({ ...chargeFor(claim), limit: claim.limit, startAt: claim.startAt })) }),
    settle: ({ charges, ...request }) => call<SettlementAnswer>('settle', { ...request, charges: charges.map(chargeFor) }),
    renew: async (ids, holdUntilMs) => {
      await call('renew', ids, holdUntilMs)
    },
    expire: (nowMs, limit) => call<readonly ExpiredHold[]>('expire', nowMs, limit),
    read: (refs, nowMs) => call<readonly CounterState[]>('read', refs.map(refOf), nowMs),
    list: (prefix, options) => call<readonly ListedCounter[]>('list', prefix, options),
    first: (name, options) => call<boolean>('first', name, options),
    ready: () => call<boolean>('ready').catch(() => false),
    // The counters belong to the other process.
    close: () => Promise.resolve(),
  }
}

/** The other end: what `store` says to a question. Throws or rejects as it does. */
export function answerStore(store: BudgetStore, question: StoreQuestion): unknown {
  switch (question[0]) {
    case 'admit':
      return store.admit(question[1])
    case 'settle':
      return store.settle(question[1])
    case 'renew':
      return store.renew(question[1], question[2])
    case 'expire':
      return store.expire(question[1], question[2])
    case 'read':
      return store.read(question[1], question[2])
    case 'list':
      return store.list(question[1], question[2])
    case 'first':
      return store.first(question[1], question[2])
    case 'ready':
      return store.ready()
  }
}
