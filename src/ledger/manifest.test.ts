import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { ledgerDirectory } from '../../test/support/ledger-files.ts'
import { MANIFEST, NEW_WRITER, readManifest, updateManifest } from './manifest.ts'

const writeMuch = `
import { NEW_WRITER, updateManifest } from ${JSON.stringify(new URL('manifest.ts', import.meta.url).href)}
const segment = { segment: 1, firstSeq: 1, lastSeq: 1, lastHash: 'a'.repeat(64), from: '', to: '', rows: 1, bytes: 1 }
process.on('SIGXFSZ', () => undefined)
try {
  updateManifest(process.argv[1], 'worker-2', () => ({ ...NEW_WRITER, closed: Array.from({ length: 300 }, () => segment) }))
} catch (error) {
  process.stdout.write(error.code)
}
`

describe('the list of files of a ledger', () => {
  it('stays as it was when there is no room for all of the next one', () => {
    const directory = ledgerDirectory()
    updateManifest(directory, 'main', () => NEW_WRITER)
    const before = readFileSync(join(directory, MANIFEST), 'utf8')
    const limited = spawnSync('bash', ['-c', 'ulimit -f 32; exec "$@"', 'bash', process.execPath, '--import', 'tsx', '--input-type=module', '-e', writeMuch, directory], { encoding: 'utf8' })
    assert.equal(limited.stdout, 'EFBIG', limited.stderr)
    assert.equal(readFileSync(join(directory, MANIFEST), 'utf8'), before)
    updateManifest(directory, 'main', (entry) => ({ ...entry, current: { segment: 1, firstSeq: 1 } }))
    assert.deepEqual(readManifest(directory)?.writers, { main: { ...NEW_WRITER, current: { segment: 1, firstSeq: 1 } } })
  })
})
