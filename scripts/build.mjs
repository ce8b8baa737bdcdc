// Bundles src/ into dist/main.js, which is what the npm package and the container image run. Packages stay outside: npm installs them.

import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const output = join(root, 'dist')

await rm(output, { recursive: true, force: true })
const result = await build({
  absWorkingDir: root,
  entryPoints: ['src/main.ts'],
  outfile: 'dist/main.js',
  bundle: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  // The oldest Node of `engines`.
  target: 'node20.15',
  sourcemap: true,
  // Without the sources in it the map is a tenth as large, and still gives file and line.
  sourcesContent: false,
  metafile: true,
  logLevel: 'warning',
})
const [file] = Object.entries(result.metafile.outputs).filter(([name]) => name.endsWith('.js'))
process.stdout.write(`${file[0]}: ${Math.ceil(file[1].bytes / 1024)} KiB from ${Object.keys(file[1].inputs).length} files\n`)
