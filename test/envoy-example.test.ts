// The committed example is what the renderer makes: neither can change without the other.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { loadConfig } from '../src/config/load.ts'
import { renderExample } from '../src/envoy/example.ts'

const pathOf = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url))

test('envoy/envoy.yaml is what the renderer makes of examples/tollgate.yaml', async () => {
  const loaded = await loadConfig(pathOf('examples/tollgate.yaml'))
  assert.ok(loaded.ok)
  assert.equal(readFileSync(pathOf('envoy/envoy.yaml'), 'utf8'), renderExample(loaded.config), 'write it anew: npx tsx test/support/write-envoy-example.ts')
})
