// Google's error objects, and how its front end complains about a body. Source: cloud.google.com/apis/design/errors.

import type { z } from 'zod'
import type { WholeAnswer } from './mock-answer.ts'

const statuses: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  409: 'ABORTED',
  429: 'RESOURCE_EXHAUSTED',
  499: 'CANCELLED',
  500: 'INTERNAL',
  501: 'UNIMPLEMENTED',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
}

export function googleErrorBody(code: number, message: string): unknown {
  return { error: { code, message, status: statuses[code] ?? (code >= 500 ? 'INTERNAL' : 'INVALID_ARGUMENT') } }
}

/** A 400 for a body that the API would refuse. */
export function invalidArgument(message: string, model: string): WholeAnswer {
  return { kind: 'whole', status: 400, contentType: 'application/json', body: JSON.stringify(googleErrorBody(400, message)), model, tokens: undefined, tellsUsage: false }
}

/** The first fault of a body in the words of proto JSON. */
export function describeFault(error: z.ZodError): string {
  const [issue] = error.issues
  if (issue === undefined) return 'Request contains an invalid argument.'
  const place = issue.path.map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${snakeCase(String(step))}`)).join('')
  const at = place === '' ? '' : ` at '${place}'`
  if (issue.code === 'unrecognized_keys') return `Invalid JSON payload received. Unknown name "${issue.keys[0] ?? ''}"${at}: Cannot find field.`
  return `Invalid value${at}: ${issue.message}`
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
