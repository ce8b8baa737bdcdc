// Secrets are read as late as possible, and said to nobody.

import assert from 'node:assert/strict'
import { mkdtempSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import type { Clock } from '../core/clock.ts'
import type { Log } from '../core/log.ts'
import { silentLog } from '../core/log.ts'
import { createSecretReader } from './secret-reader.ts'

const folder = mkdtempSync(join(tmpdir(), 'tollgate-credentials-'))
after(() => rmSync(folder, { recursive: true }))

function createFakeClock(): Clock & { advance(ms: number): void } {
  let nowMs = 1_000_000
  return { now: () => nowMs, monotonic: () => nowMs, advance: (ms) => void (nowMs += ms) }
}

function createRecordingLog(): Log & { readonly lines: string[] } {
  const lines: string[] = []
  return { ...silentLog, lines, warn: (fields, message) => void lines.push(JSON.stringify([fields, message])) }
}

function writeSecret(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

describe('a credential from the environment', () => {
  it('is trimmed and read anew each time', () => {
    const env: Record<string, string | undefined> = { KEY: ' sk-1\n' }
    const reader = createSecretReader({ env, log: silentLog, clock: createFakeClock() })
    assert.equal(reader.read({ kind: 'env', name: 'KEY' }), 'sk-1')
    env['KEY'] = 'sk-2'
    assert.equal(reader.read({ kind: 'env', name: 'KEY' }), 'sk-2')
  })

  it('is undefined when unset or empty, and for providers without one', () => {
    const reader = createSecretReader({ env: { EMPTY: '  ' }, log: silentLog, clock: createFakeClock() })
    assert.equal(reader.read({ kind: 'env', name: 'EMPTY' }), undefined)
    assert.equal(reader.read({ kind: 'env', name: 'UNSET' }), undefined)
    assert.equal(reader.read({ kind: 'none' }), undefined)
  })

  it('is refused with one warning, which does not show it, when a header cannot carry it', () => {
    const log = createRecordingLog()
    const env: Record<string, string> = { KEY: 'sk-hunter2\nx-admin: 1' }
    const reader = createSecretReader({ env, log, clock: createFakeClock() })
    assert.equal(reader.read({ kind: 'env', name: 'KEY' }), undefined)
    assert.equal(reader.read({ kind: 'env', name: 'KEY' }), undefined)
    assert.equal(log.lines.length, 1)
    assert.match(log.lines[0] ?? '', /"source":"env KEY"/)
    assert.doesNotMatch(log.lines[0] ?? '', /hunter2/)
    env['KEY'] = 'sk-\u00fc'
    assert.equal(reader.read({ kind: 'env', name: 'KEY' }), undefined)
    assert.equal(log.lines.length, 1)
    env['KEY'] = 'sk-mended'
    assert.equal(reader.read({ kind: 'env', name: 'KEY' }), 'sk-mended')
    env['KEY'] = 'sk\u0000'
    assert.equal(reader.read({ kind: 'env', name: 'KEY' }), undefined)
    assert.equal(log.lines.length, 2)
  })
})

describe('a credential from a file', () => {
  it('is trimmed, kept for a second, then read again when it was rotated', () => {
    const clock = createFakeClock()
    const path = writeSecret('rotated', 'sk-1\n')
    const reader = createSecretReader({ env: {}, log: silentLog, clock })
    assert.equal(reader.read({ kind: 'file', path }), 'sk-1')
    writeFileSync(path, 'sk-22\n')
    clock.advance(999)
    assert.equal(reader.read({ kind: 'file', path }), 'sk-1')
    clock.advance(1)
    assert.equal(reader.read({ kind: 'file', path }), 'sk-22')
  })

  it('is noticed when it is replaced by one of the same size and age', () => {
    const clock = createFakeClock()
    const path = writeSecret('replaced', 'sk-1')
    const next = writeSecret('replaced.next', 'sk-2')
    utimesSync(path, 1000, 1000)
    utimesSync(next, 1000, 1000)
    const reader = createSecretReader({ env: {}, log: silentLog, clock })
    assert.equal(reader.read({ kind: 'file', path }), 'sk-1')
    renameSync(next, path)
    clock.advance(1000)
    assert.equal(reader.read({ kind: 'file', path }), 'sk-2')
  })

  it('follows a link that is swapped, as Kubernetes does', () => {
    const clock = createFakeClock()
    const path = join(folder, 'linked')
    symlinkSync(writeSecret('one', 'sk-1'), path)
    const reader = createSecretReader({ env: {}, log: silentLog, clock })
    assert.equal(reader.read({ kind: 'file', path }), 'sk-1')
    symlinkSync(writeSecret('two', 'sk-2'), `${path}.next`)
    renameSync(`${path}.next`, path)
    clock.advance(1000)
    assert.equal(reader.read({ kind: 'file', path }), 'sk-2')
  })

  it('is undefined while the file is gone, with one warning, and back when it is back', () => {
    const clock = createFakeClock()
    const log = createRecordingLog()
    const path = join(folder, 'late')
    const reader = createSecretReader({ env: {}, log, clock })
    assert.equal(reader.read({ kind: 'file', path }), undefined)
    clock.advance(1000)
    assert.equal(reader.read({ kind: 'file', path }), undefined)
    assert.equal(log.lines.length, 1)
    writeSecret('late', 'sk-late')
    clock.advance(1000)
    assert.equal(reader.read({ kind: 'file', path }), 'sk-late')
  })

  it('is refused when it is far larger than any secret', () => {
    const log = createRecordingLog()
    const path = writeSecret('huge', 'x'.repeat(64 * 1024 + 1))
    assert.equal(createSecretReader({ env: {}, log, clock: createFakeClock() }).read({ kind: 'file', path }), undefined)
    assert.match(log.lines[0] ?? '', /more than 65536 bytes/)
  })
})
