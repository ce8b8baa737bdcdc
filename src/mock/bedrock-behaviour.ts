// Amazon Bedrock Runtime as a mock: models in the path, signatures or API keys, kinds of errors in a header.
// Source: Bedrock API reference, "Converse", "ConverseStream", "InvokeModel", "InvokeModelWithResponseStream".

import { answerConverse, answerConverseStream, checkOwnThoughts } from './bedrock-converse.ts'
import { checkConverse } from './bedrock-converse-rules.ts'
import { bedrockErrorHeaders } from './bedrock-error.ts'
import { answerInvoke, answerInvokeStream, checkInvoke, familyOf } from './bedrock-invoke.ts'
import { checkAwsSignature, isAwsSignature } from './check-aws-signature.ts'
import type { Endpoint, HeaderRefusal, ProviderBehaviour } from './provider-behaviour.ts'

/**
 * A signature is always checked, with the key mockAwsKey; an API key of Bedrock and a request without either only when the mock was given a
 * key, so that a stack can run without any.
 */
export const bedrockBehaviour: ProviderBehaviour = {
  endpoints: new Map(),
  findEndpoint: (path) => {
    const [, encoded = '', operation = ''] = /^\/model\/([^/]+)\/([a-z-]+)$/.exec(path) ?? []
    const model = decodeSegment(encoded)
    const endpoint = model === '' ? undefined : endpointOf(operation, model)
    return endpoint === undefined ? undefined : { endpoint, model }
  },
  requestIdHeader: 'x-amzn-requestid',
  checkHeaders: (headers, apiKey, request) => {
    const given = headers['authorization']
    const authorization = typeof given === 'string' ? given : ''
    if (isAwsSignature(authorization)) return checkAwsSignature(headers, request, 'bedrock')
    if (apiKey === undefined || authorization === `Bearer ${apiKey}`) return undefined
    return authorization === '' ? missing : wrongKey
  },
  errorBody: (_status, message) => ({ message }),
  errorHeaders: bedrockErrorHeaders,
}

const missing: HeaderRefusal = { status: 403, message: 'Missing Authentication Token', type: 'MissingAuthenticationTokenException' }
const wrongKey: HeaderRefusal = { status: 403, message: 'Authentication failed: Please make sure your API Key is valid.', type: 'AccessDeniedException' }

function endpointOf(operation: string, model: string): Endpoint | undefined {
  const post = { kind: 'json', method: 'POST' } as const
  switch (operation) {
    case 'converse':
      return { ...post, answer: answerConverse, check: (body) => checkConverse(body, model) ?? checkOwnThoughts(body) }
    case 'converse-stream':
      return { ...post, answer: answerConverseStream, check: (body) => checkConverse(body, model) ?? checkOwnThoughts(body) }
    case 'invoke':
      return familyOf(model) === undefined ? undefined : { ...post, answer: answerInvoke, check: (body) => checkInvoke(body, model) }
    case 'invoke-with-response-stream':
      return familyOf(model) === 'claude' ? { ...post, answer: answerInvokeStream, check: (body) => checkInvoke(body, model) } : undefined
    default:
      return undefined
  }
}

function decodeSegment(encoded: string): string {
  try {
    return decodeURIComponent(encoded)
  } catch {
    return ''
  }
}
