import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { EnvoyVersion, RuntimeConfig } from '../config/runtime-config.ts'
import { domainRules, fromEnvironment, model, provider, runtimeConfig } from '../../test/support/runtime-config.ts'
import { renderBootstrap, renderXds } from './render.ts'

const versions: readonly EnvoyVersion[] = ['1.37', '1.38', '1.39', '1.40']
const openai = provider('openai', { credential: fromEnvironment('OPENAI_KEY') })
const anthropic = provider('anthropic', { api: 'anthropic', credential: fromEnvironment('ANTHROPIC_KEY') })
const limits = [{ path: 'r.yaml', costName: 'credits', rules: domainRules('tollgate', [['user'], ['team', 'model']]) }]
const chained = runtimeConfig({ models: [model('m', [openai, anthropic])], limits })

const textOf = (value: unknown): string => JSON.stringify(value)
const clusterNames = (version: EnvoyVersion, config = chained): string[] => {
  const names = textOf(renderBootstrap(config, { version })).matchAll(/"cluster_name":"([^"]+)","policy"/g)
  return [...names].map((match) => String(match[1]))
}

function clusterText(config: RuntimeConfig, name: string, version: EnvoyVersion): string {
  const parts = textOf(renderBootstrap(config, { version })).split('{"name":')
  const start = parts.findIndex((part) => part.startsWith(`"${name}","type"`))
  assert.ok(start > 0, `no cluster ${name}`)
  const rest = parts.slice(start)
  const end = rest.findIndex((part, index) => index > 0 && /^"[^"]+","type":"(?:STRICT_DNS|STATIC|LOGICAL_DNS)/.test(part))
  return rest.slice(0, end === -1 ? undefined : end).join('')
}

describe('renderBootstrap', () => {
  it('renews ext_proc connections before Node drops them, on every version', () => {
    for (const version of versions) assert.match(textOf(renderBootstrap(chained, { version })), /"max_requests_per_connection":900/)
  })

  it('gives calls to the least busy of several processors, and those that found one gone to another', () => {
    const text = textOf(renderBootstrap({ ...chained, workers: 3, listen: { ...chained.listen, extproc: 'unix:/run/extproc.sock' } }))
    const cluster = text.slice(text.indexOf('{"name":"tollgate.extproc"'), text.indexOf('{"name":"tollgate.ratelimit","type"'))
    assert.match(cluster, /"lb_policy":"LEAST_REQUEST"/)
    assert.deepEqual([...cluster.matchAll(/"path":"([^"]*)"/g)].map(([, path]) => path), ['/run/extproc.sock', '/run/extproc-2.sock', '/run/extproc-3.sock'])
    // The request stage, and the attempt stages of two clusters.
    assert.equal(text.match(/"key":"x-tollgate-stage","value":"(?:request|attempt)"\}\],"retry_policy":\{"retry_on":"connect-failure,refused-stream"/g)?.length, 3)
    assert.ok(!/LEAST_REQUEST|previous_hosts/.test(textOf(renderBootstrap(chained))), 'one processor needs none of it')
  })

  it('counts on from the address under which Envoy reaches the first processor', () => {
    const text = textOf(renderBootstrap({ ...chained, workers: 2 }, { connect: { extproc: 'tollgate:8080' } }))
    assert.deepEqual([...text.matchAll(/"address":"tollgate","port_value":(\d+)/g)].map(([, port]) => port), ['8080', '8081'])
  })

  it('uses the graceful close only where it does not crash Envoy', () => {
    const graceful = versions.filter((version) => textOf(renderBootstrap(chained, { version })).includes('ext_proc_graceful_grpc_close'))
    assert.deepEqual(graceful, ['1.39', '1.40'])
  })

  it('has a cluster per provider and stage on 1.40, and one more per chain before', () => {
    const each = ['openai', 'anthropic.convert', 'openai.convert', 'anthropic']
    assert.deepEqual(clusterNames('1.40'), each)
    for (const version of ['1.37', '1.38', '1.39'] as const) assert.deepEqual(clusterNames(version), [...each, 'openai+anthropic.convert'])
  })

  it('renders the version of the options over that of the configuration, the need for an attempt stage included', () => {
    const compatible = runtimeConfig({ models: [model('m', [openai, provider('vllm')])] })
    assert.ok(clusterText(compatible, 'openai+vllm', '1.39').includes('tollgate.attempt'))
    assert.ok(!clusterText(compatible, 'openai', '1.40').includes('tollgate.attempt'))
  })

  it('shows the body to the attempt stage where it is converted, and leaves everything else to it', () => {
    const text = clusterText(chained, 'anthropic.convert', '1.40')
    assert.match(text, /"tollgate\.attempt".*"request_body_mode":"BUFFERED"/)
    assert.ok(!text.includes('credential_injector') && !text.includes('header_mutation'))
    assert.ok(!clusterText(chained, 'openai', '1.40').includes('tollgate.attempt'), 'the first step of the chain goes without')
  })

  it('puts a fuse behind each provider, and before 1.40 beside each provider of a chain', () => {
    assert.equal(textOf(renderBootstrap(chained, { version: '1.40' })).match(/"port_value":9\b/g)?.length, 4)
    const older = textOf(renderBootstrap(chained, { version: '1.39' }))
    assert.equal(older.match(/"port_value":9\b/g)?.length, 2)
    assert.equal(older.match(/"health_status":"DEGRADED"/g)?.length, 2)
  })

  it('has no fuse where nobody wants to move on from a provider without hosts', () => {
    const stays = { ...chained.fallback, noHost: false }
    assert.ok(!/"port_value":9\b/.test(textOf(renderBootstrap({ ...chained, fallback: stays }))))
    const moves = { ...model('m', [openai, anthropic]), fallback: chained.fallback }
    assert.ok(/"port_value":9\b/.test(textOf(renderBootstrap({ ...chained, fallback: stays, models: new Map([['m', moves]]) }))))
  })

  it('has a route before the others for a model with a policy of its own', () => {
    const own = { ...model('n/1', [openai]), fallback: { ...chained.fallback, statuses: [529], serverErrors: false, reset: false, perTryTimeoutMs: 1500 } }
    const text = textOf(renderBootstrap(runtimeConfig({ models: [model('m', [openai, anthropic]), own] })))
    assert.match(text, /"name":"chain n\/1".*"string_match":\{"exact":"n\/1"\}.*"retry_on":"connect-failure,retriable-status-codes","retriable_status_codes":\[529\],"per_try_timeout":"1\.5s".*"name":"chain",/)
  })

  it('sends each key path as a check of 0 hits and a charge of the file’s cost at the end', () => {
    const text = textOf(renderBootstrap(chained))
    assert.equal(text.match(/"hits_addend":\{"number":0\}/g)?.length, 2)
    assert.equal(text.match(/"hits_addend":\{"format":"%DYNAMIC_METADATA\(io\.envoy\.ai_gateway:credits\)%"\},"apply_on_stream_done":true/g)?.length, 2)
  })

  it('needs neither a rate limit filter nor its cluster without limits', () => {
    const text = textOf(renderBootstrap(runtimeConfig({ models: [model('m', [openai])] })))
    assert.ok(!text.includes('filters.http.ratelimit') && !text.includes('tollgate.ratelimit'))
  })

  it('removes from each attempt what belongs to other providers, and sets what is its own', () => {
    const own = provider('own', { headers: new Map([['x-tenant', '5%']]), credential: fromEnvironment('K') })
    const text = textOf(renderBootstrap(runtimeConfig({ models: [model('m', [own, anthropic])] })))
    const [ofOwn, ofAnthropic] = [...text.matchAll(/"request_mutations":(\[.*?\])\}/g)].map((match) => match[1])
    assert.match(String(ofOwn), /\{"remove":"x-api-key"\}.*"x-tenant","value":"5%%"\},"append_action":"OVERWRITE_IF_EXISTS_OR_ADD"/)
    assert.match(String(ofAnthropic), /\{"remove":"authorization"\},\{"remove":"x-tenant"\}.*"anthropic-version","value":"2023-06-01"\},"append_action":"ADD_IF_ABSENT"/)
  })

  it('reads a key from a file in the attempt stage, and names neither the file nor a secret', () => {
    const fromFile = provider('from-file', { credential: { kind: 'file', path: '/run/secrets/key' } })
    const text = textOf(renderBootstrap(runtimeConfig({ models: [model('m', [fromFile])] })))
    assert.match(text, /"tollgate\.attempt".*"request_body_mode":"NONE"/)
    assert.ok(!text.includes('/run/secrets/key') && !text.includes('credential_injector'))
  })

  it('buffers the body for the attempt stage where a model has another name', () => {
    const text = textOf(renderBootstrap(runtimeConfig({ models: [model('m', [openai, [anthropic, 'claude']])] })))
    assert.match(text, /"tollgate\.attempt".*"request_body_mode":"BUFFERED"/)
  })

  it('puts errors of Envoy into the format of the client, but leaves alone what Tollgate answers', () => {
    const expressions = [...textOf(renderBootstrap(chained)).matchAll(/"expression":"([^"]*)"/g)].map(([, expression]) => expression)
    assert.equal(expressions.length, 2)
    for (const expression of expressions) assert.match(expression ?? '', /^response\.code >= 500 && !response\.code_details\.startsWith\('tollgate_'\)/)
  })

  it('leaves the access log out when asked to', () => {
    assert.ok(textOf(renderBootstrap(chained)).includes('"access_log"'))
    assert.ok(!textOf(renderBootstrap(chained, { accessLog: false })).includes('"access_log"'))
  })
})

describe('renderXds', () => {
  const { bootstrap, files } = renderXds(chained, { directory: '/etc/tollgate' })

  it('lists files in the order in which Envoy must see them', () => {
    const names = ['sds.tollgate.credential.openai.yaml', 'sds.tollgate.credential.anthropic.yaml', 'cds.yaml', 'rds.yaml', 'lds.yaml']
    assert.deepEqual(files.map(({ name }) => name), names)
  })

  it('keeps routes out of the listener and secrets out of the bootstrap', () => {
    assert.ok(!textOf(files.at(-1)).includes('virtual_hosts'))
    assert.ok(!textOf(bootstrap).includes('secrets'))
    assert.match(textOf(bootstrap), /"path":"\/etc\/tollgate\/cds\.yaml","watched_directory":\{"path":"\/etc\/tollgate"\}/)
  })

  it('does not touch the listener when a provider is added', () => {
    const more = renderXds(runtimeConfig({ models: [model('m', [openai, anthropic]), model('n', [provider('vllm')])], limits }), { directory: '/etc/tollgate' })
    assert.deepEqual(more.files.at(-1), files.at(-1))
    assert.notDeepEqual(more.files.find(({ name }) => name === 'rds.yaml'), files.find(({ name }) => name === 'rds.yaml'))
  })
})
