// Installs that are broken off, repeated, or run twice at once must end in one whole tool.

import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { installDirectory } from './install-directory.ts'

// Larger than any process id Linux gives out (2^22).
const deadProcess = 4_194_305

describe('installDirectory', () => {
  let parent = ''
  let directory = ''
  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'tollgate-install-'))
    directory = join(parent, 'tool-1.0')
  })
  afterEach(() => rm(parent, { recursive: true }))

  const waited: number[] = []
  const plan = (install: (emptyDirectory: string) => Promise<void>): Parameters<typeof installDirectory>[0] => ({
    directory,
    install,
    onWait: (processId) => waited.push(processId),
    pollMs: 1,
  })
  const writeTool = (text: string) => (emptyDirectory: string) => writeFile(join(emptyDirectory, 'tool'), text)

  it('installs once and leaves nothing else behind', async () => {
    await installDirectory(plan(writeTool('first')))
    await installDirectory(plan(() => Promise.reject(new Error('must not install again'))))
    assert.deepEqual(await readdir(parent), ['tool-1.0'])
    assert.equal(await readFile(join(directory, 'tool'), 'utf8'), 'first')
  })

  it('leaves nothing behind when an install fails, and can try again', async () => {
    await assert.rejects(installDirectory(plan(() => Promise.reject(new Error('no network')))), /no network/)
    assert.deepEqual(await readdir(parent), [])
    await installDirectory(plan(writeTool('second')))
    assert.deepEqual(await readdir(parent), ['tool-1.0'])
  })

  it('repairs what a killed installer left: its lock and its half-finished directory', async () => {
    await writeFile(`${directory}.lock`, String(deadProcess))
    await mkdir(`${directory}.partial-${deadProcess}`)
    await installDirectory(plan(writeTool('whole')))
    assert.deepEqual(await readdir(parent), ['tool-1.0'])
  })

  it('waits for another installer and takes what it installed', async () => {
    let release: (() => void) | undefined
    const first = installDirectory(
      plan(async (emptyDirectory) => {
        await writeTool('first')(emptyDirectory)
        await new Promise<void>((resolve) => {
          release = resolve
        })
      }),
    )
    while (release === undefined) await new Promise((resolve) => setImmediate(resolve))
    waited.length = 0
    const second = installDirectory(plan(writeTool('second')))
    while (waited.length === 0) await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual(waited, [process.pid])
    release()
    await Promise.all([first, second])
    assert.equal(await readFile(join(directory, 'tool'), 'utf8'), 'first')
  })
})
