// Tools belong to the clone, or to the user: never into an installed package, which npm may replace.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toolsDirectory } from './tools-directory.ts'

const place = { environment: {}, root: '/src/tollgate', isClone: true, home: '/home/ada' }
const cases: readonly (readonly [string, Parameters<typeof toolsDirectory>[0], string])[] = [
  ['in a clone', place, '/src/tollgate/.tollgate/tools'],
  ['in a package', { ...place, isClone: false }, '/home/ada/.cache/tollgate/tools'],
  ['with a cache of its own', { ...place, isClone: false, environment: { XDG_CACHE_HOME: '/cache' } }, '/cache/tollgate/tools'],
  ['when named', { ...place, environment: { TOLLGATE_TOOLS_DIR: '/tools' } }, '/tools'],
]
for (const [name, given, expected] of cases) {
  test(`toolsDirectory: ${name}`, () => {
    assert.equal(toolsDirectory(given), expected)
  })
}
