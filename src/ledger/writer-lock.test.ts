import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { silentLog } from '../core/log.ts'
import { ledgerDirectory } from '../../test/support/ledger-files.ts'
import { lockWriter } from './writer-lock.ts'

const holder = `
import { lockWriter } from ${JSON.stringify(new URL('writer-lock.ts', import.meta.url).href)}
const quiet = () => undefined
await lockWriter({ directory: process.argv[1], writer: 'main', log: { debug: quiet, info: quiet, warn: quiet, error: quiet } })
process.stdout.write('held')
setInterval(quiet, 1000)
`

async function otherHolder(directory: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', holder, directory], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  return child
}

describe('the lock of a writer', () => {
  it('names the process that holds it, and is free once that was killed', async () => {
    const directory = ledgerDirectory()
    const child = await otherHolder(directory)
    await assert.rejects(lockWriter({ directory, writer: 'main', log: silentLog }), new RegExp(`being written by another process as "main" \\(process ${child.pid} on .*Stop that one`))
    child.kill('SIGKILL')
    await once(child, 'exit')
    assert.ok(existsSync(join(directory, 'main.lock')), 'it could not clean up')
    await (await lockWriter({ directory, writer: 'main', log: silentLog })).release()
  })

  it('holds against the same process too, but not against other writers, and leaves nothing', async () => {
    const directory = ledgerDirectory()
    const lock = await lockWriter({ directory, writer: 'main', log: silentLog })
    await assert.rejects(lockWriter({ directory, writer: 'main', log: silentLog }), new RegExp(`process ${process.pid} on`))
    const other = await lockWriter({ directory, writer: 'worker-2', log: silentLog })
    await Promise.all([lock.release(), other.release()])
    assert.equal(existsSync(join(directory, 'main.lock')), false)
  })

  it('is given to one of many who find that its holder has died', async () => {
    const directory = ledgerDirectory()
    const child = await otherHolder(directory)
    child.kill('SIGKILL')
    await once(child, 'exit')
    const tries = await Promise.allSettled(Array.from({ length: 8 }, () => lockWriter({ directory, writer: 'main', log: silentLog })))
    const taken = tries.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
    assert.equal(taken.length, 1)
    await taken[0]?.release()
  })

  it('works where the path is longer than that of a socket may be', async () => {
    const directory = join(ledgerDirectory(), 'x'.repeat(120))
    mkdirSync(directory)
    const lock = await lockWriter({ directory, writer: 'main', log: silentLog })
    assert.ok(existsSync(join(directory, 'main.lock')))
    await assert.rejects(lockWriter({ directory, writer: 'main', log: silentLog }), /being written by another process/)
    await lock.release()
    assert.equal(existsSync(join(directory, 'main.lock')), false)
  })
})
