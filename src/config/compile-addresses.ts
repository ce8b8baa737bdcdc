// store:, listen: and envoy: → where everything is, with no two things in one place.

import type { z } from 'zod'
import { isLoopbackHost } from '../core/loopback-host.ts'
import { workerAddresses } from '../core/worker-address.ts'
import type { Draft } from './draft.ts'
import { addressesCollide, formatListenAddress, isAnyHost, isHostName, parseListenAddress, type AddressParts } from './parse-listen-address.ts'
import { holdsPassword, usesTls } from './parse-store.ts'
import { requireFile } from './require-file.ts'
import type { ListenAddress, ListenerTls, RuntimeConfig, StoreConfig } from './runtime-config.ts'
import { listenerTlsSchema } from './schema-callers.ts'
import { configSchema, envoySchema, listenSchema, type storeSchema } from './schema.ts'
import { resolvePath, type Sources } from './sources.ts'
import type { Path } from './yaml-source.ts'

/** Longest path of a unix socket on Linux: sockaddr_un has 108 bytes, one of them the final NUL (unix(7)). */
const MAX_SOCKET_PATH_BYTES = 107

/** Undefined when the store is wrong. */
export function compileStore(draft: Draft, sources: Sources): StoreConfig | undefined {
  const written = draft.pick(['store'], configSchema.shape.store)
  if (written === undefined) return undefined
  const store = withCaFile(draft, sources, storeOf(written))
  if (holdsPassword(store)) draft.warn(['store'], 'with a password in it; make sure that only Tollgate can read this file', 'key')
  if (store.kind !== 'redis' || /^rediss?:/.test(store.url)) return store
  return { kind: 'redis', url: resolvePath(sources, store.url) }
}

function storeOf(written: z.output<typeof storeSchema>): StoreConfig {
  if ('kind' in written) return written
  const caFile = written.ca_file === undefined ? {} : { caFile: written.ca_file }
  if ('cluster' in written) return { kind: 'redis-cluster', nodes: written.cluster, ...caFile }
  if ('sentinels' in written) return { kind: 'redis-sentinel', sentinels: written.sentinels, master: written.master, ...caFile }
  return { kind: 'redis', url: written.url, ...caFile }
}

function withCaFile(draft: Draft, sources: Sources, store: StoreConfig): StoreConfig {
  if (store.kind === 'memory' || store.caFile === undefined) return store
  const path = ['store', 'ca_file']
  if (!usesTls(store)) draft.problem(path, 'nothing in the store is spoken to by TLS; write rediss:// there, or remove ca_file', 'key')
  return { ...store, caFile: requireFile({ draft, sources, path }, store.caFile) }
}

interface Place {
  readonly path: Path
  readonly address: AddressParts
  /** Who listens there; its path unless given. */
  readonly name?: string
}

export interface AddressInput {
  readonly sources: Sources
  readonly defaultSocket: string
  readonly workers: number
}

/** Undefined when one of the addresses is wrong. */
export function compileAddresses(draft: Draft, { sources, defaultSocket, workers }: AddressInput): Pick<RuntimeConfig, 'listen' | 'transport' | 'envoy'> | undefined {
  const places: Place[] = []
  const read = (path: Path, address: AddressParts | undefined): ListenAddress | undefined => {
    if (address === undefined) return undefined
    const absolute: AddressParts = address.kind === 'unix' ? { kind: 'unix', path: resolvePath(sources, address.path) } : address
    checkAddress(draft, path, absolute)
    const twin = places.find((place) => addressesCollide(place.address, absolute))
    if (twin !== undefined) reportCollision(draft, { path, address: absolute }, twin)
    places.push({ path, address: absolute })
    return formatListenAddress(absolute)
  }
  const { extproc, ratelimit, admin, transport: transportShape } = listenSchema.shape
  const processor = read(['listen', 'extproc'], draft.pick(['listen', 'extproc'], extproc.default({ kind: 'unix', path: defaultSocket })))
  if (processor !== undefined) places.push(...furtherWorkers(draft, processor, workers))
  const listen = {
    extproc: processor,
    ratelimit: read(['listen', 'ratelimit'], draft.pick(['listen', 'ratelimit'], ratelimit)),
    admin: read(['listen', 'admin'], draft.pick(['listen', 'admin'], admin)),
  }
  const transport = draft.pick(['listen', 'transport'], transportShape)
  const shape = envoySchema.shape
  const envoy = {
    version: draft.pick(['envoy', 'version'], shape.version),
    listen: read(['envoy', 'listen'], draft.pick(['envoy', 'listen'], shape.listen)),
    admin: read(['envoy', 'admin'], draft.pick(['envoy', 'admin'], shape.admin)),
    maxBodyBytes: draft.pick(['envoy', 'max_body'], shape.max_body),
    messageTimeoutMs: draft.pick(['envoy', 'message_timeout'], shape.message_timeout),
    streamIdleTimeoutMs: draft.pick(['envoy', 'stream_idle_timeout'], shape.stream_idle_timeout),
    connectTimeoutMs: draft.pick(['envoy', 'connect_timeout'], shape.connect_timeout),
  }
  return transport !== undefined && isWhole(listen) && isWhole(envoy) ? { listen, transport, envoy: { ...envoy, tls: compileTls(draft, sources) } } : undefined
}

// Their addresses follow from the first one's, so nobody has written them, and nobody sees at once what they meet.
function furtherWorkers(draft: Draft, first: ListenAddress, workers: number): readonly Place[] {
  const addresses = workerAddresses(first, workers)
  const last = addresses.at(-1) ?? first
  const parsed = addresses.map(parseListenAddress)
  if (parsed.some(({ ok }) => !ok)) {
    draft.problem(['listen', 'extproc'], `${first} leaves no room for ${workers} workers, whose ports follow each other up to 65535; choose a smaller port`, 'key')
    return []
  }
  const path = last.slice('unix:'.length)
  if (last.startsWith('unix:') && Buffer.byteLength(first) - 'unix:'.length <= MAX_SOCKET_PATH_BYTES && Buffer.byteLength(path) > MAX_SOCKET_PATH_BYTES)
    draft.problem(['listen', 'extproc'], `the socket path of worker ${workers}, ${path}, has ${Buffer.byteLength(path)} bytes, allowed: at most ${MAX_SOCKET_PATH_BYTES}; set listen.extproc to a shorter path`, 'key')
  return parsed.flatMap((each, index): Place[] => (each.ok && index > 0 ? [{ path: ['workers'], address: each.value, name: `worker ${index + 1}` }] : []))
}

// Envoy refuses its whole configuration when it cannot read one of these files.
function compileTls(draft: Draft, sources: Sources): ListenerTls | undefined {
  const written = draft.pick(['envoy', 'tls'], listenerTlsSchema)
  if (written === undefined) return undefined
  const file = (name: string, path: string): string => requireFile({ draft, sources, path: ['envoy', 'tls', name] }, path)
  return {
    certFile: file('cert_file', written.cert_file),
    keyFile: file('key_file', written.key_file),
    clientCaFile: written.client_ca_file === undefined ? undefined : file('client_ca_file', written.client_ca_file),
  }
}

// At the one that somebody wrote: the other may be a default.
function reportCollision(draft: Draft, place: Place, twin: Place): void {
  const [blamed, other] = draft.has(place.path) ? [place, twin] : [twin, place]
  const note = draft.has(other.path) ? '' : ' by default'
  const listener = other.name ?? other.path.join('.')
  draft.problem(
    blamed.path,
    `${formatListenAddress(blamed.address)} is also where ${listener} listens${note}; give one of them another port or path`,
    'key',
  )
}

type Whole<Parts> = { readonly [Key in keyof Parts]: Exclude<Parts[Key], undefined> }

function isWhole<Parts extends object>(parts: Parts): parts is Parts & Whole<Parts> {
  return !Object.values(parts).includes(undefined)
}

function checkAddress(draft: Draft, path: Path, address: AddressParts): void {
  const name = path.join('.')
  if (address.kind === 'unix') {
    const bytes = Buffer.byteLength(address.path)
    if (bytes > MAX_SOCKET_PATH_BYTES) {
      draft.problem(path, `the socket path ${address.path} has ${bytes} bytes, allowed: at most ${MAX_SOCKET_PATH_BYTES}; set ${name} to a shorter path`, 'key')
    }
    if (path[0] === 'envoy') draft.problem(path, 'allowed: an IP address with a port, such as 127.0.0.1:10000')
    return
  }
  const isGuarded = name === 'listen.admin' && draft.has(['admin', 'read_token'])
  if (name === 'listen.admin' && !isGuarded && !isLoopbackHost(address.host)) {
    draft.problem(path, 'allowed without a token: 127.0.0.1, [::1] or a unix socket, because whoever reaches it may read everything; for others set admin: {read_token: {env: NAME}}')
  }
  if (path[0] === 'envoy' && isHostName(address.host)) draft.problem(path, 'allowed: an IP address with a port, because Envoy resolves no names to listen on')
  if (name === 'envoy.admin' && !isHostName(address.host) && !isLoopbackHost(address.host)) {
    draft.warn(path, 'with which other machines can stop Envoy and read its configuration; use 127.0.0.1')
  }
  if (path[0] === 'listen' && !isGuarded && isAnyHost(address.host))
    draft.warn(path, 'which serves every interface without a password; use it only where nobody but Envoy can connect')
  if (address.port === 0 && (name === 'listen.extproc' || name === 'listen.ratelimit')) {
    draft.warn(path, 'which lets the system choose a port that a rendered Envoy configuration cannot know; use a fixed port or a unix socket')
  }
}
