// When a clone installs its packages, and what it says when it cannot. npm is a shell script here, so nothing is downloaded.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'

const script = new URL('../../scripts/install-packages.mjs', import.meta.url)

describe('installPackages', () => {
  let root = ''
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'tollgate-packages-'))
    writeFileSync(join(root, 'package-lock.json'), '{"lockfileVersion": 3}')
    mkdirSync(join(root, 'bin'))
    symlinkSync(process.execPath, join(root, 'bin', 'node'))
  })
  afterEach(() => rmSync(root, { recursive: true }))

  function placeNpm(lines) {
    const path = join(root, 'bin', 'npm')
    writeFileSync(path, `#!/bin/sh\necho "$*" >> calls\n${lines}\n`)
    chmodSync(path, 0o755)
  }
  const works = '/bin/mkdir -p node_modules; echo "{}" > node_modules/.package-lock.json'
  const calls = () => (existsSync(join(root, 'calls')) ? readFileSync(join(root, 'calls'), 'utf8').trim().split('\n') : [])

  function install() {
    const program = `import { installPackages } from ${JSON.stringify(script.href)}; try { installPackages(process.argv[1]) } catch (thrown) { console.error(thrown.message); process.exitCode = 1 }`
    const environment = { ...process.env, PATH: join(root, 'bin') }
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program, root], { env: environment, encoding: 'utf8' })
    return { status, stderr }
  }
  const changeDate = (file, seconds) => utimesSync(join(root, file), seconds, seconds)

  it('installs from the lock file once', () => {
    placeNpm(works)
    assert.equal(install().status, 0)
    assert.equal(install().status, 0)
    assert.deepEqual(calls(), ['ci --ignore-scripts --no-audit --no-fund'])
  })

  it('installs again when the lock file has changed, but not when only its date has', () => {
    placeNpm(works)
    install()
    const later = Date.now() / 1000 + 100
    changeDate('package-lock.json', later)
    changeDate('node_modules/.package-lock.json', later - 200)
    install()
    assert.equal(calls().length, 1)
    writeFileSync(join(root, 'package-lock.json'), '{"lockfileVersion": 3, "packages": {}}')
    changeDate('package-lock.json', later + 300)
    install()
    assert.equal(calls().length, 2)
  })

  it('repairs an install that was broken off', () => {
    mkdirSync(join(root, 'node_modules'))
    placeNpm(works)
    assert.equal(install().status, 0)
    assert.equal(calls().length, 1)
  })

  it('says what to do when npm is missing or fails', () => {
    assert.match(install().stderr, /npm was not found on PATH.*install Node 20\.15 or later/)
    placeNpm('exit 1')
    const failed = install()
    assert.equal(failed.status, 1)
    assert.match(failed.stderr, /npm ci failed: its output is above\. Without a network/)
  })
})
