// File-based xDS on real Envoys: a provider is added while requests run, and none of them notices.

import assert from 'node:assert/strict'
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { ModelConfig, RuntimeConfig } from '../../src/config/runtime-config.ts'
import { writeXds } from '../../src/up/write-xds.ts'
import { parse } from 'yaml'
import { fromEnvironment, model, provider, runtimeConfig } from '../support/runtime-config.ts'
import { envoyBinary, envoysUnderTest } from './support/envoy-binaries.ts'
import { startScriptedServices, type ScriptedServices } from './support/scripted-services.ts'
import { startEnvoy, type RunningEnvoy } from './support/start-envoy.ts'
import { until } from './support/until.ts'
import { startUpstream, type Upstream } from './support/upstream.ts'

for (const { version, skip } of envoysUnderTest()) {
  describe(`Envoy ${version}: file-based xDS`, { skip }, () => {
    let directory: string
    let services: ScriptedServices
    let envoy: RunningEnvoy
    let first: Upstream
    let second: Upstream
    let configure: (models: readonly ModelConfig[]) => RuntimeConfig

    before(async () => {
      directory = await mkdtemp(join(tmpdir(), 'tollgate-xds-'))
      services = await startScriptedServices()
      first = await startUpstream({ status: 200, body: 'first' })
      second = await startUpstream({ status: 200, body: 'second' })
      const listen = { extproc: services.address, ratelimit: services.address, admin: '127.0.0.1:0' }
      configure = (models) => runtimeConfig({ models, listen, envoy: { version } })
      const written = await writeXds(configure([model('m', [one()])]), directory)
      // The file is ours; startEnvoy only wants an object.
      const bootstrap = parse(await readFile(written.bootstrap, 'utf8')) as object
      const environment = { TEST_KEY_ONE: 'key-of-one', TEST_KEY_TWO: 'key-of-two' }
      envoy = await startEnvoy({ binary: envoyBinary(version).path, bootstrap, environment })
    })
    after(async () => {
      await envoy.stop()
      await services.close()
      await first.close()
      await second.close()
      await rm(directory, { recursive: true })
    })
    const one = () => provider('one', { port: first.port, credential: fromEnvironment('TEST_KEY_ONE') })
    const two = () => provider('two', { port: second.port, credential: fromEnvironment('TEST_KEY_TWO') })
    const ask = async (): Promise<string> => {
      const answer = await fetch(`${envoy.url}/v1/chat/completions`, { method: 'POST', body: '{}' })
      return `${answer.status} ${await answer.text()}`
    }

    test('adds a provider within a second and loses no request', async () => {
      services.script.chain = ['one']
      let running = true
      const answers = new Map<string, number>()
      const load = async (): Promise<void> => {
        while (running) {
          const answer = await ask()
          answers.set(answer, (answers.get(answer) ?? 0) + 1)
        }
      }
      const clients = [load(), load(), load(), load()]
      let changed: readonly string[] = []
      let tookMs = Infinity
      try {
        ;({ changed } = await writeXds(configure([model('m', [one()]), model('n', [two()])]), directory))
        const written = performance.now()
        await until('the new cluster is there', async () => (await (await fetch(`${envoy.adminUrl}/clusters`)).text()).includes('\ntwo::'))
        tookMs = performance.now() - written
        services.script.chain = ['two']
        await until('the new provider answers', () => answers.has('200 second'))
      } finally {
        running = false
        await Promise.all(clients)
      }
      assert.deepEqual([...answers.keys()].toSorted(), ['200 first', '200 second'])
      assert.ok(tookMs < 1000, `${tookMs} ms`)
      assert.equal(second.seen.at(-1)?.headers['authorization'], 'Bearer key-of-two')
      // A new listener would cut the streams that are open.
      assert.ok(changed.includes('cds.yaml') && !changed.includes('lds.yaml'), changed.join())
    })

    test('keeps what it has when a file is broken', async () => {
      services.script.chain = ['one']
      const broken = { resources: [{ '@type': 'type.googleapis.com/envoy.config.cluster.v3.Cluster', nonsense: true }] }
      await writeFile(join(directory, 'broken'), JSON.stringify(broken))
      await rename(join(directory, 'broken'), join(directory, 'cds.yaml'))
      await until('the file is refused', () => envoy.log().includes('nonsense'))
      assert.equal(await ask(), '200 first')
    })
  })
}
