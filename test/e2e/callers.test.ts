// Who is calling, through a real Envoy: keys that are made and revoked, tokens that Envoy verifies, and everything that is refused.

import assert from 'node:assert/strict'
import { request } from 'node:http'
import { after, before, describe, it } from 'node:test'
import { type MockProvider, startMockProvider } from '../../src/mock/mock-provider.ts'
import { createCleanup } from './support/cleanup.ts'
import { type Gateway, startGateway } from './support/gateway.ts'
import { type Answer, type Client, createClient } from './support/send.ts'
import { createTokenIssuer, serveJwks } from './support/token-issuer.ts'
import { runTollgate } from './support/tollgate-process.ts'
import { until } from './support/until.ts'

const yaml = (openai: number, anthropic: number, jwksUrl: string) => `
providers:
  openai: {api: openai, url: "http://127.0.0.1:${openai}"}
  anthropic: {api: anthropic, url: "http://127.0.0.1:${anthropic}"}
models:
  gpt-4o: {providers: [openai]}
  gpt-4o-mini: {providers: [openai]}
  claude: {providers: [anthropic]}
routes: [{when: {headers: {priority: high}}, model: claude}]
callers:
  - {api_keys: keys.yaml, attributes: [project]}
  - jwt:
      issuer: https://login.test/
      audiences: [tollgate]
      jwks: {file: jwks.json}
      claims: {user: sub, team: org.team, level: level, staff: staff}
      models_claim: models
  - jwt: {issuer: https://other.test/, audiences: [tollgate], jwks: {url: "${jwksUrl}"}, claims: {user: email}}
  - jwt: {issuer: https://away.test/, audiences: [tollgate], jwks: {url: "http://127.0.0.1:9/jwks"}, claims: {user: sub}}
  - {headers: {user: x-user-id}, models: [gpt-4o-mini]}
`
const chat = { model: 'gpt-4o', messages: [{ role: 'user', content: 'hi' }] }
const SECRET_LENGTH = 40

describe('callers', () => {
  const cleanup = createCleanup()
  const login = createTokenIssuer('https://login.test/')
  const other = createTokenIssuer('https://other.test/', 'ES256')
  const stranger = createTokenIssuer('https://login.test/')
  let openai: MockProvider
  let gateway: Gateway
  let client: Client

  before(async () => {
    openai = cleanup.defer(await startMockProvider({ api: 'openai', address: '127.0.0.1:0' }), (each) => each.close())
    const anthropic = cleanup.defer(await startMockProvider({ api: 'anthropic', address: '127.0.0.1:0' }), (each) => each.close())
    const jwks = cleanup.defer(await serveJwks(other.jwks), (each) => each.close())
    gateway = cleanup.defer(await startGateway({ yaml: yaml(openai.port, anthropic.port, jwks.url), files: { 'jwks.json': login.jwks } }), (each) => each.stop())
    client = cleanup.defer(createClient(gateway.url), (each) => each.close())
  })
  after(() => cleanup.run())

  /** Requests that have a line in the log, sooner or later. */
  let asked = 0
  const ask = (headers: Readonly<Record<string, string>>, body: object = chat, path = '/v1/chat/completions'): Promise<Answer> => {
    asked += 1
    return client.post(path, body, headers)
  }
  const get = (path: string, headers: Readonly<Record<string, string>>): Promise<Answer> => {
    asked += 1
    return client.get(path, headers)
  }
  const bearer = (credential: string) => ({ authorization: `Bearer ${credential}` })

  async function newKey(...options: readonly string[]): Promise<string> {
    const made = await runTollgate(['keys', 'new', '-c', gateway.configPath, ...options], { directory: gateway.directory })
    assert.equal(made.code, 0, made.stderr)
    return made.stdout.trim()
  }

  /** The caller in the log line of the next exchange. */
  async function callerOf(headers: Readonly<Record<string, string>>): Promise<unknown> {
    const answer = await ask(headers)
    assert.equal(answer.status, 200, answer.body)
    const line = await until('the exchange is logged', () => gateway.exchanges()[asked - 1])
    return line['caller']
  }

  function refusal(answer: Answer): { readonly status: number; readonly code: unknown; readonly message: string } {
    const { error } = JSON.parse(answer.body) as { error: { code: unknown; message: string } }
    return { status: answer.status, code: error.code, message: error.message }
  }

  /** Sends names and values as they are, repeated ones too. */
  function askRaw(headers: readonly string[]): Promise<string> {
    return new Promise((resolve, reject) => {
      const call = request(`${gateway.url}/v1/chat/completions`, { method: 'POST', agent: false, headers }, (response) => {
        const parts: Buffer[] = []
        response.on('data', (part: Buffer) => parts.push(part))
        response.on('end', () => resolve(Buffer.concat(parts).toString()))
      })
      call.on('error', reject)
      call.end(JSON.stringify(chat))
    })
  }

  describe('with a key of Tollgate', () => {
    it('are who the key says, in the header of any SDK, and the provider never sees it', async () => {
      const key = await newKey('--user', 'alice', '--team', 'research', '-a', 'project=apollo')
      const id = key.split('-')[1]
      for (const headers of [bearer(key), { 'x-api-key': key }, { 'api-key': key }, { ...bearer(key), 'x-api-key': key }]) {
        assert.deepEqual(await callerOf({ ...headers, 'x-user-id': 'mallory' }), { user: 'alice', team: 'research', project: 'apollo', key_id: id })
        const seen = openai.requests().at(-1)
        assert.ok(!JSON.stringify(seen).includes(key.slice(-SECRET_LENGTH)))
        assert.equal(seen?.headers['x-user-id'], undefined)
      }
    })

    it('are refused within a second after it was revoked, by name', async () => {
      const key = await newKey('--user', 'bob')
      assert.equal((await ask(bearer(key))).status, 200)
      const revoked = await runTollgate(['keys', 'revoke', key.split('-')[1] ?? '', '-c', gateway.configPath], { directory: gateway.directory })
      const startedAt = performance.now()
      assert.equal(revoked.code, 0, revoked.stderr)
      const answer = await until('the key is refused', async () => {
        const next = await ask(bearer(key))
        return next.status === 401 ? next : undefined
      })
      assert.ok(performance.now() - startedAt < 1_000)
      assert.match(refusal(answer).message, /^The API key \w{10} was revoked\.$/)
    })

    it('are refused when it is unknown or no key at all, in the words of their SDK, without repeating it', async () => {
      const unknown = `tg-0123456789-${'a'.repeat(SECRET_LENGTH)}`
      const answer = refusal(await ask(bearer(unknown)))
      assert.deepEqual(answer, { status: 401, code: 'invalid_api_key', message: 'This API key is unknown here.' })
      const anthropic = await ask({ 'x-api-key': 'sk-ant-of-somebody-else', 'anthropic-version': '2023-06-01' }, { ...chat, max_tokens: 10 }, '/v1/messages')
      assert.equal(anthropic.status, 401)
      assert.match(anthropic.body, /^\{"type":"error","error":\{"type":"authentication_error","message":"The credential in the header x-api-key is unknown here/)
      assert.ok(!anthropic.body.includes('sk-ant'))
      assert.equal(refusal(await ask({ authorization: 'Basic YTpi' })).status, 401)
    })

    it('may use the models of the key only, whichever way a model is chosen, and see no others', async () => {
      const key = await newKey('--user', 'carol', '--models', 'gpt-4o-*')
      assert.equal((await ask(bearer(key), { ...chat, model: 'gpt-4o-mini' })).status, 200)
      for (const headers of [{}, { priority: 'high' }]) {
        const refused = refusal(await ask({ ...bearer(key), ...headers }))
        assert.deepEqual([refused.status, refused.code], [403, 'model_not_allowed'])
      }
      assert.match(refusal(await ask({ ...bearer(key), priority: 'high' })).message, /"claude"/)
      const list = JSON.parse((await get('/v1/models', bearer(key))).body) as { data: { id: string }[] }
      assert.deepEqual(list.data.map((model) => model.id), ['gpt-4o-mini'])
      assert.equal((await get('/v1/models/gpt-4o', bearer(key))).status, 403)
    })
  })

  describe('with a token', () => {
    it('are who its claims say, nested ones and numbers too, in any of the headers', async () => {
      const token = login.token({ sub: 'dora', org: { team: 'blue' }, level: 7, staff: true, models: ['gpt-4*'] })
      for (const headers of [bearer(token), { 'x-api-key': token }, { 'api-key': token }, { ...bearer(token), 'x-api-key': token }]) {
        assert.deepEqual(await callerOf(headers), { user: 'dora', team: 'blue', level: '7', staff: 'true' })
      }
      assert.ok(!JSON.stringify(openai.requests()).includes(token.split('.')[2] ?? ''))
    })

    it('are known by the keys of a server as well', async () => {
      assert.deepEqual(await callerOf(bearer(other.token({ email: 'eve@other.test' }))), { user: 'eve@other.test' })
    })

    it('may use the models that the token names, and none when it names none', async () => {
      assert.equal((await ask(bearer(login.token({ sub: 'dora', models: 'gpt-4o-mini claude' })))).status, 403)
      assert.equal((await ask(bearer(login.token({ sub: 'dora' })))).status, 403)
    })

    it('are refused with the reason when Envoy has not accepted it', async () => {
      const bad: readonly (readonly [string, RegExp])[] = [
        [login.token({ sub: 'dora', exp: 1_700_000_000 }), /Jwt is expired/],
        [login.token({ sub: 'dora', exp: undefined }), /not accepted/],
        [login.token({ sub: 'dora', aud: 'another' }), /Audiences in Jwt are not allowed/],
        [stranger.token({ sub: 'dora' }), /Jwt verification fails/],
        [createTokenIssuer('https://nobody.test/').token({ sub: 'dora' }), /none of an issuer that this gateway trusts/],
        [`${login.token({ sub: 'dora' }).slice(0, -8)}AAAAAAAA`, /verification fails/],
        [login.token({ sub: 'dora' }).replace(/\.[^.]*$/, '.'), /not accepted/],
      ]
      for (const [token, reason] of bad) {
        // A header that would name a caller is no way around a bad token.
        const refused = refusal(await ask({ ...bearer(token), 'x-user-id': 'dora' }))
        assert.deepEqual([refused.status, refused.code], [401, 'invalid_api_key'])
        assert.match(refused.message, reason)
      }
    })

    it('are told to come back when the keys of its issuer cannot be fetched', async () => {
      const refused = refusal(await ask(bearer(createTokenIssuer('https://away.test/').token({ sub: 'dora' }))))
      assert.deepEqual([refused.status, refused.code], [503, 'callers_unavailable'])
    })

    it('are refused when a claim does not name one', async () => {
      for (const claims of [{ org: { team: ['blue', 'red'] } }, { sub: 'dora, eve' }, { level: 2 ** 60 }, { level: 1.5 }, { level: { of: 1 } }]) {
        assert.deepEqual(refusal(await ask(bearer(login.token({ sub: 'dora', models: ['*'], ...claims })))).code, 'ambiguous_caller')
      }
      const nameless = refusal(await ask(bearer(login.token({ scope: 'all' }))))
      assert.match(nameless.message, /does not say whose it is/)
    })

    it('cannot be claimed by headers, a query or a cookie', async () => {
      const token = login.token({ sub: 'dora', models: ['*'] })
      const payload = token.split('.')[1] ?? ''
      const answers = [
        await ask({}, chat, `/v1/chat/completions?access_token=${token}`),
        await ask({ cookie: `access_token=${token}` }),
        await ask({ 'x-jwt-payload': payload, 'envoy.filters.http.jwt_authn': payload }),
      ]
      assert.deepEqual(answers.map((answer) => answer.status), [401, 401, 401])
    })
  })

  describe('with more than one identity, or none', () => {
    it('are refused when there are two different credentials', async () => {
      const [alice, bob] = [await newKey('--user', 'alice'), await newKey('--user', 'bob')]
      const token = login.token({ sub: 'dora', models: ['*'] })
      const doubled: readonly Readonly<Record<string, string>>[] = [
        { ...bearer(alice), 'x-api-key': bob },
        { ...bearer(token), 'api-key': alice },
        bearer(`${alice}, Bearer ${bob}`),
        { authorization: `Bearer ${alice},${bob}` },
        { ...bearer(token), 'x-api-key': other.token({ email: 'eve@other.test' }) },
      ]
      for (const headers of doubled) assert.deepEqual([refusal(await ask(headers)).status, refusal(await ask(headers)).code], [400, 'ambiguous_caller'])
    })

    it('are refused when a header that counts is repeated', async () => {
      const key = await newKey('--user', 'alice')
      for (const [name, value] of [['authorization', `Bearer ${key}`], ['x-api-key', key], ['x-user-id', 'frank']] as const) {
        asked += 1
        assert.match(await askRaw(['host', 'gateway', 'content-type', 'application/json', name, value, name, value]), /"code":"ambiguous_caller"/, name)
      }
    })

    it('are whom a trusted header names, within what that source may use', async () => {
      const answer = await ask({ 'x-user-id': 'frank' }, { ...chat, model: 'gpt-4o-mini' })
      assert.equal(answer.status, 200, answer.body)
      assert.equal(openai.requests().at(-1)?.headers['x-user-id'], undefined)
      assert.equal((await ask({ 'x-user-id': 'frank' })).status, 403)
    })

    it('are asked for a credential', async () => {
      const refused = refusal(await ask({ 'x-team-id': 'red' }))
      assert.equal(refused.status, 401)
      assert.match(refused.message, /^No caller: .* an API key \(authorization: Bearer tg-…, x-api-key or api-key\), or a token/)
    })
  })

  it('leave no key and no token in the log', async () => {
    const key = await newKey('--user', 'zoe')
    const token = login.token({ sub: 'zoe', models: ['*'] })
    for (const credential of [key, token, `${key}x`, `${token}x`]) await ask(bearer(credential))
    const metrics = await (await fetch(`${gateway.adminUrl}/metrics`)).text()
    const written = JSON.stringify(gateway.lines) + metrics + gateway.envoy.log()
    for (const secret of [key.slice(-SECRET_LENGTH), token.split('.')[2] ?? '']) assert.ok(!written.includes(secret))
  })
})
