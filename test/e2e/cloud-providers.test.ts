// What providers in the clouds really receive through Envoy: their paths, their tokens, and nothing of what an attempt before them was given.

import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { after, before, beforeEach, describe, it } from 'node:test'
import { createCleanup } from './support/cleanup.ts'
import { envoyBinary, envoysUnderTest } from './support/envoy-binaries.ts'
import { type Gateway, startGateway } from './support/gateway.ts'
import { type Client, createClient } from './support/send.ts'
import { startUpstream, type Upstream } from './support/upstream.ts'

const answer = '{"id":"1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}'
const body = '{"model":"gpt-4o","messages":[{"role":"user","content":"hi"}]}'

const awsSecret = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'
const hmac = (key: string | Buffer, data: string): Buffer => createHmac('sha256', key).update(data).digest()
const sha256 = (data: string): string => createHash('sha256').update(data).digest('hex')

/** What AWS would compute for a POST to Bedrock (docs.aws.amazon.com, "Create a signed AWS API request"). */
function signature({ path, host, date, token, body: sent }: Readonly<Record<'path' | 'host' | 'date' | 'token' | 'body', string>>): string {
  const encodedAgain = path.split('/').map(encodeURIComponent).join('/')
  const names = 'host;x-amz-date;x-amz-security-token'
  const canonical = ['POST', encodedAgain, '', `host:${host}`, `x-amz-date:${date}`, `x-amz-security-token:${token}`, '', names, sha256(sent)].join('\n')
  const key = ['us-east-1', 'bedrock', 'aws4_request'].reduce<Buffer>((each, part) => hmac(each, part), hmac(`AWS4${awsSecret}`, date.slice(0, 8)))
  return hmac(key, ['AWS4-HMAC-SHA256', date, `${date.slice(0, 8)}/us-east-1/bedrock/aws4_request`, sha256(canonical)].join('\n')).toString('hex')
}

for (const { version, skip } of envoysUnderTest().filter(({ version: each }) => each === '1.38' || each === '1.40')) {
  describe(`Envoy ${version}: providers in a cloud`, { skip }, () => {
    const cleanup = createCleanup()
    let identity: Upstream
    let azure: Upstream
    let dated: Upstream
    let groq: Upstream
    let bedrock: Upstream
    let gateway: Gateway
    let client: Client

    before(async () => {
      const start = async (behaviour: Parameters<typeof startUpstream>[0]): Promise<Upstream> => cleanup.defer(await startUpstream(behaviour), (each) => each.close())
      const expires = Math.floor(Date.now() / 1000) + 3600
      identity = await start({ status: 200, body: JSON.stringify({ access_token: 'entra-token', expires_on: String(expires), resource: 'r', token_type: 'Bearer' }) })
      azure = await start({ status: 200, body: answer })
      dated = await start({ status: 200, body: answer })
      groq = await start({ status: 200, body: answer })
      bedrock = await start({ status: 200, body: '{"embedding":[0.5,0.25],"inputTextTokenCount":3}' })
      const yaml = `
providers:
  azure: {api: azure-openai, url: "http://127.0.0.1:${azure.port}"}
  dated: {api: azure-openai, url: "http://127.0.0.1:${dated.port}", api_version: "2024-10-21", credential: {env: AZURE_TEST_KEY}}
  groq: {api: groq, url: "http://127.0.0.1:${groq.port}", credential: {env: GROQ_TEST_KEY}}
  bedrock: {api: aws-bedrock, region: us-east-1, url: "http://127.0.0.1:${bedrock.port}"}
models:
  titan: {providers: [{use: bedrock, model: "amazon.titan-embed-text-v2:0"}]}
  gpt-4o: {providers: [azure, {use: dated, model: "my/deployment"}, {use: groq, model: llama}]}
`
      const environment = { IDENTITY_ENDPOINT: `http://127.0.0.1:${identity.port}/msi`, IDENTITY_HEADER: 'proof', AZURE_TEST_KEY: 'azure-key', GROQ_TEST_KEY: 'groq-key', AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: awsSecret, AWS_SESSION_TOKEN: 'session' }
      gateway = cleanup.defer(await startGateway({ yaml, environment, envoy: envoyBinary(version) }), (each) => each.stop())
      client = cleanup.defer(createClient(gateway.url), (each) => each.close())
    })
    beforeEach(() => {
      for (const upstream of [azure, dated, groq]) {
        upstream.seen.length = 0
        upstream.behaviour = { status: 200, body: answer }
      }
    })
    after(() => cleanup.run())

    it('get a token of their identity service, asked for once', async () => {
      for (let request = 0; request < 3; request += 1) assert.equal((await client.post('/v1/chat/completions?api-version=client', body)).status, 200)
      assert.deepEqual(azure.seen.map(({ path, headers }) => [path, headers['authorization'], headers['api-key']]), Array(3).fill(['/openai/v1/chat/completions', 'Bearer entra-token', undefined]))
      assert.equal(identity.seen.length, 1)
    })

    it('get nothing of an attempt before them', async () => {
      azure.behaviour = { status: 503 }
      dated.behaviour = { status: 429 }
      const got = await client.post('/v1/chat/completions', body, { 'api-key': 'client', 'x-amz-security-token': 'client', 'x-goog-user-project': 'client' })
      assert.deepEqual([got.status, got.headers['x-ai-provider']], [200, 'groq'])
      const [second, third] = [dated.seen[0], groq.seen[0]]
      assert.equal(second?.path, '/openai/deployments/my%2Fdeployment/chat/completions?api-version=2024-10-21')
      assert.deepEqual([second.headers['api-key'], second.headers['authorization']], ['azure-key', undefined])
      assert.equal(third?.path, '/openai/v1/chat/completions')
      assert.deepEqual([third.headers['authorization'], third.headers['api-key'], third.headers['x-amz-security-token'], third.headers['x-goog-user-project']], ['Bearer groq-key', undefined, undefined, undefined])
      assert.match(third.body, /"model":"llama"/)
    })

    it('get a signature over exactly what reaches them', async () => {
      const got = await client.post('/v1/embeddings', '{"model":"titan","input":"hi"}')
      assert.deepEqual([got.status, bedrock.seen.length], [200, 1], got.body)
      const [seen] = bedrock.seen
      assert.equal(seen?.path, '/model/amazon.titan-embed-text-v2%3A0/invoke')
      const sent = { host: String(seen.headers.host), date: String(seen.headers['x-amz-date']), token: String(seen.headers['x-amz-security-token']) }
      assert.equal(sent.host, `127.0.0.1:${bedrock.port}`)
      assert.equal(sent.token, 'session')
      assert.match(String(seen.headers.authorization), new RegExp(`Credential=AKIDEXAMPLE/\\d{8}/us-east-1/bedrock/.*Signature=${signature({ ...sent, path: seen.path, body: seen.body })}$`))
    })

    it('are called at their own hosts, whatever host a client names', async () => {
      const hostile = { host: 'evil.example', 'x-forwarded-host': 'evil.example', 'x-envoy-original-dst-host': '127.0.0.1:1', 'x-ai-eg-model': 'http://evil.example/' }
      assert.equal((await client.post('/v1/chat/completions', body, hostile)).status, 200)
      assert.equal(azure.seen[0]?.headers.host, `127.0.0.1:${azure.port}`)
      const unknown = await client.post('/v1/chat/completions', body.replace('gpt-4o', '//evil.example/..'))
      assert.equal(unknown.status, 404)
    })
  })
}
