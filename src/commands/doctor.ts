// `tollgate doctor`: looks at a running stack from outside and says what is wrong with it.

import { request } from 'node:http'
import { connect } from 'node:net'
import type { Command } from 'commander'
import { findTraps } from '../config/explain-traps.ts'
import type { RuntimeConfig } from '../config/runtime-config.ts'
import { socketTarget } from '../core/socket-target.ts'
import { workerAddresses } from '../core/worker-address.ts'
import { describeCredential } from '../credentials/describe-credential.ts'
import { probeCredential } from '../credentials/probe-credential.ts'
import type { CommandContext } from './command-context.ts'
import { CommandError } from './command-error.ts'
import { addConfigOption, type ConfigOption, readConfig } from './options.ts'

interface Finding {
  readonly ok: boolean
  readonly what: string
  /** What to do about it; '' when all is well. */
  readonly advice: string
}

interface DoctorOptions extends ConfigOption {
  readonly json?: boolean
}

const TIMEOUT_MS = 2_000
/** Both rate limit calls of one request crash older ones (CVE-2026-26330, fixed in these). */
const SAFE_PATCH: Readonly<Record<string, number>> = { '1.37': 1, '1.38': 0, '1.39': 0, '1.40': 0 }

export function addDoctorCommand(program: Command, context: CommandContext): void {
  const command = program.command('doctor').description('Look at the running Envoy and Tollgate and say what is wrong. Exits 1 when something is.')
  addConfigOption(command)
  command.option('--json', 'print the findings as JSON').action(async (options: DoctorOptions) => doctor(options, context))
}

async function doctor(options: DoctorOptions, context: CommandContext): Promise<void> {
  const config = await readConfig(options.config, context)
  const findings = [
    ...(await processorsListen(config)),
    await listens('the rate limit service', config.listen.ratelimit),
    await adminReady(config),
    ...(await envoyFindings(config)),
    ...(await credentialFindings(config, context)),
    ...findTraps(config, { env: context.env }).map((trap) => ({ ok: true, what: `worth knowing: ${trap.message}`, advice: '' })),
  ]
  if (options.json === true) context.stdout(`${JSON.stringify(findings, undefined, 2)}\n`)
  else for (const { ok, what, advice } of findings) context.stdout(`${ok ? 'ok   ' : 'WRONG'} ${what.replaceAll('\n', '\n      ')}${advice === '' ? '' : `\n      ${advice}`}\n`)
  if (findings.some((finding) => !finding.ok)) throw new CommandError('')
}

async function processorsListen({ listen, workers }: RuntimeConfig): Promise<Finding[]> {
  const addresses = workerAddresses(listen.extproc, workers)
  return Promise.all(addresses.map((address, index) => listens(workers === 1 ? 'the external processor' : `worker ${index + 1}, an external processor,`, address)))
}

async function listens(what: string, address: string): Promise<Finding> {
  const reached = await new Promise<string | undefined>((resolve) => {
    const socket = connect(socketTarget(address))
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error('no answer')))
    socket.once('connect', () => {
      socket.destroy()
      resolve(undefined)
    })
    socket.once('error', (error) => resolve(error.message))
  })
  if (reached === undefined) return { ok: true, what: `${what} listens on ${address}`, advice: '' }
  return { ok: false, what: `${what} cannot be reached on ${address}: ${reached}`, advice: 'Start it with: tollgate serve' }
}

async function adminReady(config: RuntimeConfig): Promise<Finding> {
  const answer = await get(config.listen.admin, '/readyz')
  const [, ...troubles] = answer.body.trim().split('\n')
  if (answer.status === 200) return { ok: true, what: ['Tollgate is ready', ...troubles].join('\n'), advice: '' }
  return { ok: false, what: `Tollgate is not ready: ${answer.body.trim()}`, advice: `See /readyz on ${config.listen.admin} and the log.` }
}

async function envoyFindings(config: RuntimeConfig): Promise<Finding[]> {
  const info = await get(config.envoy.admin, '/server_info')
  if (info.status !== 200) return [{ ok: false, what: `Envoy's admin interface cannot be reached on ${config.envoy.admin}: ${info.body.trim()}`, advice: 'Start Envoy, or set envoy.admin to where its admin interface listens.' }]
  const running = /\/(\d+)\.(\d+)\.(\d+)/.exec(info.body)
  const minor = `${running?.[1] ?? '?'}.${running?.[2] ?? '?'}`
  return [versionFinding(minor, Number(running?.[3] ?? 0), config), await filtersFinding(config)]
}

function versionFinding(minor: string, patch: number, config: RuntimeConfig): Finding {
  const what = `Envoy is ${minor}.${patch}`
  const safe = SAFE_PATCH[minor]
  if (safe === undefined) return { ok: false, what, advice: 'Supported are 1.37.1 and later, up to 1.40.' }
  if (patch < safe) return { ok: false, what, advice: `Use ${minor}.${safe} or later: older ones can crash when a rate limit call fails (CVE-2026-26330).` }
  if (minor !== config.envoy.version) return { ok: false, what: `${what}, but the configuration says envoy.version ${config.envoy.version}`, advice: `Set envoy.version to "${minor}" and render again: the form of the provider chain depends on it.` }
  return { ok: true, what, advice: '' }
}

// A healthy sidecar whose filter is not attached meters nothing, and nothing else would say so.
async function filtersFinding(config: RuntimeConfig): Promise<Finding> {
  const dump = await get(config.envoy.admin, '/config_dump')
  const attached = dump.body.includes('x-tollgate-stage')
  if (attached) return { ok: true, what: "Tollgate's filter is attached to a listener", advice: '' }
  return { ok: false, what: "No listener of this Envoy has Tollgate's filter: its traffic is neither routed nor counted", advice: 'Merge what `tollgate envoy` prints into its configuration.' }
}

// A variable that is not set here may be set where Tollgate runs: that is among the traps. Files and clouds are looked at.
async function credentialFindings(config: RuntimeConfig, { env }: CommandContext): Promise<Finding[]> {
  const providers = [...config.providers.values()].filter(({ credential }) => credential.kind !== 'none' && credential.kind !== 'env')
  return Promise.all(
    providers.map(async (provider) => {
      const what = `provider ${provider.name} (${provider.api}): ${describeCredential(provider.credential)}`
      const trouble = await probeCredential(provider, env)
      if (trouble === undefined) return { ok: true, what: `${what} can be had here`, advice: '' }
      return { ok: false, what: `${what} cannot be had here: ${trouble}`, advice: 'Until it can where Tollgate runs, this provider is left out of every chain.' }
    }),
  )
}

function get(address: string, path: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve) => {
    const call = request({ ...httpTarget(address), path, timeout: TIMEOUT_MS, agent: false }, (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts).toString() }))
    })
    call.on('timeout', () => call.destroy(new Error('no answer')))
    call.on('error', (error) => resolve({ status: 0, body: error.message }))
    call.end()
  })
}

/** Node's HTTP client calls the path of a socket by another name. */
function httpTarget(address: string): { readonly socketPath: string } | { readonly host: string; readonly port: number } {
  const target = socketTarget(address)
  return 'path' in target ? { socketPath: target.path } : target
}
