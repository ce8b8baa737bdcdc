// However new content gets into a file, it is noticed, once, and nothing else is.

import assert from 'node:assert/strict'
import { once, EventEmitter } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import type { Log } from '../core/log.ts'
import { silentLog } from '../core/log.ts'
import { watchFiles, type WatchOptions } from './watch.ts'

let folder = ''
let watcher: { close(): void } | undefined
let changes = 0
const events = new EventEmitter()

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tollgate-watch-'))
  changes = 0
})
afterEach(() => {
  watcher?.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Polling is put out of reach unless a test is about it, so that what is seen comes from events. */
function start(paths: readonly string[], options: Partial<WatchOptions> = {}): void {
  watcher = watchFiles({
    paths: () => paths,
    onChange: () => {
      changes += 1
      events.emit('change')
    },
    log: silentLog,
    settleMs: 10,
    pollMs: 3_600_000,
    ...options,
  })
}

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

/** Does something and waits until it was noticed. */
async function noticed(act: () => void): Promise<void> {
  const change = once(events, 'change')
  act()
  await change
}

describe('watching files', () => {
  it('notices that a file was written', async () => {
    const path = file('a.yaml', 'one')
    start([path])
    await noticed(() => writeFileSync(path, 'two'))
    await noticed(() => writeFileSync(path, 'three'))
    assert.equal(changes, 2)
  })

  it('notices that a file was replaced, as editors do, again and again', async () => {
    const path = file('a.yaml', 'one')
    start([path])
    for (const text of ['two', 'three']) await noticed(() => renameSync(file('a.yaml.tmp', text), path))
    await noticed(() => writeFileSync(path, 'four'))
    assert.equal(changes, 3)
  })

  it('notices a swapped ..data link, as Kubernetes makes it', async () => {
    for (const version of ['1', '2', '3']) {
      mkdirSync(join(folder, `..version-${version}`))
      file(`..version-${version}/a.yaml`, version)
    }
    symlinkSync('..version-1', join(folder, '..data'))
    symlinkSync('..data/a.yaml', join(folder, 'a.yaml'))
    start([join(folder, 'a.yaml')])
    for (const version of ['2', '3']) {
      await noticed(() => {
        symlinkSync(`..version-${version}`, join(folder, '..data-next'))
        renameSync(join(folder, '..data-next'), join(folder, '..data'))
      })
    }
    assert.equal(changes, 2)
  })

  it('notices a write into a linked file in another folder', async () => {
    mkdirSync(join(folder, 'elsewhere'))
    const target = file('elsewhere/a.yaml', 'one')
    symlinkSync(target, join(folder, 'a.yaml'))
    start([join(folder, 'a.yaml')])
    await noticed(() => writeFileSync(target, 'two'))
  })

  it('says nothing about other files, the same content, or a file that went away and came back', async () => {
    const path = file('a.yaml', 'one')
    const other = file('b.yaml', 'one')
    start([path, other])
    file('unrelated', 'x')
    writeFileSync(path, 'one')
    unlinkSync(path)
    writeFileSync(path, 'one')
    await noticed(() => writeFileSync(other, 'two'))
    assert.equal(changes, 1)
  })

  it('waits until the content is the same twice, because an editor may truncate first', async () => {
    const path = file('a.yaml', 'one')
    const seen: string[] = []
    const paths = (): string[] => {
      // Asked before each reading: the first one finds the half, and before the second one the editor has gone on.
      if (readFileSync(path, 'utf8') === 'half' && (looks += 1) === 2) writeFileSync(path, 'whole')
      return [path]
    }
    let looks = 0
    start([], { paths, onChange: () => void events.emit('change', seen.push(readFileSync(path, 'utf8'))) })
    await noticed(() => writeFileSync(path, 'half'))
    assert.deepEqual(seen, ['whole'])
  })

  it('says once that a file is gone, and notices what it comes back with', async () => {
    const path = file('a.yaml', 'one')
    let warnings = 0
    const warn: Log['warn'] = (fields) => void events.emit('warning', fields, (warnings += 1))
    const paths = (): string[] => {
      events.emit('look')
      return [path]
    }
    start([], { paths, log: { ...silentLog, warn } })
    const warning = once(events, 'warning')
    unlinkSync(path)
    assert.deepEqual(await warning, [{ files: [path] }, 1])
    for (const name of ['unrelated', 'another']) {
      const look = once(events, 'look')
      file(name, 'x')
      await look
    }
    assert.equal(changes, 0)
    await noticed(() => writeFileSync(path, 'two'))
    assert.deepEqual([changes, warnings], [1, 1])
  })

  it('notices the other files while one is gone for good, as when it was renamed', async () => {
    const main = file('a.yaml', 'limits: b.yaml')
    const limits = file('b.yaml', 'one')
    start([main, limits])
    await noticed(() => {
      renameSync(limits, join(folder, 'c.yaml'))
      writeFileSync(main, 'limits: c.yaml')
    })
    await noticed(() => writeFileSync(main, 'limits: b.yaml # again'))
    await noticed(() => renameSync(join(folder, 'c.yaml'), limits))
    assert.equal(changes, 3)
  })

  it('is not held up by a file that was never there, and notices when it comes', async () => {
    const main = file('a.yaml', 'one')
    const late = join(folder, 'late.yaml')
    start([main, late], { log: { ...silentLog, warn: () => assert.fail('nothing is gone') } })
    await noticed(() => writeFileSync(main, 'two'))
    await noticed(() => writeFileSync(late, 'one'))
    assert.equal(changes, 2)
  })

  it('looks by itself where no events come from', async () => {
    const inner = join(folder, 'inner')
    mkdirSync(inner)
    const path = file('inner/a.yaml', 'one')
    start([path], { pollMs: 10 })
    await noticed(() => {
      renameSync(inner, join(folder, 'old'))
      mkdirSync(inner)
      writeFileSync(path, 'two')
    })
    // The folder was replaced as a whole, so its watcher sits on the old one.
    await noticed(() => writeFileSync(path, 'three'))
  })

  it('follows the files that a reload brings', async () => {
    const first = file('a.yaml', 'one')
    const second = file('b.yaml', 'one')
    const paths = [first]
    start(paths)
    await noticed(() => {
      paths.push(second)
      writeFileSync(first, 'two')
    })
    await noticed(() => writeFileSync(second, 'two'))
    assert.equal(changes, 2)
  })
})
