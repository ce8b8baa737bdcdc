// Whom `--mock` plays: all who could not answer, and nobody else.

import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { loadConfig } from '../config/load.ts'
import type { RuntimeConfig } from '../config/runtime-config.ts'
import { mockMissingProviders } from './mock-missing-providers.ts'

const yaml = `
providers:
  with-key: {api: openai, credential: {env: HAS_IT}}
  without-its-key: {api: openai, credential: {env: HAS_IT_NOT}}
  vendor: {api: openai}
  look-alike: {api: groq}
  claude: {api: anthropic}
  own-server: {api: openai, url: "https://llm.example.com"}
  own-tls-port: {api: openai, url: "https://127.0.0.1:8443"}
  local: {api: ollama}
  plain-text: {api: openai, url: "http://api.openai.com"}
models:
  m: {providers: [with-key, without-its-key, vendor, look-alike, claude]}
  n: {providers: [own-server, own-tls-port, local, plain-text]}
`

describe('the providers that --mock plays', () => {
  it('are those whose key is not set, and vendors for whom none is configured', async () => {
    const config = await load(yaml)
    const mocks = await mockMissingProviders(config, { HAS_IT: 'key' })
    try {
      assert.deepEqual([...mocks.addresses.keys()], ['without-its-key', 'vendor', 'look-alike', 'claude'])
    } finally {
      await mocks.close()
    }
  })
})

async function load(text: string): Promise<RuntimeConfig> {
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-mock-'))
  try {
    await writeFile(join(folder, 'tollgate.yaml'), text)
    const loaded = await loadConfig(join(folder, 'tollgate.yaml'))
    assert.ok(loaded.ok, JSON.stringify(loaded))
    return loaded.config
  } finally {
    await rm(folder, { recursive: true })
  }
}
