// How a mock is told on a command line to fail: `429`, `503:0.2` for a fifth of the requests, `reset`, `429+503+reset:0.2` in turns.

import type { Failure, FailureMode } from './failure-plan.ts'

export type ParsedFailure = { readonly ok: true; readonly value: FailureMode } | { readonly ok: false; readonly message: string }

export function parseFailure(text: string): ParsedFailure {
  const match = /^((?:[45]\d\d|reset)(?:\+(?:[45]\d\d|reset)){0,9})(?::(0|1|0?\.\d{1,6}))?$/.exec(text)
  if (match === null) return { ok: false, message: `found ${JSON.stringify(text)}, allowed: a status from 400 to 599 or reset, several of them joined by +, and then if wanted a share such as :0.2` }
  const [, kinds = '', share = '1'] = match
  return { ok: true, value: { status: kinds.split('+').map((kind): Failure => (kind === 'reset' ? kind : Number(kind))), share: Number(share) } }
}
