// Signatures, against a second implementation written from AWS's description, which itself is held to AWS's published example.

import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { describe, it } from 'node:test'
import { buildProvider } from '../../test/support/build-config.ts'
import { noSettings } from '../providers/provider-api.ts'
import { createAwsSigner } from './sign-aws-request.ts'

interface Signed {
  readonly method: string
  /** As it is on the wire. */
  readonly path: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string
  readonly date: string
  readonly region: string
  readonly service: string
}

const secretAccessKey = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'
const sha256 = (data: string): string => createHash('sha256').update(data).digest('hex')
const hmac = (key: string | Buffer, data: string): Buffer => createHmac('sha256', key).update(data).digest()

/** docs.aws.amazon.com, IAM user guide, "Create a signed AWS API request"; paths are encoded once more for every service but S3. */
function expectedSignature({ method, path, headers, body, date, region, service }: Signed): string {
  const encodedAgain = path.split('/').map(encodeURIComponent).join('/')
  const names = headers.map(([name]) => name).join(';')
  const canonical = [method, encodedAgain, '', ...headers.map(([name, value]) => `${name}:${value}`), '', names, sha256(body)].join('\n')
  const scope = `${date.slice(0, 8)}/${region}/${service}/aws4_request`
  const key = [region, service, 'aws4_request'].reduce<Buffer>((each, part) => hmac(each, part), hmac(`AWS4${secretAccessKey}`, date.slice(0, 8)))
  return hmac(key, ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n')).toString('hex')
}

const clock = { now: () => Date.UTC(2015, 7, 30, 12, 36), monotonic: () => 0 }
const region = { ...noSettings, region: 'us-east-1' }
const bedrock = buildProvider('bedrock', { api: 'aws-bedrock', scheme: 'https', host: 'bedrock-runtime.us-east-1.amazonaws.com', port: 443, settings: region })

describe('the second implementation', () => {
  it("gives the signature of AWS's example get-vanilla", () => {
    const headers = [['host', 'example.amazonaws.com'], ['x-amz-date', '20150830T123600Z']] as const
    const vanilla = { method: 'GET', path: '/', headers, body: '', date: '20150830T123600Z', region: 'us-east-1', service: 'service' }
    assert.equal(expectedSignature(vanilla), '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31')
  })
})

describe('a signed request', () => {
  const path = '/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fus.anthropic.claude-v1%3A0/converse-stream'
  const attempt = { method: 'POST', path, body: Buffer.from('{"messages":[{"text":"Grüße"}]}') }
  const common = { method: 'POST', path, body: attempt.body.toString(), date: '20150830T123600Z', region: 'us-east-1', service: 'bedrock' }

  it('covers method, encoded path, host, date and body', async () => {
    const sign = await createAwsSigner({ accessKeyId: 'AKIDEXAMPLE', secretAccessKey }, clock)
    const signature = expectedSignature({ ...common, headers: [['host', bedrock.host], ['x-amz-date', common.date]] })
    assert.deepEqual(await sign(bedrock, attempt), {
      'x-amz-date': '20150830T123600Z',
      authorization: `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/bedrock/aws4_request, SignedHeaders=host;x-amz-date, Signature=${signature}`,
    })
  })

  it('covers the session token, and the port of a host that has one', async () => {
    const sign = await createAwsSigner({ accessKeyId: 'AKIDEXAMPLE', secretAccessKey, sessionToken: 'a/token==' }, clock)
    const signature = expectedSignature({ ...common, headers: [['host', 'vpce.example:8443'], ['x-amz-date', common.date], ['x-amz-security-token', 'a/token==']] })
    const headers = await sign({ ...bedrock, host: 'vpce.example', port: 8443 }, attempt)
    assert.equal(headers['x-amz-security-token'], 'a/token==')
    assert.match(headers['authorization'] ?? '', new RegExp(`SignedHeaders=host;x-amz-date;x-amz-security-token, Signature=${signature}$`))
  })

  it('is another one for another body', async () => {
    const sign = await createAwsSigner({ accessKeyId: 'AKIDEXAMPLE', secretAccessKey }, clock)
    const [one, two] = [await sign(bedrock, attempt), await sign(bedrock, { ...attempt, body: Buffer.alloc(0) })]
    assert.notEqual(one['authorization'], two['authorization'])
  })
})
