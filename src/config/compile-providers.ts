// providers: → ProviderConfig by name.

import { providerApis } from '../providers/index.ts'
import { noSettings } from '../providers/provider-api.ts'
import type { Draft } from './draft.ts'
import { isLoopbackHost } from './parse-listen-address.ts'
import { parseProviderUrl, type ProviderUrl } from './parse-provider-url.ts'
import { whyNotProviderHeader } from './reserved-names.ts'
import type { Credential, ProviderConfig } from './runtime-config.ts'
import { providerSchema } from './schema.ts'
import { headerValue } from './schema-names.ts'
import { fileState, resolvePath, type Sources } from './sources.ts'
import type { Path } from './yaml-source.ts'

/** Providers that are wrong are left out; their names are still known to `draft.keys`. */
export function compileProviders(draft: Draft, sources: Sources): ReadonlyMap<string, ProviderConfig> {
  const providers = new Map<string, ProviderConfig>()
  const shape = providerSchema.shape
  for (const name of draft.keys(['providers'])) {
    const path: Path = ['providers', name]
    const api = draft.pick([...path, 'api'], shape.api)
    const url = draft.pick([...path, 'url'], shape.url) ?? (api === undefined ? undefined : defaultUrl(api))
    if (url !== undefined) warnAboutPlainText(draft, [...path, 'url'], url)
    const credential = compileCredential({ draft, path: [...path, 'credential'], sources }, draft.pick([...path, 'credential'], shape.credential))
    const headers = compileHeaders(draft, [...path, 'headers'], whyNotProviderHeader)
    const caFile = compileCaFile({ draft, path: [...path, 'ca_file'], sources }, draft.pick([...path, 'ca_file'], shape.ca_file), url)
    if (draft.pick(path, providerSchema) !== undefined && api !== undefined && url !== undefined) {
      providers.set(name, { name, api, ...url, settings: noSettings, credential, headers, caFile })
    }
  }
  return providers
}

function defaultUrl(api: ProviderConfig['api']): ProviderUrl {
  const parsed = parseProviderUrl(providerApis[api].defaultUrl(noSettings) ?? '')
  if (!parsed.ok) throw new Error(`the default URL of the ${api} API cannot be parsed`)
  return parsed.value
}

function warnAboutPlainText(draft: Draft, path: Path, url: ProviderUrl): void {
  if (url.scheme === 'https' || isLoopbackHost(url.host)) return
  draft.warn(path, 'which sends prompts, answers and the credential in the clear to another machine; use https unless the network between is yours')
}

interface Place {
  readonly draft: Draft
  readonly path: Path
  readonly sources: Sources
}

function compileCredential({ draft, path, sources }: Place, written: { env: string } | { file: string } | undefined): Credential {
  if (written === undefined) return { kind: 'none' }
  if ('env' in written) return { kind: 'env', name: written.env }
  const file = resolvePath(sources, written.file)
  const state = fileState(sources, file)
  // It may be mounted later, and the provider is left out of every chain until then.
  if (state.kind === 'unreadable')
    draft.warn([...path, 'file'], `but ${sources.display(file)} cannot be read (${state.reason}); until it can, this provider is not called`)
  return { kind: 'file', path: file }
}

function compileCaFile({ draft, path, sources }: Place, written: string | undefined, url: ProviderUrl | undefined): string | undefined {
  if (written === undefined) return undefined
  if (url?.scheme === 'http') draft.problem(path, 'allowed only with an https:// url; remove it or change the url')
  const file = resolvePath(sources, written)
  const state = fileState(sources, file)
  // Envoy refuses its whole configuration when it cannot read this file.
  if (state.kind === 'unreadable')
    draft.problem(path, `but ${sources.display(file)} cannot be read (${state.reason}); paths are relative to the folder of ${sources.display(sources.path)}`)
  return file
}

/** The mapping of headers at `path`: names in lower case, each once, none of those for which `whyNot` has a reason. */
export function compileHeaders(draft: Draft, path: Path, whyNot: (name: string) => string | undefined): ReadonlyMap<string, string> {
  const headers = new Map<string, string>()
  for (const asWritten of draft.keys(path)) {
    const name = asWritten.toLowerCase()
    const reason = whyNot(name)
    if (reason !== undefined) draft.problem([...path, asWritten], `the header "${name}" is not allowed: ${reason}`, 'key')
    else if (headers.has(name)) draft.problem([...path, asWritten], `the header "${name}" is already there above in another spelling; remove one`, 'key')
    else headers.set(name, draft.pick([...path, asWritten], headerValue) ?? '')
  }
  return headers
}
