// Writes envoy/envoy.yaml anew after a change of the renderer or of examples/tollgate.yaml: npx tsx test/support/write-envoy-example.ts

import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { loadConfig } from '../../src/config/load.ts'
import { renderExample } from '../../src/envoy/example.ts'

const pathOf = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url))
const loaded = await loadConfig(pathOf('examples/tollgate.yaml'))
if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
writeFileSync(pathOf('envoy/envoy.yaml'), renderExample(loaded.config))
