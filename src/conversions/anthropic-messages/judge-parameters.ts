// The parameters of a Messages request that no other API has: which may be left out and named to the client, and which would change the answer.
// Source: docs.anthropic.com, API reference, "Messages", and its beta headers.

import { TollgateError } from '../../core/errors.ts'
import type { JsonObject } from '../conversation.ts'
import { type Judge, judgeAll } from '../judge-parameters.ts'
import { expectList, expectObject, optionalString, unsupported } from './field-checks.ts'

const honoured: Judge = () => 'honoured'
const oneOf =
  (...usual: readonly string[]): Judge =>
  (value, param) =>
    usual.includes(optionalString(value, param) ?? '') ? 'honoured' : 'dropped'

const judges: ReadonlyMap<string, Judge> = new Map<string, Judge>([
  ['service_tier', oneOf('auto', 'standard_only')],
  ['speed', oneOf('standard')],
  // Edits of a long context that save tokens, and what Anthropic tells of its cache.
  ['context_management', (value, param) => (Object.keys(expectObject(value, param)).length > 0 ? 'dropped' : 'honoured')],
  ['diagnostics', () => 'dropped'],
  ['container', refuse('the code execution of Anthropic runs at Anthropic only')],
  [
    'mcp_servers',
    (value, param) => {
      if (expectList(value, param).length > 0) throw unsupported(param, 'only Anthropic calls MCP servers by itself')
      return 'honoured'
    },
  ],
  [
    'inference_geo',
    (value, param) => {
      if (optionalString(value, param) !== 'global') throw unsupported(param, 'only Anthropic keeps this promise of a place')
      return 'honoured'
    },
  ],
  // A conversation of which Anthropic remembers the beginning. 400, as Anthropic answers where it cannot: its SDK then sends the whole.
  [
    'thread',
    () => {
      throw noThreads()
    },
  ],
  // Of the envelopes of Bedrock and Vertex AI.
  ['anthropic_version', honoured],
  ['anthropic_beta', honoured],
])

/** The names of what was left out. `read`: names that are read elsewhere. Throws TollgateError for what would change the answer. */
export function judgeParameters(body: JsonObject, read: ReadonlySet<string>): string[] {
  return judgeAll(body, judges, read)
}

/** For every provider but Anthropic itself. */
export function noThreads(): TollgateError {
  return new TollgateError('unsupported_request', 'thread: only Anthropic itself remembers a conversation; send all of its messages.', { param: 'thread' })
}

function refuse(reason: string): Judge {
  return (_value, param) => {
    throw unsupported(param, reason)
  }
}
