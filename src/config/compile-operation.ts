// ledger:, admin: and budget_webhook: → what is written down, who may ask, and who is told.

import { join } from 'node:path'
import type { Budget } from '../budgets/budget.ts'
import { isLoopbackHost } from '../core/loopback-host.ts'
import { compileSecret } from './compile-secret.ts'
import type { Draft } from './draft.ts'
import type { AdminAccess, BudgetWebhook, LedgerSettings, SecretSource } from './runtime-config.ts'
import { webhookSchema } from './schema-budgets.ts'
import { adminSchema, ledgerSchema } from './schema-operation.ts'
import { pathHash, resolvePath, type Sources } from './sources.ts'

/** Where there are budgets, there is a ledger unless the file says off; where there are none, only if it asks for one. */
export function compileLedger(draft: Draft, sources: Sources, budgets: readonly Budget[]): LedgerSettings | undefined {
  const written = draft.pick(['ledger'], draft.has(['ledger']) || budgets.length === 0 ? ledgerSchema : ledgerSchema.prefault({}))
  if (written === undefined || written === 'off') return undefined
  // Two configurations on one machine must not write into one ledger.
  const directory = written.path === undefined ? join(sources.stateDirectory, 'tollgate', pathHash(sources), 'ledger') : resolvePath(sources, written.path)
  return { directory, fsync: written.fsync, rotateBytes: written.rotate, keepMs: written.keep }
}

export function compileAdminAccess(draft: Draft, sources: Sources): AdminAccess {
  const token = (name: 'read_token' | 'write_token'): SecretSource | undefined => {
    const written = draft.pick(['admin', name], adminSchema.shape[name])
    if (written === undefined) return undefined
    return compileSecret({ draft, path: ['admin', name], sources, until: 'it lets nobody in' }, written)
  }
  const access = { readToken: token('read_token'), writeToken: token('write_token') }
  if (access.readToken !== undefined && JSON.stringify(access.readToken) === JSON.stringify(access.writeToken))
    draft.warn(['admin', 'write_token'], 'write_token is the same secret as read_token, so whoever may read may also change things; use another one', 'key')
  return access
}

export function compileWebhook(draft: Draft, sources: Sources): BudgetWebhook | undefined {
  const path = ['budget_webhook']
  const url = draft.pick([...path, 'url'], webhookSchema.shape.url)
  const token = draft.pick([...path, 'token'], webhookSchema.shape.token)
  if (url === undefined) return undefined
  if (url.scheme === 'http' && !isLoopbackHost(url.host)) draft.warn([...path, 'url'], 'which sends the token and who spent how much in the clear to another machine; use https')
  if (draft.count(['budgets']) === 0) draft.warn(path, 'there are no budgets, so nothing is ever posted; add budgets or remove it', 'key')
  return { url: url.url, token: token === undefined ? undefined : compileSecret({ draft, path: [...path, 'token'], sources, until: 'warnings are posted without it' }, token) }
}
