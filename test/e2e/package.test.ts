// What `npm pack` makes must work where there is no clone: installed from the tarball, run with npx.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

describe('the npm package', () => {
  const home = mkdtempSync(join(tmpdir(), 'tollgate-package-'))
  const project = join(home, 'project')
  let files: readonly string[] = []
  after(() => rmSync(home, { recursive: true }))

  function run(program: string, programArguments: readonly string[], directory: string): string {
    return execFileSync(program, programArguments, { cwd: directory, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
  }

  before(() => {
    // Its prepack script builds dist/.
    run('npm', ['pack', '--pack-destination', home], root)
    const [tarball = ''] = readdirSync(home).filter((name) => name.endsWith('.tgz'))
    files = run('tar', ['-tzf', tarball], home).trim().split('\n').map((name) => name.replace(/^package\//, ''))
    mkdirSync(project)
    writeFileSync(join(project, 'package.json'), '{"private": true}')
    run('npm', ['install', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', join(home, tarball)], project)
  })

  it('holds what it needs, and nothing of the clone', () => {
    for (const needed of ['bin/tollgate', 'dist/main.js', 'schema/tollgate.schema.json', 'examples/tollgate.yaml', 'LICENSE', 'CHANGELOG.md', 'package.json']) {
      assert.ok(files.includes(needed), `${needed} is missing from the package`)
    }
    assert.deepEqual(files.filter((file) => /^(src|test|scripts|deploy|\.)/.test(file) || /\.env|\.pem$|\.key$/.test(file)), [])
  })

  it('runs with npx', () => {
    const manifest: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    assert.equal(run('npx', ['--no-install', 'tollgate', '--version'], project).trim(), Reflect.get(Object(manifest), 'version'))
  })

  it('checks its own example', () => {
    const output = run('npx', ['--no-install', 'tollgate', 'check', '-c', 'node_modules/tollgate/examples/tollgate.yaml'], project)
    assert.match(output, /examples\/tollgate\.yaml is valid: 2 providers, 3 models/)
  })
})
