// providers: → ProviderConfig by name.

import { isLoopbackHost } from '../core/loopback-host.ts'
import { compileCredential } from './compile-credential.ts'
import { apiOf, compileProviderSettings, defaultUrl } from './compile-provider-settings.ts'
import type { Draft } from './draft.ts'
import { parseProviderUrl, type ProviderUrl } from './parse-provider-url.ts'
import { whyNotProviderHeader } from './reserved-names.ts'
import type { ProviderApiName, ProviderConfig } from './runtime-config.ts'
import { headerValue } from './schema-names.ts'
import { providerSchema } from './schema-providers.ts'
import { fileState, resolvePath, type Sources } from './sources.ts'
import type { Path } from './yaml-source.ts'

/** Providers that are wrong are left out; their names are still known to `draft.keys`. */
export function compileProviders(draft: Draft, sources: Sources): ReadonlyMap<string, ProviderConfig> {
  const providers = new Map<string, ProviderConfig>()
  for (const name of draft.keys(['providers'])) {
    const provider = compileProvider(draft, sources, name)
    if (provider !== undefined) providers.set(name, provider)
  }
  return providers
}

function compileProvider(draft: Draft, sources: Sources, name: string): ProviderConfig | undefined {
  const shape = providerSchema.shape
  const path: Path = ['providers', name]
  const written = draft.pick([...path, 'api'], shape.api)
  const api = written === undefined ? undefined : apiOf(written)
  const settings = written === undefined ? undefined : compileProviderSettings(draft, path, written)
  const usual = written === undefined || settings === undefined ? undefined : defaultUrl(written, settings)
  if (usual === undefined && api === 'azure-openai' && !draft.has([...path, 'url']))
    draft.problem(path, 'the key "url" is missing, which azure-openai needs: url: https://NAME.openai.azure.com', 'key')
  const url = draft.pick([...path, 'url'], shape.url) ?? parseUsual(usual)
  if (url !== undefined) checkUrl(draft, [...path, 'url'], url, api)
  const credential = compileCredential({ draft, path: [...path, 'credential'], sources }, draft.pick([...path, 'credential'], shape.credential), api)
  const headers = compileHeaders(draft, [...path, 'headers'], whyNotProviderHeader)
  const caFile = compileCaFile({ draft, path: [...path, 'ca_file'], sources }, draft.pick([...path, 'ca_file'], shape.ca_file), url)
  if (draft.pick(path, providerSchema) === undefined || api === undefined || url === undefined || settings === undefined) return undefined
  return { name, api, ...url, settings, credential, headers, caFile }
}

/** Undefined too when a setting that belongs into the host is missing or wrong, which is a problem already. */
function parseUsual(url: string | undefined): ProviderUrl | undefined {
  const parsed = parseProviderUrl(url ?? '')
  return parsed.ok ? parsed.value : undefined
}

function checkUrl(draft: Draft, path: Path, url: ProviderUrl, api: ProviderApiName | undefined): void {
  if (api === 'azure-openai' && url.pathPrefix.endsWith('/openai'))
    draft.problem(path, 'allowed: a URL without the final /openai, because Tollgate appends paths that begin with it; remove it')
  warnAboutPlainText(draft, path, url)
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
