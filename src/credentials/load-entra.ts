// Microsoft Entra ID tokens for Azure OpenAI by Microsoft's own library: an application with its secret, or the default chain. [I/O]

import type { CloudCredential } from '../config/runtime-config.ts'
import type { Authorizer } from './authorizer.ts'
import { importOptional } from './import-optional.ts'
import type { SecretReader } from './secret-reader.ts'

export type EntraCredential = Extract<CloudCredential, { kind: 'entra' }>

/** Source: learn.microsoft.com, "Authentication" of Azure OpenAI. */
const SCOPE = 'https://cognitiveservices.azure.com/.default'

/** `secrets` reads the application's secret. A new credential each time: the library's own memory would give the old token. */
export async function loadEntra({ tenantId, clientId, clientSecret }: EntraCredential, secrets: SecretReader, env: Readonly<Record<string, string | undefined>>): Promise<Authorizer> {
  const { ClientSecretCredential, DefaultAzureCredential } = await importOptional('@azure/identity', () => import('@azure/identity'))
  // An authority that the operator named need not be confirmed by Microsoft's public one, which a closed network cannot reach.
  const options = { disableInstanceDiscovery: env['AZURE_AUTHORITY_HOST'] !== undefined }
  const tenant = tenantId === undefined ? {} : { tenantId }
  const client = clientId === undefined ? {} : { managedIdentityClientId: clientId, workloadIdentityClientId: clientId }
  const credential =
    clientSecret === undefined
      ? new DefaultAzureCredential({ ...options, ...tenant, ...client })
      : new ClientSecretCredential(tenantId ?? '', clientId ?? '', readSecret(secrets, clientSecret), options)
  const { token, expiresOnTimestamp } = await credential.getToken(SCOPE)
  const headers = { authorization: `Bearer ${token}` }
  return { expiresAtMs: expiresOnTimestamp, headers: () => headers }
}

function readSecret(secrets: SecretReader, source: Parameters<SecretReader['read']>[0]): string {
  const secret = secrets.read(source)
  if (secret === undefined) throw new Error('the client secret of the application is missing')
  return secret
}

export function entraFiles({ clientSecret }: EntraCredential): readonly string[] {
  return clientSecret?.kind === 'file' ? [clientSecret.path] : []
}
