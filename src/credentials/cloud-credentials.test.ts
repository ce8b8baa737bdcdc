// The vendors' real libraries against identity services played on loopback: what is asked, what becomes of the answer, what a rotation does.

import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { buildModel, buildProvider } from '../../test/support/build-config.ts'
import type { Credential, ProviderConfig } from '../config/runtime-config.ts'
import { silentLog } from '../core/log.ts'
import { noSettings } from '../providers/provider-api.ts'
import { createCloudCredentials, type CloudCredentials } from './cloud-credentials.ts'
import { createSecretReader } from './secret-reader.ts'

interface Asked {
  readonly url: string
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: URLSearchParams
}

/** What was asked of the identity service, and what it answers: path → JSON or XML. */
const asked: Asked[] = []
let answers: Readonly<Record<string, () => unknown>> = {}
const play: RequestListener = (request, response) => {
  const parts: Buffer[] = []
  request.on('data', (part: Buffer) => parts.push(part))
  request.on('end', () => {
    const url = request.url ?? ''
    asked.push({ url, headers: request.headers, body: new URLSearchParams(Buffer.concat(parts).toString()) })
    const answer = answers[url.split('?')[0] ?? '']?.()
    response.writeHead(answer === undefined ? 400 : 200, { 'content-type': typeof answer === 'string' ? 'text/xml' : 'application/json', 'metadata-flavor': 'Google' })
    response.end(typeof answer === 'string' ? answer : JSON.stringify(answer ?? { error: 'invalid_grant', error_description: 'no such thing' }))
  })
}

const fixture = (name: string): string => readFileSync(new URL(`../../test/fixtures/tls/${name}`, import.meta.url), 'utf8')
const plain = createServer(play)
const secure = createTlsServer({ key: fixture('localhost.key'), cert: fixture('localhost.crt') }, play)
const portOf = (server: Server): number => {
  const address = server.address()
  // A TCP server has one with a port.
  return (address as AddressInfo).port
}

const home = mkdtempSync(join(tmpdir(), 'tollgate-cloud-'))
const environment = { ...process.env }
before(async () => {
  for (const server of [plain, secure]) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
beforeEach(() => {
  asked.length = 0
  answers = {}
  // The libraries read the environment of the process by themselves; nothing of this machine's may be found.
  for (const name of Object.keys(process.env)) if (/^(AWS|GOOGLE|GCE|GCLOUD|AZURE|IDENTITY|MSI)_/.test(name)) delete process.env[name]
  Object.assign(process.env, { HOME: home, AWS_EC2_METADATA_DISABLED: 'true', METADATA_SERVER_DETECTION: 'none' })
})
afterEach(() => {
  for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name]
  Object.assign(process.env, environment)
})
after(() => {
  for (const server of [plain, secure]) {
    server.close()
    server.closeAllConnections()
  }
  rmSync(home, { recursive: true })
})

let nowMs = Date.now()
const clock = { now: () => nowMs, monotonic: () => nowMs }
const later = (ms: number): string => new Date(nowMs + ms).toISOString()

function cloud(): CloudCredentials & { readonly refreshes: string[] } {
  nowMs = Date.now()
  const env = process.env
  const refreshes: string[] = []
  const onRefresh: Parameters<typeof createCloudCredentials>[0]['onRefresh'] = ({ cloud: name, result }) => refreshes.push(`${name} ${result}`)
  const secrets = createSecretReader({ env, log: silentLog, clock })
  return { ...createCloudCredentials({ env, secrets, clock, random: () => 0, log: silentLog, onRefresh }), refreshes }
}

function writeFile(name: string, content: unknown): string {
  const path = join(home, name)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

const attempt = { method: 'POST', path: '/x', body: Buffer.from('{}') }
const aws = (changes: Partial<Extract<Credential, { kind: 'aws' }>> = {}): ProviderConfig =>
  buildProvider('bedrock', { api: 'aws-bedrock', settings: { ...noSettings, region: 'us-east-1' }, credential: { kind: 'aws', profile: undefined, roleArn: undefined, externalId: undefined, ...changes } })
const google = (path?: string): ProviderConfig => buildProvider('vertex', { api: 'gcp-vertex', credential: { kind: 'google', path } })
const entra = (changes: Partial<Extract<Credential, { kind: 'entra' }>> = {}): ProviderConfig =>
  buildProvider('azure', { api: 'azure-openai', credential: { kind: 'entra', tenantId: undefined, clientId: undefined, clientSecret: undefined, ...changes } })

async function headerOf(credentials: CloudCredentials, provider: ProviderConfig): Promise<string> {
  return (await credentials.authorize(provider, attempt))?.['authorization'] ?? 'none'
}

function stsAnswer(action: string, accessKeyId: string): string {
  const fields = `<AccessKeyId>${accessKeyId}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>session</SessionToken><Expiration>${later(3_600_000)}</Expiration>`
  return `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result><Credentials>${fields}</Credentials></${action}Result></${action}Response>`
}

describe('AWS', () => {
  it('exchanges a web identity token at STS, and reads the rotated token before the end of what it gave', async () => {
    process.env['AWS_ENDPOINT_URL_STS'] = `http://127.0.0.1:${portOf(plain)}`
    process.env['AWS_ROLE_ARN'] = 'arn:aws:iam::123456789012:role/pod'
    process.env['AWS_WEB_IDENTITY_TOKEN_FILE'] = writeFile('token', 'jwt-1')
    answers = { '/': () => stsAnswer('AssumeRoleWithWebIdentity', `ASIA${asked.length}`) }
    const credentials = cloud()
    assert.match(await headerOf(credentials, aws()), /Credential=ASIA1\/\d{8}\/us-east-1\/bedrock\//)
    assert.deepEqual([asked[0]?.body.get('WebIdentityToken'), asked[0]?.body.get('RoleArn')], ['jwt-1', 'arn:aws:iam::123456789012:role/pod'])
    assert.equal((await credentials.authorize(aws(), attempt))?.['x-amz-security-token'], 'session')
    writeFile('token', 'jwt-2')
    nowMs += 3_600_000 - 10 * 60_000
    // The old one signs while the new one is fetched.
    assert.match(await headerOf(credentials, aws()), /Credential=ASIA1\//)
    await until(() => credentials.refreshes.length === 2)
    assert.match(await headerOf(credentials, aws()), /Credential=ASIA2\//)
    assert.equal(asked[1]?.body.get('WebIdentityToken'), 'jwt-2')
  })

  it('assumes a role with what the chain gives', async () => {
    Object.assign(process.env, { AWS_ENDPOINT_URL_STS: `http://127.0.0.1:${portOf(plain)}`, AWS_ACCESS_KEY_ID: 'AKIAMASTER', AWS_SECRET_ACCESS_KEY: 's' })
    answers = { '/': () => stsAnswer('AssumeRole', 'ASIAROLE') }
    const provider = aws({ roleArn: 'arn:aws:iam::123456789012:role/llm', externalId: 'ext' })
    assert.match(await headerOf(cloud(), provider), /Credential=ASIAROLE\//)
    assert.deepEqual(['RoleArn', 'ExternalId', 'RoleSessionName'].map((name) => asked[0]?.body.get(name)), ['arn:aws:iam::123456789012:role/llm', 'ext', 'tollgate'])
    assert.match(String(asked[0]?.headers['authorization']), /Credential=AKIAMASTER\//)
  })

  it('takes a rotated shared file into use within seconds', async () => {
    const profile = (key: string): string => `[work]\naws_access_key_id = ${key}\naws_secret_access_key = s\n`
    process.env['AWS_SHARED_CREDENTIALS_FILE'] = writeFile('credentials', profile('AKIAOLD'))
    const credentials = cloud()
    const provider = aws({ profile: 'work' })
    assert.match(await headerOf(credentials, provider), /Credential=AKIAOLD\//)
    writeFile('credentials', profile('AKIAROTATED'))
    nowMs += 1_000
    credentials.check()
    await until(() => credentials.refreshes.length === 2)
    assert.match(await headerOf(credentials, provider), /Credential=AKIAROTATED\//)
  })

  it('is not usable where there is nothing, and says why', async () => {
    const credentials = cloud()
    assert.ok(credentials.usable(aws()))
    assert.equal(await headerOf(credentials, aws()), 'none')
    assert.ok(!credentials.usable(aws()))
    assert.match(credentials.failure(aws()) ?? '', /Could not load credentials from any providers/)
    assert.deepEqual(credentials.refreshes, ['aws failure'])
  })
})

describe('Google', () => {
  const federation = (name: string, audience: string): string =>
    writeFile(name, {
      type: 'external_account',
      audience,
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: `http://127.0.0.1:${portOf(plain)}/token`,
      credential_source: { file: writeFile('subject', 'kubernetes-jwt') },
      quota_project_id: 'quota-project',
    })
  const token = (): unknown => ({ access_token: `ya29.${asked.length}`, expires_in: 3600, token_type: 'Bearer', issued_token_type: 'urn:ietf:params:oauth:token-type:access_token' })

  it('exchanges a workload identity, for the scope of Vertex AI', async () => {
    answers = { '/token': token }
    const provider = google(federation('wif.json', '//iam.googleapis.com/pool'))
    const credentials = cloud()
    assert.deepEqual(await credentials.authorize(provider, attempt), { authorization: 'Bearer ya29.1', 'x-goog-user-project': 'quota-project' })
    assert.deepEqual(['subject_token', 'scope', 'audience'].map((name) => asked[0]?.body.get(name)), ['kubernetes-jwt', 'https://www.googleapis.com/auth/cloud-platform', '//iam.googleapis.com/pool'])
    const named = { ...provider, headers: new Map([['x-goog-user-project', 'mine']]) }
    assert.deepEqual(await credentials.authorize(named, attempt), { authorization: 'Bearer ya29.1' })
  })

  it('finds the file that the environment names, and asks once for providers that share it', async () => {
    process.env['GOOGLE_APPLICATION_CREDENTIALS'] = federation('adc.json', '//iam.googleapis.com/adc')
    answers = { '/token': token }
    const credentials = cloud()
    credentials.follow({ models: new Map([['m', buildModel('m', google(), { ...google(), name: 'claude', api: 'gcp-vertex-claude' })]]) })
    assert.deepEqual([await headerOf(credentials, google()), await headerOf(credentials, { ...google(), name: 'claude' })], ['Bearer ya29.1', 'Bearer ya29.1'])
    assert.equal(asked.length, 1)
  })

  it('says why a token was refused, without the assertion', async () => {
    const credentials = cloud()
    const provider = google(federation('refused.json', '//iam.googleapis.com/none'))
    assert.equal(await headerOf(credentials, provider), 'none')
    assert.match(credentials.failure(provider) ?? '', /invalid_grant/)
    assert.doesNotMatch(credentials.failure(provider) ?? '', /kubernetes-jwt/)
  })
})

describe('Microsoft Entra ID', () => {
  it('asks for the token of a managed identity', async () => {
    Object.assign(process.env, { IDENTITY_ENDPOINT: `http://127.0.0.1:${portOf(plain)}/msi`, IDENTITY_HEADER: 'proof' })
    answers = { '/msi': () => ({ access_token: 'managed', expires_on: String(Math.floor(nowMs / 1000) + 3600), resource: 'r', token_type: 'Bearer' }) }
    assert.equal(await headerOf(cloud(), entra()), 'Bearer managed')
    assert.match(asked[0]?.url ?? '', /resource=https%3A%2F%2Fcognitiveservices\.azure\.com$/)
    assert.equal(asked[0]?.headers['x-identity-header'], 'proof')
  })

  it('asks for the token of an application, at the authority that the environment names, with the secret of the moment', async () => {
    const authority = `https://localhost:${portOf(secure)}`
    // Its certificate is signed by nobody.
    Object.assign(process.env, { AZURE_AUTHORITY_HOST: authority, NODE_TLS_REJECT_UNAUTHORIZED: '0' })
    answers = {
      '/tenant/v2.0/.well-known/openid-configuration': () => ({ issuer: `${authority}/tenant/v2.0`, token_endpoint: `${authority}/tenant/token`, authorization_endpoint: `${authority}/tenant/authorize`, jwks_uri: `${authority}/keys` }),
      '/tenant/token': () => ({ access_token: `application-${asked.at(-1)?.body.get('client_secret') ?? ''}`, expires_in: 3600, token_type: 'Bearer' }),
    }
    const path = writeFile('secret', 'one\n')
    const provider = entra({ tenantId: 'tenant', clientId: 'client', clientSecret: { kind: 'file', path } })
    const credentials = cloud()
    assert.equal(await headerOf(credentials, provider), 'Bearer application-one')
    assert.deepEqual(['client_id', 'scope', 'grant_type'].map((name) => asked.at(-1)?.body.get(name)), ['client', 'https://cognitiveservices.azure.com/.default', 'client_credentials'])
    writeFile('secret', 'three\n')
    nowMs += 1_000
    credentials.check()
    await until(() => credentials.refreshes.length === 2)
    assert.equal(await headerOf(credentials, provider), 'Bearer application-three')
  })
})

/** Waits for what the event loop still has to do; the runner's time limit ends a wait for what never comes. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}
