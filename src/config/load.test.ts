// From the disk: what is missing is a message, not a stack trace.

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { loadConfig } from './load.ts'
import { formatProblem } from './problem.ts'

const folder = mkdtempSync(join(tmpdir(), 'tollgate-load-'))
after(() => rmSync(folder, { recursive: true }))

function write(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const smallest = 'providers:\n  openai: {api: openai, credential: {file: key.txt}}\nmodels:\n  gpt-4o: {providers: [openai]}\n'
const limits = 'callers:\n  - headers: {user: x-user-id}\nlimits:\n  - {file: limits.yaml}\n'

describe('loading a configuration', () => {
  it('reads the file and what it names, relative to its folder', async () => {
    write('key.txt', 'sk-hunter2')
    write('limits.yaml', 'domain: d\ndescriptors:\n  - {key: user, rate_limit: {unit: hour, requests_per_unit: 10}}\n')
    const path = write('tollgate.yaml', smallest + limits)
    const loaded = await loadConfig(path)
    assert.ok(loaded.ok)
    assert.deepEqual(loaded.warnings, [])
    assert.deepEqual(loaded.config.files, [path, join(folder, 'limits.yaml')])
    assert.deepEqual(loaded.config.providers.get('openai')?.credential, { kind: 'file', path: join(folder, 'key.txt') })
    assert.doesNotMatch(JSON.stringify([...loaded.config.providers]), /hunter2/)
  })

  it('says that there is no file, and what to do', async () => {
    const path = join(folder, 'absent.yaml')
    const loaded = await loadConfig(path)
    assert.ok(!loaded.ok)
    assert.deepEqual(loaded.problems.map(formatProblem), [
      `${path}:1:1: cannot read the configuration (no such file); name the file with -c FILE, examples/tollgate.yaml is a start`,
    ])
    assert.deepEqual(loaded.files, [path])
  })

  it('says that it is a folder', async () => {
    mkdirSync(join(folder, 'folder.yaml'))
    const loaded = await loadConfig(join(folder, 'folder.yaml'))
    assert.ok(!loaded.ok)
    assert.match(loaded.problems[0]?.message ?? '', /it is a folder/)
  })

  it('names the files of a broken configuration, so that a watcher can wait for them', async () => {
    const path = write('broken.yaml', smallest + limits.replace('limits.yaml', 'later.yaml'))
    const loaded = await loadConfig(path)
    assert.ok(!loaded.ok)
    assert.deepEqual(loaded.files, [path, join(folder, 'later.yaml')])
    assert.match(loaded.problems[0]?.message ?? '', /limits\[0\]\.file: found "later\.yaml", but .*later\.yaml cannot be read \(no such file\)/)
  })

  it('only warns of a credential file that is not there yet', async () => {
    const loaded = await loadConfig(write('mounted-later.yaml', smallest.replace('key.txt', 'later.txt')))
    assert.ok(loaded.ok)
    assert.deepEqual(
      loaded.warnings.map(({ line, column }) => [line, column]),
      [[2, 44]],
    )
  })

  it('refuses a file that cannot be a configuration by its size', async () => {
    const loaded = await loadConfig(write('huge.yaml', `#${'x'.repeat(8 * 1024 * 1024)}`))
    assert.ok(!loaded.ok)
    assert.match(loaded.problems[0]?.message ?? '', /more than 8388608 bytes/)
  })
})
