// `POST /explain`: what would become of a request. `GET /explain?id=…`: why an exchange that is over became what it did.

import { TollgateError } from '../core/errors.ts'
import { isObject } from '../core/is-object.ts'
import type { ExplainQuestion } from '../exchange/explain-request.ts'
import type { Explainer } from '../exchange/explainer.ts'
import { type AdminAnswer, type AdminPage, jsonAnswer, problemAnswer } from './admin-page.ts'

export type { Explanation, ExplainedBudget, ExplainedCharge, ExplainedEnd, ExplainedModel, ExplainedPrice, MissedBudget } from '../exchange/explanation.ts'

const DEFAULT_PATH = '/v1/chat/completions'
const FIELDS = ['path', 'headers', 'body', 'caller']

/** Nothing is changed by either, so both are for readers. */
export function createExplainPage(explainer: Explainer): AdminPage {
  return {
    access: 'read',
    GET: ({ query }) => showExchange(explainer, query),
    POST: async ({ body }) => jsonAnswer(await explainer.explain(parseQuestion(body))),
  }
}

async function showExchange(explainer: Explainer, query: URLSearchParams): Promise<AdminAnswer> {
  const id = query.get('id')?.trim() ?? ''
  const other = [...query.keys()].find((name) => name !== 'id')
  if (id === '' || other !== undefined) throw wrong(other ?? 'id', 'GET /explain takes the id of an exchange as ?id=…; POST asks about a request')
  const found = await explainer.find(id)
  if (found.explanation !== null) return jsonAnswer(found.explanation)
  return problemAnswer({
    status: 404,
    code: 'unknown_exchange',
    message: `The exchange ${JSON.stringify(id.slice(0, 100))} is not known here. All that have ended since ${found.since} are; it may have ended before, be under way still, or have been served by another Tollgate. The log has every exchange (exchange_id), and so has the ledger (GET /ledger?id=…).`,
  })
}

/** Throws TollgateError `malformed_request`, which names the field. */
function parseQuestion(value: unknown): ExplainQuestion {
  if (!isObject(value)) throw new TollgateError('malformed_request', 'Send a JSON object such as {"caller": {"user": "alice"}, "body": {"model": "gpt-4o", "messages": []}}.')
  const unknown = Object.keys(value).find((name) => !FIELDS.includes(name))
  if (unknown !== undefined) throw wrong(unknown, `there is no such field; there are: ${FIELDS.join(', ')}`)
  const { path = DEFAULT_PATH, headers = {}, body, caller } = value
  if (typeof path !== 'string') throw wrong('path', `write a path that clients use, such as ${DEFAULT_PATH}`)
  if (body === undefined) throw wrong('body', "the client's request body is missing: an object, or the text of it")
  if (!isObject(body) && typeof body !== 'string') throw wrong('body', "write the client's request body, as an object or as text")
  return { path, headers: parseHeaders(headers), body: typeof body === 'string' ? body : JSON.stringify(body), caller: caller === undefined ? undefined : parseCaller(caller) }
}

function parseHeaders(value: unknown): Readonly<Record<string, string>> {
  if (!isObject(value)) throw wrong('headers', 'write an object of names and values')
  return Object.fromEntries(
    Object.entries(value).map(([name, text]) => {
      if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) throw wrong(`headers.${name}`, 'this is no name of a header')
      if (typeof text !== 'string') throw wrong(`headers.${name}`, 'its value must be a text')
      return [name.toLowerCase(), text]
    }),
  )
}

function parseCaller(value: unknown): Readonly<Record<string, string>> {
  if (!isObject(value)) throw wrong('caller', 'write an object of attributes and their values, such as {"user": "alice"}')
  return Object.fromEntries(
    Object.entries(value).map(([attribute, text]) => {
      if (typeof text !== 'string' || text === '') throw wrong(`caller.${attribute}`, 'its value must be a text, and not an empty one')
      return [attribute, text]
    }),
  )
}

function wrong(field: string, problem: string): TollgateError {
  return new TollgateError('malformed_request', `${field}: ${problem}.`)
}
