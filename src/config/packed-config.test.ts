import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { loadConfig } from './load.ts'
import { toReadConfig, unpackConfig } from './packed-config.ts'

const yaml = `
providers:
  openai: {api: openai, credential: {env: OPENAI_API_KEY}}
  late: {api: openai, url: "https://late.example/v2", credential: {file: key.txt}}
models:
  gpt: {providers: [openai, late]}
costs: [{name: credits, type: CEL, cel: "input_tokens * 2u"}]
budgets: [{name: day, limit: {credits: 100}, every: day, timezone: UTC}]
limits: [{file: limits.yaml, cost: credits}]
`

describe('a configuration for another process', () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'tollgate-packed-'))
    writeFileSync(join(folder, 'tollgate.yaml'), yaml)
    writeFileSync(join(folder, 'key.txt'), 'secret')
    writeFileSync(join(folder, 'limits.yaml'), 'domain: tollgate\ndescriptors: [{key: model, rate_limit: {unit: minute, requests_per_unit: 5}}]\n')
  })
  after(() => rmSync(folder, { recursive: true }))

  async function load() {
    const loaded = await loadConfig(join(folder, 'tollgate.yaml'))
    assert.ok(loaded.ok)
    return loaded
  }

  it('is the same there, whatever has become of the files meanwhile', async () => {
    const { config, packed } = toReadConfig(await load())
    const sent: typeof packed = JSON.parse(JSON.stringify(packed))
    rmSync(join(folder, 'limits.yaml'))
    const arrived = unpackConfig(sent)
    // Functions of expressions and prices are made anew; what they are made of is the same.
    assert.equal(JSON.stringify(arrived), JSON.stringify(config))
    assert.deepEqual([arrived.revision, [...arrived.models.keys()], arrived.limits[0]?.rules.domain], [config.revision, ['gpt'], 'tollgate'])
    writeFileSync(join(folder, 'limits.yaml'), 'domain: tollgate\ndescriptors: [{key: model, rate_limit: {unit: minute, requests_per_unit: 5}}]\n')
  })

  it('is adapted there as here', async () => {
    const { config, packed } = toReadConfig(await load(), { envoyVersion: '1.38', mockPorts: { late: 4711 } })
    for (const each of [config, unpackConfig(packed)]) {
      assert.equal(each.envoy.version, '1.38')
      const [first, second] = each.models.get('gpt')?.chain ?? []
      assert.equal(first?.provider.host, 'api.openai.com')
      assert.deepEqual([second?.provider.host, second?.provider.port, second?.provider.pathPrefix, second?.provider.credential.kind], ['127.0.0.1', 4711, '', 'none'])
      assert.deepEqual(each.providers.get('late'), second?.provider)
    }
  })
})
