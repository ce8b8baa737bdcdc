import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { describe, it } from 'node:test'
import { SignatureV4 } from '@smithy/signature-v4'
import { checkAwsSignature, mockAwsKey } from './check-aws-signature.ts'
import type { HeaderRefusal, SignedRequest } from './provider-behaviour.ts'

const arn = 'arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-4-20250514-v1:0'
const path = `/model/${encodeURIComponent(arn)}/converse`
const body = Buffer.from('{"messages":[]}')

class Hash {
  readonly #hash: { update(data: Uint8Array): unknown; digest(): Buffer }
  constructor(key?: unknown) {
    this.#hash = key === undefined ? createHash('sha256') : createHmac('sha256', typeof key === 'string' ? key : Buffer.from(key as Uint8Array))
  }
  update(data: string | Uint8Array): void {
    this.#hash.update(Buffer.from(data as Uint8Array))
  }
  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest())
  }
  reset(): void {}
}

interface Choices {
  readonly service?: string
  readonly key?: Partial<typeof mockAwsKey> | { accessKeyId: string }
  readonly query?: Record<string, string>
  readonly session?: string
}

// The vendor's own signer, apart from which the check was written.
async function sign({ service = 'bedrock', key, query = {}, session }: Choices = {}): Promise<Record<string, string>> {
  const credentials = { ...mockAwsKey, ...key, ...(session === undefined ? {} : { sessionToken: session }) }
  const signer = new SignatureV4({ credentials, region: 'us-east-1', service, sha256: Hash, applyChecksum: false })
  const request = { method: 'POST', protocol: 'https:', hostname: 'bedrock.test', path, query, headers: { host: 'bedrock.test', 'x-extra': ' two   words ' }, body }
  return (await signer.sign(request, { signingDate: new Date(1_700_000_000_000) })).headers
}

function check(headers: Record<string, string>, request: Partial<SignedRequest> = {}): HeaderRefusal | undefined {
  return checkAwsSignature(headers, { method: 'POST', path, query: '', body, ...request }, 'bedrock')
}

describe('the check of AWS signatures', () => {
  it('takes what the vendor’s library signs: paths encoded twice, queries, session tokens, headers with spaces', async () => {
    assert.equal(check(await sign()), undefined)
    assert.equal(check(await sign({ session: 'token' })), undefined)
    assert.equal(check(await sign({ query: { b: '2', a: 'x y' } }), { query: 'b=2&a=x%20y' }), undefined)
  })

  it('refuses whatever was changed after signing', async () => {
    const headers = await sign({ session: 'token' })
    for (const request of [{ body: Buffer.from('{}') }, { method: 'PUT' }, { path: `${path}-stream` }, { path: `/model/${arn}/converse` }, { query: 'a=1' }]) {
      assert.deepEqual([check(headers, request)?.status, check(headers, request)?.type], [403, 'InvalidSignatureException'])
    }
    for (const name of ['host', 'x-amz-security-token', 'x-extra']) assert.match(check({ ...headers, [name]: 'other' })?.message ?? '', /does not match the signature you provided/)
    assert.match(check({ ...headers, 'x-amz-date': '20231114T221321Z' })?.message ?? '', /does not match the signature/)
    const authorization = headers['authorization'] ?? ''
    assert.match(check({ ...headers, authorization: authorization.slice(0, -1) })?.message ?? '', /does not match the signature/)
  })

  it('refuses another key, secret, service or day, and signatures without host or date', async () => {
    assert.equal(check(await sign({ key: { accessKeyId: 'AKIDOTHER' } }))?.type, 'UnrecognizedClientException')
    assert.equal(check(await sign({ key: { secretAccessKey: 'other' } as never }))?.type, 'InvalidSignatureException')
    assert.match(check(await sign({ service: 's3' }))?.message ?? '', /correct service: 'bedrock'/)
    const headers = await sign()
    assert.match(check({ ...headers, 'x-amz-date': '20231115T221320Z' })?.message ?? '', /Date in Credential scope/)
    assert.match(check({ ...headers, authorization: (headers['authorization'] ?? '').replace('host;', '') })?.message ?? '', /'host' must be a 'SignedHeader'/)
  })

  it('refuses what is no signature', async () => {
    const { authorization = '' } = await sign()
    for (const broken of ['AWS4-HMAC-SHA256', authorization.replace(/Signature=.*/, ''), authorization.replace(/SignedHeaders=[^,]*, /, ''), authorization.replace('/aws4_request', '')]) {
      assert.equal(check({ authorization: broken })?.type, 'IncompleteSignatureException')
    }
  })
})
