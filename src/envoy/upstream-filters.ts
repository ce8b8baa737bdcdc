// The filters of an attempt, in a provider's cluster. Envoy keeps one header map per request, so what one attempt sets is still there in
// the next: every attempt must set or remove every header that any provider owns, or a fallback would carry the first provider's key.

import type { ProviderConfig } from '../config/runtime-config.ts'
import { attemptStageNeed, ownedHeaders, type AttemptStageNeed } from '../providers/attempt-stage.ts'
import { providerApis } from '../providers/index.ts'
import type { StepStage } from '../providers/plan-chain.ts'
import { duration, extension, type EnvoyObject } from './envoy-object.ts'
import { attemptCountAttribute, attemptNamespace, backendNameAttribute, routeNamespace, secretName } from './names.ts'
import { processorCall } from './processor-call.ts'
import type { RenderInput } from './render-input.ts'
import { secretReference } from './secrets.ts'

/** Filters of a cluster with one provider. */
export function providerFilters(input: RenderInput, provider: ProviderConfig, stage: StepStage): readonly EnvoyObject[] {
  // The attempt stage sets all there is to set.
  if (stage === 'convert') return [attemptStage(input, 'body'), upstreamCodec]
  const need = attemptStageNeed(input.config, provider)
  const injects = need === 'none' && provider.credential.kind === 'env'
  return [
    ...(need === 'none' ? [] : [attemptStage(input, need)]),
    headerMutation(input, provider, need),
    ...(injects ? [credentialInjector(input, provider)] : []),
    upstreamCodec,
  ]
}

/** Filters of a cluster with several providers: they are the same for all of them, so the attempt stage does everything. */
export function chainFilters(input: RenderInput, providers: readonly ProviderConfig[], stage: StepStage): readonly EnvoyObject[] {
  const needsBody = stage === 'convert' || providers.some((provider) => attemptStageNeed(input.config, provider) === 'body')
  return [attemptStage(input, needsBody ? 'body' : 'headers'), upstreamCodec]
}

const upstreamCodec = extension('envoy.filters.http.upstream_codec', 'envoy.extensions.filters.http.upstream_codec.v3.UpstreamCodec')

function attemptStage(input: RenderInput, need: Exclude<AttemptStageNeed, 'none'>): EnvoyObject {
  return extension('tollgate.attempt', 'envoy.extensions.filters.http.ext_proc.v3.ExternalProcessor', {
    grpc_service: processorCall(input, 'attempt'),
    failure_mode_allow: false,
    status_on_error: { code: 503 },
    message_timeout: duration(input.config.envoy.messageTimeoutMs),
    processing_mode: {
      request_header_mode: 'SEND',
      request_body_mode: need === 'body' ? 'BUFFERED' : 'NONE',
      response_header_mode: 'SKIP',
      response_body_mode: 'NONE',
      request_trailer_mode: 'SKIP',
      response_trailer_mode: 'SKIP',
    },
    request_attributes: [backendNameAttribute, attemptCountAttribute],
    metadata_options: { forwarding_namespaces: { untyped: [routeNamespace] }, receiving_namespaces: { untyped: [attemptNamespace] } },
    mutation_rules: { allow_all_routing: true },
  })
}

function headerMutation({ config }: RenderInput, provider: ProviderConfig, need: AttemptStageNeed): EnvoyObject {
  const api = providerApis[provider.api]
  const own = new Set(provider.headers.keys())
  // What the attempt stage set, or removed already, stays.
  if (provider.credential.kind !== 'none') for (const name of [api.credentialHeader, ...(need === 'none' ? [] : api.cloudHeaders)]) own.add(name)
  const defaults = [...api.defaultHeaders].filter(([name]) => !provider.headers.has(name))
  return extension('tollgate.headers', 'envoy.extensions.filters.http.header_mutation.v3.HeaderMutation', {
    mutations: {
      request_mutations: [
        ...[...ownedHeaders(config)].filter((name) => !own.has(name)).map((name) => ({ remove: name })),
        ...[...provider.headers].map(([name, value]) => setHeader(name, value, 'OVERWRITE_IF_EXISTS_OR_ADD')),
        ...defaults.map(([name, value]) => setHeader(name, value, 'ADD_IF_ABSENT')),
      ],
    },
  })
}

function setHeader(key: string, value: string, action: 'OVERWRITE_IF_EXISTS_OR_ADD' | 'ADD_IF_ABSENT'): EnvoyObject {
  // Values are substitution formats: a literal percent sign must be doubled.
  return { append: { header: { key, value: value.replaceAll('%', '%%') }, append_action: action } }
}

function credentialInjector(input: RenderInput, provider: ProviderConfig): EnvoyObject {
  const api = providerApis[provider.api]
  return extension('envoy.filters.http.credential_injector', 'envoy.extensions.filters.http.credential_injector.v3.CredentialInjector', {
    overwrite: true,
    credential: extension('envoy.http.injected_credentials.generic', 'envoy.extensions.http.injected_credentials.generic.v3.Generic', {
      credential: secretReference(input, secretName(provider.name)),
      header: api.credentialHeader,
      ...(api.credentialPrefix === '' ? {} : { header_value_prefix: api.credentialPrefix }),
    }),
  })
}
