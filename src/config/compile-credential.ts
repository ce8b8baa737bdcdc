// credential: → where a provider's secret, or its cloud's short-lived credentials, come from.

import { providerApis } from '../providers/index.ts'
import type { Cloud } from '../providers/provider-api.ts'
import { compileSecret, compileSecretFile } from './compile-secret.ts'
import type { Draft } from './draft.ts'
import type { CloudCredential, Credential, ProviderApiName } from './runtime-config.ts'
import { apiNames, type WrittenCredential } from './schema-providers.ts'
import type { Sources } from './sources.ts'
import type { Path } from './yaml-source.ts'

export interface CredentialPlace {
  readonly draft: Draft
  readonly path: Path
  readonly sources: Sources
}

/** Without a written one: the default chain of the API's cloud, or no credential where it has none. `api` undefined: it is wrong itself. */
export function compileCredential(place: CredentialPlace, written: WrittenCredential | undefined, api: ProviderApiName | undefined): Credential {
  const cloud = api === undefined ? undefined : providerApis[api].cloud
  if (written === undefined) return cloud === undefined || place.draft.has(place.path) ? { kind: 'none' } : defaultChains[cloud]
  if (written === 'none') return { kind: 'none' }
  if ('env' in written || 'file' in written) return compileSecret({ ...place, until }, written)
  const credential = compileCloud(place, written)
  if (api !== undefined && cloud !== credential.kind) refuseCloud(place, credential.kind, api)
  return credential
}

const defaultChains: Readonly<Record<Cloud, CloudCredential>> = {
  aws: { kind: 'aws', profile: undefined, roleArn: undefined, externalId: undefined },
  google: { kind: 'google', path: undefined },
  entra: { kind: 'entra', tenantId: undefined, clientId: undefined, clientSecret: undefined },
}

function refuseCloud({ draft, path }: CredentialPlace, kind: Cloud, api: ProviderApiName): void {
  const apis = apiNames.filter((name) => providerApis[name].cloud === kind)
  draft.problem([...path, kind], `credentials of ${kind} are for ${apis.join(' and ')}, not for ${api}: it takes {env: NAME} or {file: PATH}`, 'key')
}

const until = 'this provider is not called'

type WrittenCloud = Exclude<WrittenCredential, 'none' | { env: string } | { file: string }>

function compileCloud({ draft, path, sources }: CredentialPlace, written: WrittenCloud): CloudCredential {
  if ('aws' in written) {
    if (written.aws === 'default') return defaultChains.aws
    const { profile, role_arn: roleArn, external_id: externalId } = written.aws
    if (externalId !== undefined && roleArn === undefined)
      draft.problem([...path, 'aws', 'external_id'], 'external_id says something only about a role: add role_arn, or remove it', 'key')
    return { kind: 'aws', profile, roleArn, externalId }
  }
  if ('google' in written) {
    if (written.google === 'default') return defaultChains.google
    return { kind: 'google', path: compileSecretFile({ draft, path: [...path, 'google'], sources, until }, written.google.file) }
  }
  if (written.entra === 'default') return defaultChains.entra
  const { tenant_id: tenantId, client_id: clientId, client_secret: secret } = written.entra
  const at = [...path, 'entra', 'client_secret']
  if (secret !== undefined && (tenantId === undefined || clientId === undefined))
    draft.problem(at, 'client_secret is that of an application: add its tenant_id and client_id', 'key')
  const clientSecret = secret === undefined ? undefined : compileSecret({ draft, path: at, sources, until }, secret)
  return { kind: 'entra', tenantId, clientId, clientSecret }
}
