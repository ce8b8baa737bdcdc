// AWS Signature Version 4 for Bedrock, computed by the vendor's own library over exactly what Envoy will send.
// Source: docs.aws.amazon.com, IAM user guide, "AWS Signature Version 4 for API requests".

import { createHash, createHmac } from 'node:crypto'
import type { SourceData } from '@smithy/types'
import type { ProviderConfig } from '../config/runtime-config.ts'
import type { Clock } from '../core/clock.ts'
import { hostHeader } from '../providers/host-header.ts'
import type { AttemptRequest } from './attempt-request.ts'
import type { CredentialHeaders } from './authorizer.ts'
import { importOptional } from './import-optional.ts'

export interface AwsIdentity {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

export type SignAwsRequest = (provider: ProviderConfig, attempt: AttemptRequest) => Promise<CredentialHeaders>

/** Host, date and session token are signed, and the body through its hash; other headers may change on their way through Envoy. */
export async function createAwsSigner(identity: AwsIdentity, clock: Clock): Promise<SignAwsRequest> {
  const { SignatureV4 } = await importOptional('@smithy/signature-v4', () => import('@smithy/signature-v4'))
  return async (provider, { method, path, body }) => {
    // Undefined never: the configuration refuses a Bedrock provider without region.
    const region = provider.settings.region ?? ''
    const signer = new SignatureV4({ credentials: identity, region, service: 'bedrock', sha256: Sha256, applyChecksum: false })
    const { pathname, query } = splitPath(path)
    const request = { method, protocol: `${provider.scheme}:`, hostname: provider.host, path: pathname, query, headers: { host: hostHeader(provider) }, body }
    const { headers } = await signer.sign(request, { signingDate: new Date(clock.now()) })
    return Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'host'))
  }
}

function splitPath(path: string): { readonly pathname: string; readonly query: Record<string, string> } {
  const at = path.indexOf('?')
  return at === -1 ? { pathname: path, query: {} } : { pathname: path.slice(0, at), query: Object.fromEntries(new URLSearchParams(path.slice(at + 1))) }
}

/** SHA-256, or with a key HMAC-SHA-256, in the form that the library asks for. */
class Sha256 {
  readonly #hash: { update(data: Uint8Array): unknown; digest(): Buffer }

  constructor(key?: SourceData) {
    this.#hash = key === undefined ? createHash('sha256') : createHmac('sha256', bytes(key))
  }

  update(data: Uint8Array): void {
    this.#hash.update(data)
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest())
  }

  reset(): void {
    throw new Error('A hash is used once.')
  }
}

function bytes(data: SourceData): Buffer {
  if (typeof data === 'string') return Buffer.from(data)
  return ArrayBuffer.isView(data) ? Buffer.from(data.buffer, data.byteOffset, data.byteLength) : Buffer.from(data)
}
