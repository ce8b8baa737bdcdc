// Why a request that could be made would be allowed, denied or downgraded: all that a real one goes through until a provider would be called, by
// counters that are only read. Nothing is held, learned, drawn or logged.

import type { Budgets } from '../budgets/budgets.ts'
import type { BudgetSubject } from '../budgets/match-budget.ts'
import { anonymousCaller, type Caller } from '../callers/caller.ts'
import { identifyCaller } from '../callers/identify-caller.ts'
import { refuseAmbiguous } from '../callers/refuse-ambiguous.ts'
import type { RuntimeConfig } from '../config/runtime-config.ts'
import { type ErrorCode, TollgateError } from '../core/errors.ts'
import { Headers } from '../core/headers.ts'
import { admitRequest } from './admit-request.ts'
import type { ExchangeDependencies } from './dependencies.ts'
import { isoTime } from './explain-budget.ts'
import { explainDecision, explainUndecided } from './explain-decision.ts'
import type { Explanation } from './explanation.ts'
import { readRequest, refuseTooLarge, type RequestInput } from './prepare-request.ts'
import { type Endpoint, selectEndpoint } from './select-endpoint.ts'

/** A request that somebody asks about. */
export interface ExplainQuestion {
  /** With its query. */
  readonly path: string
  /** Lower-case name → value. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Attributes of the caller, who then may use every model; undefined: whoever the headers say. */
  readonly caller: Readonly<Record<string, string>> | undefined
}

export type RehearsalDependencies = Pick<ExchangeDependencies, 'config' | 'clock' | 'coolDowns' | 'credentials' | 'callerKeys' | 'budgets' | 'estimator'>

interface Rehearsal {
  readonly question: ExplainQuestion
  readonly endpoint: Extract<Endpoint, { readonly kind: 'format' }>
  readonly config: RuntimeConfig
  readonly atMs: number
  /** How far it got: for what is refused on the way. */
  caller: Caller
  subject: BudgetSubject | undefined
}

/** These say something about this gateway now, not about the request. */
const OUR_FAILURES: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['internal', 'budgets_unavailable', 'callers_unavailable'])

/** Rejects with TollgateError: `malformed_request` for a question that makes no sense, naming the field; and when the counters or the keys cannot be asked. */
export async function explainRequest(question: ExplainQuestion, dependencies: RehearsalDependencies): Promise<Explanation> {
  const rehearsal: Rehearsal = { question, endpoint: selectFormat(question.path), config: dependencies.config(), atMs: dependencies.clock.now(), caller: anonymousCaller, subject: undefined }
  const start = { time: isoTime(rehearsal.atMs), format: rehearsal.endpoint.format.name }
  refuseUnknownAttributes(question, rehearsal.config)
  try {
    return { ...start, ...(await rehearse(rehearsal, dependencies)) }
  } catch (thrown) {
    const { code, message } = TollgateError.from(thrown)
    if (OUR_FAILURES.has(code)) throw thrown
    const models = rehearsal.subject === undefined ? [] : [explainUndecided(rehearsal.subject, 'refused', { ...rehearsal, leftOut: [], isRehearsal: true })]
    return { ...start, decision: 'refused', error: { code, message }, caller: Object.fromEntries(rehearsal.caller.attributes), models }
  }
}

async function rehearse(rehearsal: Rehearsal, dependencies: RehearsalDependencies): Promise<Omit<Explanation, 'time'>> {
  const { question, endpoint, config, atMs } = rehearsal
  const body = Buffer.from(question.body)
  const headers = headersOf(question, body)
  rehearsal.caller = await findCaller(rehearsal, headers, dependencies)
  refuseAmbiguous(config, rehearsal.caller)
  refuseTooLarge(headers, config.envoy.maxBodyBytes)
  const { credentials, coolDowns, estimator } = dependencies
  const { attributes } = rehearsal.caller
  // Where a provider would be drawn by weight, it is the first of them here.
  const input: RequestInput = { ...endpoint, config, exchangeId: 'rehearsal', headers, caller: rehearsal.caller, body, credentials, coolDowns, random: () => 0 }
  const { model, route } = readRequest(input)
  rehearsal.subject = { attributes, clientModel: model.clientModel, providers: model.chain.map(({ provider }) => provider.name), route }
  const decided = await admitRequest(input, { budgets: rehearsedBudgets(rehearsal, dependencies), estimator, atMs, gone: () => new AbortController().signal })
  if (decided.kind === 'denied') return explainDecision(decided, { ...rehearsal, leftOut: [], isRehearsal: true })
  const { admission, request } = decided
  const context = { ...rehearsal, leftOut: request.leftOut, isRehearsal: true }
  if (admission !== undefined) return explainDecision(admission, context)
  const subject = { attributes, clientModel: request.clientModel, providers: request.chain.map(({ provider }) => provider.name), route }
  return { decision: 'admitted', caller: Object.fromEntries(attributes), models: [explainUndecided(subject, 'admitted', context)] }
}

function rehearsedBudgets(rehearsal: Rehearsal, { budgets }: RehearsalDependencies): Pick<Budgets, 'admit' | 'settle'> {
  return {
    admit(input) {
      rehearsal.subject = input.candidate(0)
      return budgets.rehearse(input)
    },
    // Nothing was held.
    settle: () => ({ charges: [], standings: [] }),
  }
}

function selectFormat(path: string): Rehearsal['endpoint'] {
  try {
    const endpoint = selectEndpoint('POST', path)
    if (endpoint.kind === 'format') return endpoint
    throw new TollgateError('unknown_path', 'Tollgate answers it by itself.')
  } catch (thrown) {
    throw new TollgateError('malformed_request', `path: ${TollgateError.from(thrown).message}`)
  }
}

function headersOf({ path, headers }: ExplainQuestion, body: Buffer): Headers {
  return Headers.from({ 'content-type': 'application/json', ...headers, 'content-length': String(body.length), ':method': 'POST', ':path': path })
}

// What Envoy verifies, tokens and certificates, is not there: only a client's own words are.
function findCaller({ question, config, atMs }: Rehearsal, headers: Headers, { callerKeys: keys }: RehearsalDependencies): Caller | Promise<Caller> {
  if (question.caller !== undefined) return { attributes: new Map(Object.entries(question.caller)), allowLists: [] }
  return identifyCaller(config.callers, { headers, attributes: new Map(), metadata: () => undefined }, { keys, nowMs: atMs })
}

/** A typing error would be a caller whom nothing counts. */
function refuseUnknownAttributes({ caller = {} }: ExplainQuestion, { callers }: RuntimeConfig): void {
  const known = new Set(callers.flatMap(({ attributes }) => [...attributes.keys()]))
  const unknown = Object.keys(caller).find((attribute) => !known.has(attribute))
  if (unknown === undefined) return
  const names = known.size === 0 ? 'the configuration has no callers' : `there are ${[...known].join(', ')}`
  throw new TollgateError('malformed_request', `caller.${unknown}: no source of callers has this attribute; ${names}.`)
}
