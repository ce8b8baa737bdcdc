// Asks a running Tollgate through its admin interface, and says what to do when that does not work.

import { request } from 'node:http'
import type { Command } from 'commander'
import type { RuntimeConfig, SecretSource } from '../config/runtime-config.ts'
import { systemClock } from '../core/clock.ts'
import { isObject } from '../core/is-object.ts'
import { silentLog } from '../core/log.ts'
import { socketTarget } from '../core/socket-target.ts'
import { createSecretReader } from '../credentials/secret-reader.ts'
import type { CommandContext } from './command-context.ts'
import { CommandError } from './command-error.ts'
import { addConfigOption, type ConfigOption, readConfig } from './options.ts'

export interface AdminOptions extends ConfigOption {
  readonly admin?: string
}

export interface AdminTarget {
  /** `unix:/path` or `host:port`. */
  readonly address: string
  readonly token: string | undefined
}

export type AdminReply =
  | { readonly ok: true; readonly value: Readonly<Record<string, unknown>> }
  /** `passing`: nobody answered, or not now; another try may succeed. */
  | { readonly ok: false; readonly passing: boolean; readonly message: string }

const TOKEN_VARIABLE = 'TOLLGATE_ADMIN_TOKEN'
const TIMEOUT_MS = 5_000

export function addAdminOptions(command: Command): void {
  addConfigOption(command)
  command.option('--admin <address>', `where Tollgate's admin interface listens (host:port or unix:/path), instead of listen.admin in the configuration; ${TOKEN_VARIABLE} is its token`)
}

/**
 * Where to ask and with which token: that of the environment, else that of the configuration. With --admin, a configuration is only read when it was
 * named too: its token is for nobody else.
 */
export async function findAdmin(options: AdminOptions, command: Command, context: CommandContext): Promise<AdminTarget> {
  const ownToken = context.env[TOKEN_VARIABLE]?.trim()
  const given = ownToken === undefined || ownToken === '' ? undefined : ownToken
  if (options.admin !== undefined && !/^unix:.|^[^/]+:\d{1,5}$/.test(options.admin)) throw new CommandError(`--admin ${options.admin}: write host:port or unix:/path, such as 127.0.0.1:9090.`, 2)
  if (options.admin !== undefined && (given !== undefined || command.getOptionValueSource('config') === 'default')) return { address: options.admin, token: given }
  const config = await readConfig(options.config, context)
  return { address: options.admin ?? reachable(config.listen.admin), token: given ?? configuredToken(config, context) }
}

/** GET, or POST where there is something to send. `query` may be empty. Never rejects. */
export async function askAdmin(target: AdminTarget, path: string, query: URLSearchParams, sent?: Readonly<Record<string, unknown>>): Promise<AdminReply> {
  const { address } = target
  const answer = await send(target, `${path}?${query.toString()}`, sent === undefined ? undefined : JSON.stringify(sent))
  if (typeof answer === 'string') {
    return { ok: false, passing: true, message: `Tollgate does not answer on ${address}: ${answer}. Is it running (tollgate serve, tollgate up)? --admin says where else to ask.` }
  }
  const value = parseObject(answer.body)
  if (answer.status === 200 && value !== undefined) return { ok: true, value }
  if (value === undefined || (answer.status !== 200 && !isObject(value['error']))) return { ok: false, passing: false, message: `What answers on ${address} is no admin interface of Tollgate, or one of another version (HTTP ${answer.status}).` }
  const { code, message } = isObject(value['error']) ? value['error'] : {}
  return { ok: false, passing: answer.status >= 500, message: `${String(message)}${adviceOn(code)}` }
}

function adviceOn(code: unknown): string {
  if (code === 'token_required') return ` Set ${TOKEN_VARIABLE}, or admin.read_token in the configuration that -c names.`
  return code === 'token_wrong' ? ` It came from ${TOKEN_VARIABLE}, or from the configuration.` : ''
}

function configuredToken({ adminAccess: { readToken, writeToken } }: RuntimeConfig, { env }: CommandContext): string | undefined {
  const secrets = createSecretReader({ env, log: silentLog, clock: systemClock })
  const read = (source: SecretSource | undefined): string | undefined => (source === undefined ? undefined : secrets.read(source))
  return read(readToken) ?? read(writeToken)
}

/** Every interface is also the one to this machine itself. */
function reachable(address: string): string {
  return address.replace(/^0\.0\.0\.0:/, '127.0.0.1:').replace(/^\[::\]:/, '[::1]:')
}

/** Status and body, or why there are none. */
function send({ address, token }: AdminTarget, path: string, body: string | undefined): Promise<{ readonly status: number; readonly body: string } | string> {
  const target = socketTarget(address)
  const where = 'path' in target ? { socketPath: target.path } : target
  const headers = { accept: 'application/json', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...(body === undefined ? {} : { 'content-type': 'application/json' }) }
  return new Promise((resolve) => {
    const call = request({ ...where, method: body === undefined ? 'GET' : 'POST', path, headers, timeout: TIMEOUT_MS, agent: false }, (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts).toString() }))
      response.on('error', (error) => resolve(error.message))
    })
    call.on('timeout', () => call.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)))
    call.on('error', (error) => resolve(explain(error)))
    call.end(body)
  })
}

function explain(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ECONNREFUSED':
      return 'nothing listens there'
    case 'ENOENT':
      return 'there is no such socket'
    case 'EACCES':
      return 'this user may not connect'
    default:
      return error.message
  }
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
