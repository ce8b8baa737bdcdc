// docs/dependencies.md says why each package is there; it must name those that are, as they are.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (name: string): string => readFileSync(`${root}${name}`, 'utf8')
const versions = z.record(z.string(), z.string())
const manifest = z.object({ dependencies: versions, optionalDependencies: versions, devDependencies: versions }).parse(JSON.parse(read('package.json')))
const installed = z.object({ version: z.string(), license: z.string() })

/** Rows of the table under a heading: package, version, licence. */
function documented(heading: string): readonly (readonly string[])[] {
  const section = read('docs/dependencies.md').split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  return [...section.matchAll(/^\| `([^`]+)` \| (\S+) \| (\S+) \| .+ \| .+ \|$/gm)].map((row) => row.slice(1, 4))
}

const sections = [
  ['At run time', manifest.dependencies],
  ['For cloud credentials', manifest.optionalDependencies],
  ['For development and tests', manifest.devDependencies],
] as const
for (const [heading, packages] of sections) {
  test(`docs/dependencies.md: ${heading}`, () => {
    const actual = Object.keys(packages).map((name) => {
      const { version, license } = installed.parse(JSON.parse(read(`node_modules/${name}/package.json`)))
      return [name, version, license]
    })
    assert.deepEqual(documented(heading), actual)
  })
}

test('package.json: every version is pinned', () => {
  const loose = Object.entries({ ...manifest.dependencies, ...manifest.optionalDependencies, ...manifest.devDependencies }).filter(([, version]) => !/^(npm:@?[\w./-]+@)?\d+\.\d+\.\d+$/.test(version))
  assert.deepEqual(loose, [])
})
