// From a request to what the mock answers, without a socket: the whole provider as one pure function.

import type { Instructions, MockHeaders } from './instructions.ts'
import { isObject, stringOf } from './json-object.ts'
import type { AnswerContext, MockAnswer, WholeAnswer } from './mock-answer.ts'
import { parseForm } from './parse-form.ts'
import type { ProviderBehaviour } from './provider-behaviour.ts'

export interface MockRequest {
  readonly method: string
  /** Without the query. */
  readonly path: string
  /** Without the question mark; '' for none. */
  readonly query: string
  readonly headers: MockHeaders
  readonly body: Buffer
}

/** What the answer depends on besides the request. */
export interface AnswerSurroundings {
  readonly behaviour: ProviderBehaviour
  readonly instructions: Instructions
  /** The key that requests must carry; undefined: any, or none. */
  readonly apiKey: string | undefined
  /** Names for GET /v1/models. Other models are answered too. */
  readonly models: readonly string[]
  readonly id: string
  readonly createdSeconds: number
  /** The status with which this request is to fail, or undefined. */
  readonly failure: number | undefined
}

export function answerRequest(request: MockRequest, around: AnswerSurroundings): MockAnswer {
  const { behaviour } = around
  const refusal = behaviour.checkHeaders(request.headers, around.apiKey, request)
  if (refusal !== undefined) return errorAnswer(around, refusal.status, refusal.message, '', refusal.type)
  const inPath = behaviour.findEndpoint?.(request.path, request.query)
  const endpoint = inPath?.endpoint ?? behaviour.endpoints.get(request.path)
  if (endpoint === undefined) return errorAnswer(around, 404, `Invalid URL (${request.method} ${request.path})`, '')
  if (endpoint.method !== request.method) return errorAnswer(around, 405, `Not allowed to ${request.method} on ${request.path}`, '')
  switch (endpoint.kind) {
    case 'list': {
      if (around.failure !== undefined) return errorAnswer(around, around.failure, failureText(around.failure), '')
      const body = JSON.stringify(endpoint.answer(around.models, around.createdSeconds))
      return { kind: 'whole', status: 200, contentType: 'application/json', body, model: '', tokens: undefined, tellsUsage: false }
    }
    case 'form': {
      const form = parseForm(stringOf(request.headers['content-type']) ?? '', request.body)
      if (form === undefined) return errorAnswer(around, 400, 'expected a multipart/form-data body with a boundary', '')
      const model = form.fields.get('model')
      return withModel(around, model, {}, (context) => endpoint.answer(context, form.fields, form.fileBytes))
    }
    case 'json': {
      const body = parseBody(request.body)
      if (!isObject(body)) return errorAnswer(around, 400, 'We could not parse the JSON body of your request.', '')
      const model = inPath?.model ?? stringOf(body['model']) ?? ''
      const problem = model === '' || around.instructions.anyBody ? undefined : endpoint.check?.(body)
      if (problem !== undefined) return errorAnswer(around, 400, problem, model)
      return withModel(around, model, body, endpoint.answer)
    }
  }
}

/** An error answer of this provider; `type` as in HeaderRefusal. */
export function errorAnswer(around: Pick<AnswerSurroundings, 'behaviour' | 'id'>, status: number, message: string, model: string, type?: string): WholeAnswer {
  const body = JSON.stringify(around.behaviour.errorBody(status, message, `req_${around.id}`))
  const headers = around.behaviour.errorHeaders?.(status, type)
  return { kind: 'whole', status, contentType: 'application/json', body, model, tokens: undefined, tellsUsage: false, ...(headers === undefined ? {} : { headers }) }
}

function withModel(
  around: AnswerSurroundings,
  model: string | undefined,
  body: AnswerContext['body'],
  answer: (context: AnswerContext) => MockAnswer,
): MockAnswer {
  if (model === undefined || model === '') return errorAnswer(around, 400, 'you must provide a model parameter', '')
  if (around.failure !== undefined) return errorAnswer(around, around.failure, failureText(around.failure), model)
  const { instructions, id, createdSeconds } = around
  return answer({ body, model, responseModel: instructions.responseModel ?? model, instructions, id, createdSeconds })
}

function failureText(status: number): string {
  return status === 429 ? 'Rate limit reached (a mock was told so).' : `The mock was told to fail with ${status}.`
}

function parseBody(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}
