// What a process has written outlives it, however it ends.

import assert from 'node:assert/strict'
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { createInterface } from 'node:readline'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { silentLog } from '../core/log.ts'
import { ledgerDirectory, ledgerOptions } from '../../test/support/ledger-files.ts'
import { logToArray } from '../../test/support/log-to-array.ts'
import { checkSegment, isTorn } from './check-segment.ts'
import { openLedger } from './open-ledger.ts'
import { recover } from './recover.ts'
import { segmentPath } from './segment-files.ts'

const script = fileURLToPath(new URL('../../test/support/write-rows.ts', import.meta.url))

/** Writes rows into `directory` in a process of its own; files may have that many blocks of 1,024 bytes. */
function writeRows(directory: string, blocks: number | 'unlimited'): ChildProcessByStdio<Writable, Readable, null> {
  const command = `ulimit -f ${blocks}; exec "$0" --import tsx "$1" "$2"`
  return spawn('bash', ['-c', command, process.execPath, script, directory], { stdio: ['pipe', 'pipe', 'inherit'] })
}

async function idsIn(directory: string, segment: number): Promise<Set<string>> {
  const ids = new Set<string>()
  for await (const lines of checkSegment({ writer: 'main', segment, path: segmentPath(directory, { writer: 'main', segment }) }, { details: true })) {
    for (const line of lines) if (!isTorn(line) && line.record.kind === 'row') ids.add(line.record.id)
  }
  return ids
}

describe('what a process has written', () => {
  it('is there after kill -9: every row that it said was written', async () => {
    const directory = ledgerDirectory()
    const child = writeRows(directory, 'unlimited')
    const said: string[] = []
    for await (const id of createInterface(child.stdout)) {
      said.push(id)
      if (said.length === 2000) child.kill('SIGKILL')
    }
    assert.ok(said.length >= 2000)
    const written = await idsIn(directory, 1)
    assert.deepEqual(said.filter((id) => !written.has(id)), [])
    const recovered = await recover({ directory, writer: 'main', log: silentLog })
    assert.equal(recovered?.snapshot.counters[0]?.used, written.size)
    await (await openLedger(ledgerOptions(directory))).close()
  })

  it('stays readable when the disk is full, and goes on when it is not any more', async () => {
    const directory = ledgerDirectory()
    const child = writeRows(directory, 512)
    const said: string[] = []
    for await (const word of createInterface(child.stdout)) {
      if (word === 'failed') child.stdin.end('\n')
      else said.push(word)
    }
    if (child.exitCode === null) await once(child, 'exit')
    assert.equal(child.exitCode, 0, 'it caught the failure and ended by itself')
    assert.deepEqual([...(await idsIn(directory, 1))], said)
    const { log, lines } = logToArray()
    const ledger = await openLedger({ ...ledgerOptions(directory), log })
    await ledger.close()
    assert.deepEqual(lines, [], 'there was no torn line to cut off')
    assert.equal((await recover({ directory, writer: 'main', log }))?.snapshot.counters[0]?.used, said.length)
  })
})
