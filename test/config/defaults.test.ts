// What a configuration says by saying nothing, and what becomes of what it does say.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { contentRevision } from '../../src/config/content-revision.ts'
import type { RuntimeConfig } from '../../src/config/runtime-config.ts'
import { compileText, transcript } from './compile-mistake.ts'

const smallest = `
providers:
  openai: {api: openai, credential: {env: OPENAI_API_KEY}}
models:
  gpt-4o: {providers: [openai]}
`

function compiled(text: string): RuntimeConfig {
  const result = compileText(text)
  assert.ok(result.ok, transcript(result))
  return result.config
}

describe('defaults', () => {
  it('fill in everything but providers and models', () => {
    const { costs, prices, providers, models, revision, files, ...rest } = compiled(smallest)
    assert.deepEqual(rest, {
      fallback: {
        statuses: [408, 429],
        serverErrors: true,
        connectFailure: true,
        noHost: true,
        reset: true,
        perTryTimeoutMs: undefined,
        perTryIdleTimeoutMs: undefined,
      },
      coolDown: { maxMs: 60_000, failures: 5, pauseMs: 5_000 },
      defaultModel: undefined,
      routes: [],
      callers: [],
      budgets: [],
      budgetWebhook: undefined,
      ledger: undefined,
      limits: [],
      workers: 1,
      adminAccess: { readToken: undefined, writeToken: undefined },
      store: { kind: 'memory' },
      // The first 8 digits of: printf /etc/tollgate/tollgate.yaml | sha256sum
      listen: { extproc: 'unix:/run/user/1000/tollgate-d3e9b20f/extproc.sock', ratelimit: '127.0.0.1:8081', admin: '127.0.0.1:9090' },
      transport: 'grpc-js',
      envoy: {
        version: '1.40',
        listen: '127.0.0.1:10000',
        tls: undefined,
        admin: '127.0.0.1:9901',
        maxBodyBytes: 50 * 1024 * 1024,
        messageTimeoutMs: 10_000,
        streamIdleTimeoutMs: 600_000,
        connectTimeoutMs: 5_000,
      },
    })
    assert.deepEqual(
      costs.map(({ name, type }) => [name, type]),
      [['llm_total_token', 'TotalToken']],
    )
    assert.equal(prices.find({ provider: 'openai', model: 'gpt-4o' })?.source.kind, 'list')
    assert.deepEqual(providers.get('openai'), {
      name: 'openai',
      api: 'openai',
      scheme: 'https',
      host: 'api.openai.com',
      port: 443,
      pathPrefix: '',
      settings: { region: undefined, project: undefined, location: undefined, apiVersion: undefined, apiPath: undefined },
      credential: { kind: 'env', name: 'OPENAI_API_KEY' },
      headers: new Map(),
      caFile: undefined,
    })
    assert.deepEqual(models.get('gpt-4o'), {
      clientModel: 'gpt-4o',
      chain: [{ provider: providers.get('openai'), upstreamModel: 'gpt-4o' }],
      ownedBy: 'openai',
    })
    assert.match(revision, /^[0-9a-f]{12}$/)
    assert.deepEqual(files, ['/etc/tollgate/tollgate.yaml'])
  })

  it('keep llm_total_token beside other costs, and count it where a limit names none', () => {
    const config = compiled(
      `${smallest}callers:\n  - headers: {user: x-user-id}\ncosts:\n  - {name: output, type: OutputToken}\nlimits:\n  - {file: files/user.yaml}\n`,
    )
    assert.deepEqual(
      config.costs.map((cost) => cost.name),
      ['llm_total_token', 'output'],
    )
    assert.deepEqual(
      config.limits.map((limit) => [limit.path, limit.costName, limit.rules.domain]),
      [['/etc/tollgate/files/user.yaml', 'llm_total_token', 'users']],
    )
    assert.deepEqual(config.files, ['/etc/tollgate/tollgate.yaml', '/etc/tollgate/files/user.yaml'])
  })

  it('let limits deny at the limit, not one request after it', () => {
    const config = compiled(`${smallest}callers:\n  - headers: {user: x-user-id}\nlimits:\n  - {file: files/user.yaml}\n`)
    assert.equal(config.limits[0]?.rules.root.exact.get('user')?.rule?.denyAtLimit, true)
  })
})

describe('what is written', () => {
  it('takes a URL apart', () => {
    const provider = (url: string) => {
      const { scheme, host, port, pathPrefix } =
        compiled(smallest.replace('api: openai,', `api: openai, url: '${url}',`)).providers.get('openai') ?? assert.fail()
      return [scheme, host, port, pathPrefix]
    }
    assert.deepEqual(provider('https://Proxy.Example:8443/openai/'), ['https', 'proxy.example', 8443, '/openai'])
    assert.deepEqual(provider('http://[::1]:8000'), ['http', '::1', 8000, ''])
    assert.deepEqual(provider('http://localhost'), ['http', 'localhost', 80, ''])
  })

  it('lower-cases header names everywhere', () => {
    const config = compiled(
      `${smallest.replace('api: openai,', 'api: openai, headers: {X-Team: Blue},')}
routes:
  - {when: {headers: {Priority: High}}, model: gpt-4o}
callers:
  - headers: {user: X-User-Id}
`,
    )
    assert.deepEqual([...(config.providers.get('openai')?.headers ?? [])], [['x-team', 'Blue']])
    assert.deepEqual([...(config.routes[0]?.headers ?? [])], [['priority', 'High']])
    assert.deepEqual([...(config.callers[0]?.attributes ?? [])], [['user', 'x-user-id']])
  })

  it('resolves paths against the folder of the file', () => {
    const config = compiled(
      `${smallest.replace('{env: OPENAI_API_KEY}', '{file: files/ca.pem}')}store: unix:redis.sock\nlisten: {extproc: 'unix:run/extproc.sock'}\n`,
    )
    assert.deepEqual(config.providers.get('openai')?.credential, { kind: 'file', path: '/etc/tollgate/files/ca.pem' })
    assert.deepEqual(config.store, { kind: 'redis', url: '/etc/tollgate/redis.sock' })
    assert.equal(config.listen.extproc, 'unix:/etc/tollgate/run/extproc.sock')
  })

  it('reads an Envoy version that was not quoted', () => {
    assert.equal(compiled(`${smallest}envoy: {version: 1.40}\n`).envoy.version, '1.40')
    assert.equal(compiled(`${smallest}envoy: {version: 1.38}\n`).envoy.version, '1.38')
  })

  it('reads which transport is wanted', () => {
    assert.equal(compiled(`${smallest}listen: {transport: direct}\n`).transport, 'direct')
  })

  it('gives addresses one spelling', () => {
    const { listen, envoy } = compiled(`${smallest}listen: {extproc: 'localhost:9000', admin: '[::1]:9090'}\nenvoy: {listen: '0.0.0.0:80'}\n`)
    assert.deepEqual([listen.extproc, listen.admin, envoy.listen], ['127.0.0.1:9000', '[::1]:9090', '0.0.0.0:80'])
  })

  it('knows every kind of store', () => {
    const store = (written: string) => compiled(`${smallest}store: ${written}\n`).store
    assert.deepEqual(store('memory'), { kind: 'memory' })
    assert.deepEqual(store('rediss://redis:6380/2'), { kind: 'redis', url: 'rediss://redis:6380/2' })
    assert.deepEqual(store("{cluster: ['a:1', 'rediss://b:2']}"), { kind: 'redis-cluster', nodes: ['a:1', 'rediss://b:2'] })
  })

  it('follows anchors', () => {
    const config = compiled('providers:\n  a: &base {api: openai, url: "https://a.example"}\n  b: *base\nmodels:\n  m: {providers: [a, {use: b, model: n}]}\n')
    assert.deepEqual(
      config.models.get('m')?.chain.map((step) => [step.provider.name, step.provider.host, step.upstreamModel]),
      [
        ['a', 'a.example', 'm'],
        ['b', 'a.example', 'n'],
      ],
    )
  })
})

describe('the revision', () => {
  it('tells apart the same text in other files', () => {
    assert.notEqual(contentRevision(['ab', 'c']), contentRevision(['a', 'bc']))
  })

  const withLimit = `${smallest}callers:\n  - headers: {user: x-user-id}\nlimits:\n  - {file: files/user.yaml}\n`

  it('is the same for the same texts and another for every other', () => {
    assert.equal(compiled(smallest).revision, compiled(smallest).revision)
    assert.notEqual(compiled(smallest).revision, compiled(`${smallest}# a comment\n`).revision)
    assert.notEqual(compiled(withLimit).revision, compiled(withLimit.replace('user.yaml', 'user-again.yaml')).revision)
  })
})
