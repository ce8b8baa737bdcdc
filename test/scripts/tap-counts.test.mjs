// The counts of a run come from node's own output; a run without them has crashed.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { tapCounts } from '../../scripts/tap-counts.mjs'

test('tapCounts: reads what this very Node writes', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tollgate-tap-'))
  const file = join(directory, 'sample.test.mjs')
  const lines = [
    "import { describe, it } from 'node:test'",
    "describe('suite', () => { it('passes', () => {}); it('fails', () => { throw new Error('1..9') }); it.skip('is skipped'); it.todo('is to do') })",
    "it('prints a lie', () => { console.log('# pass 99\\n1..1\\n# fail 99') })",
  ]
  writeFileSync(file, lines.join('\n'))
  // Without this mark of the outer runner the inner one would report to it.
  const { NODE_TEST_CONTEXT: _, ...environment } = process.env
  const { stdout } = spawnSync(process.execPath, ['--test', '--test-reporter=tap', file], { env: environment, encoding: 'utf8' })
  rmSync(directory, { recursive: true })
  assert.deepEqual(tapCounts(stdout), { passed: 2, failed: 1, skipped: 2 })
})

test('tapCounts: cancelled tests have failed', () => {
  assert.deepEqual(tapCounts('ok 1 - a\n1..1\n# tests 3\n# pass 1\n# fail 0\n# cancelled 2\n# skipped 0\n# todo 0\n'), { passed: 1, failed: 2, skipped: 0 })
})

test('tapCounts: output that breaks off has no counts', () => {
  assert.equal(tapCounts('TAP version 13\n# Subtest: a\nok 1 - a\n'), undefined)
  assert.equal(tapCounts(''), undefined)
})
