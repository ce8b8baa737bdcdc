// callers: → sources of caller identity.

import { didYouMean } from './nearest-name.ts'
import { isLoopbackHost } from '../core/loopback-host.ts'
import type { Draft } from './draft.ts'
import { requireFile } from './require-file.ts'
import { reservedMetadataKeys, whyNotCallerHeader } from './reserved-names.ts'
import type { CallerCertificate, CallerHeaders, CallerJwt, CallerKeys, CallerSource } from './runtime-config.ts'
import { callerSchema, certificateSchema, claimName, jwksSchema, jwtSchema } from './schema-callers.ts'
import { configSchema } from './schema.ts'
import { attributeName, headerName } from './schema-names.ts'
import { fileState, resolvePath, type Sources } from './sources.ts'
import type { Path } from './yaml-source.ts'

const kinds = ['api_keys', 'jwt', 'certificate', 'headers'] as const
/** What a key may always say of its holder, and its own id. */
const keyAttributes = ['user', 'team', 'key_id'] as const

interface Place {
  readonly draft: Draft
  readonly sources: Sources
  /** Of the source: `callers[0]`. */
  readonly path: Path
  readonly models: readonly string[] | undefined
}

export function compileCallers(draft: Draft, sources: Sources): readonly CallerSource[] {
  const callers: CallerSource[] = []
  for (let index = 0; index < draft.count(['callers']); index += 1) {
    const path: Path = ['callers', index]
    const models = draft.pick([...path, 'models'], callerSchema.shape.models)
    const source = compileSource({ draft, sources, path, models })
    if (source === undefined) continue
    refuseTwin({ draft, path }, source, callers)
    callers.push(source)
  }
  return callers
}

/** Every attribute that some source can yield. */
export function callerAttributes(callers: readonly CallerSource[]): ReadonlySet<string> {
  return new Set(callers.flatMap((source) => [...source.attributes.keys()]))
}

/** Why a name is no attribute that some source can yield; undefined when it is one. */
export function whyNotAttribute(attribute: string, attributes: ReadonlySet<string>): string | undefined {
  if (attributes.has(attribute)) return undefined
  const allowed = attributes.size === 0 ? 'none, because callers names no attribute' : [...attributes].join(', ')
  return `"${attribute}" is no attribute of callers, allowed: ${allowed}${didYouMean(attribute, attributes)}`
}

function compileSource(place: Place): CallerSource | undefined {
  const { draft, path } = place
  const written = kinds.filter((kind) => draft.has([...path, kind]))
  const [kind, another] = written
  if (kind === undefined) {
    // An unknown key, or no mapping at all, is a problem already.
    if (draft.pick(path, callerSchema) !== undefined) draft.problem(path, `a source needs one of: ${kinds.join(', ')}`, 'key')
    return undefined
  }
  if (another !== undefined) draft.problem([...path, another], `a source has one of ${kinds.join(', ')}, and this one has ${kind} already; make it an item of its own`, 'key')
  if (kind !== 'api_keys' && draft.has([...path, 'attributes']))
    draft.problem([...path, 'attributes'], 'attributes belongs to api_keys: other sources name theirs with where they come from', 'key')
  switch (kind) {
    case 'api_keys':
      return compileKeys(place)
    case 'jwt':
      return compileJwt(place)
    case 'certificate':
      return compileCertificate(place)
    case 'headers':
      return compileHeaderSource(place)
  }
}

// One file of keys is one list of who may come in; two issuers of one name would be two lists of keys for the same tokens.
function refuseTwin({ draft, path }: Pick<Place, 'draft' | 'path'>, source: CallerSource, above: readonly CallerSource[]): void {
  if (source.kind === 'api_keys' && above.some((other) => other.kind === 'api_keys'))
    draft.problem([...path, 'api_keys'], 'there is a source of API keys above; keep all keys in one place', 'key')
  if (source.kind === 'certificate' && above.some((other) => other.kind === 'certificate'))
    draft.problem([...path, 'certificate'], 'there is a source of certificates above; name all attributes there', 'key')
  if (source.kind === 'jwt' && above.some((other) => other.kind === 'jwt' && other.issuer === source.issuer))
    draft.problem([...path, 'jwt', 'issuer'], 'which is the issuer of a source above; keep one of them')
}

function compileKeys({ draft, sources, path, models }: Place): CallerKeys | undefined {
  const written = draft.pick([...path, 'api_keys'], callerSchema.shape.api_keys)
  if (written === undefined) return undefined
  const further: string[] = []
  for (let index = 0; index < draft.count([...path, 'attributes']); index += 1) {
    const at: Path = [...path, 'attributes', index]
    const attribute = draft.pick(at, attributeName)
    if (attribute !== undefined && isFree({ draft, at, attribute, part: 'value' })) further.push(attribute)
  }
  const attributes = new Set<string>([...keyAttributes, ...further])
  if (written === 'store') {
    const store = draft.pick(['store'], configSchema.shape.store)
    if (store !== undefined && 'kind' in store && store.kind === 'memory')
      draft.problem([...path, 'api_keys'], 'which needs a Redis: set store to one, or give the path of a file, such as ./keys.yaml')
    return { kind: 'api_keys', place: { kind: 'store' }, attributes, models }
  }
  const file = resolvePath(sources, written)
  const state = fileState(sources, file)
  if (state.kind === 'unreadable')
    draft.warn([...path, 'api_keys'], `but ${sources.display(file)} cannot be read (${state.reason}); until it can, no API key is good. \`tollgate keys new\` makes the first one`)
  return { kind: 'api_keys', place: { kind: 'file', path: file }, attributes, models }
}

function compileJwt(place: Place): CallerJwt | undefined {
  const { draft, path, models } = place
  const at: Path = [...path, 'jwt']
  const attributes = new Map<string, string>()
  for (const attribute of draft.keys([...at, 'claims'])) {
    if (isFree({ draft, at: [...at, 'claims', attribute], attribute, part: 'key' })) attributes.set(attribute, draft.pick([...at, 'claims', attribute], claimName) ?? '')
  }
  const jwks = compileJwks(place, [...at, 'jwks'])
  const written = draft.pick(at, jwtSchema)
  if (written === undefined || jwks === undefined) return undefined
  const { issuer, audiences, models_claim: modelsClaim } = written
  if (audiences.length === 0) draft.warn([...at, 'issuer'], 'whose tokens are good whatever they were made for; set audiences to what yours name in aud')
  return { kind: 'jwt', issuer, audiences, jwks, attributes, modelsClaim, models }
}

function compileJwks({ draft, sources }: Place, path: Path): CallerJwt['jwks'] | undefined {
  const written = draft.pick(path, jwksSchema)
  if (written === undefined) return undefined
  if ('file' in written) return { kind: 'file', path: requireFile({ draft, sources, path: [...path, 'file'] }, written.file) }
  const { url, ca_file: caFile } = written
  if (url.scheme === 'http' && caFile !== undefined) draft.problem([...path, 'ca_file'], 'allowed only with an https:// url; remove it or change the url')
  if (url.scheme === 'http' && !isLoopbackHost(url.host))
    draft.warn([...path, 'url'], 'over which whoever is in between can put keys of his own, and be every caller; use https')
  return { kind: 'url', ...url, caFile: caFile === undefined ? undefined : requireFile({ draft, sources, path: [...path, 'ca_file'] }, caFile) }
}

function compileCertificate({ draft, path, models }: Place): CallerCertificate | undefined {
  const at: Path = [...path, 'certificate']
  const fields = draft.pick(at, certificateSchema)
  const attributes = new Map(Object.entries(fields ?? {}).filter(([attribute]) => isFree({ draft, at: [...at, attribute], attribute, part: 'key' })))
  return attributes.size === 0 ? undefined : { kind: 'certificate', attributes, models }
}

function compileHeaderSource({ draft, path, models }: Place): CallerHeaders | undefined {
  const at: Path = [...path, 'headers']
  const attributes = new Map<string, string>()
  for (const attribute of draft.keys(at)) {
    const header = draft.pick([...at, attribute], headerName)?.toLowerCase()
    const reason = header === undefined ? undefined : whyNotCallerHeader(header)
    if (!isFree({ draft, at: [...at, attribute], attribute, part: 'key' })) continue
    if (reason !== undefined) draft.problem([...at, attribute], `which is not allowed: ${reason}`)
    else if (header !== undefined) attributes.set(attribute, header)
  }
  return attributes.size === 0 ? undefined : { kind: 'headers', attributes, models }
}

/** False, with a problem, for a name that Tollgate uses itself in the metadata. */
function isFree({ draft, at, attribute, part }: { readonly draft: Draft; readonly at: Path; readonly attribute: string; readonly part: 'key' | 'value' }): boolean {
  if (!reservedMetadataKeys.has(attribute)) return true
  const found = part === 'key' ? `"${attribute}"` : 'which'
  draft.problem(at, `${found} cannot be a caller attribute, because Tollgate uses the name itself; choose another`, part)
  return false
}
