import assert from 'node:assert/strict'
import { rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { scratchFolder } from '../../test/support/grpc-client.ts'
import { logToArray } from '../../test/support/log-to-array.ts'
import { createFileKeys, type FileKeys } from './file-keys.ts'
import { formatKeyFile } from './key-file.ts'
import type { KeyRecord } from './key-record.ts'

const hash = 'a'.repeat(64)
const record: KeyRecord = { id: '0123456789', hash, attributes: new Map([['user', 'alice']]), models: undefined, createdAtMs: 0, expiresAtMs: undefined, revokedAtMs: undefined }

describe('keys in a file', () => {
  let folder: Awaited<ReturnType<typeof scratchFolder>>
  let path: string
  let nowMs = 0
  let keys: FileKeys
  let lines: ReturnType<typeof logToArray>['lines']

  beforeEach(async () => {
    folder = await scratchFolder()
    path = join(folder.path, 'keys.yaml')
    const { log, lines: logged } = logToArray()
    lines = logged
    keys = createFileKeys({ clock: { now: () => 0, monotonic: () => nowMs }, log })
  })
  afterEach(() => folder.remove())

  async function write(text: string): Promise<void> {
    await writeFile(`${path}.new`, text)
    await rename(`${path}.new`, path)
  }

  it('are none while there is no file, and there as soon as it is', async () => {
    assert.equal(keys.find(path, hash), undefined)
    await write(formatKeyFile([record]))
    nowMs += 200
    assert.deepEqual(keys.find(path, hash), record)
    assert.equal(keys.find(path, 'b'.repeat(64)), undefined)
    assert.deepEqual(lines, [])
  })

  it('are looked at again within a fifth of a second, and not more often', async () => {
    await write(formatKeyFile([record]))
    keys.find(path, hash)
    const revoked = { ...record, revokedAtMs: 1 }
    await write(formatKeyFile([revoked]))
    nowMs += 199
    assert.deepEqual(keys.find(path, hash), record)
    nowMs += 1
    assert.deepEqual(keys.find(path, hash), revoked)
    await rm(path)
    nowMs += 200
    assert.equal(keys.find(path, hash), undefined)
  })

  it('let nobody in while the file has a mistake, which is said once', async () => {
    await write(formatKeyFile([record]))
    keys.find(path, hash)
    await write('{"keys": [')
    nowMs += 200
    for (let times = 0; times < 3; times += 1) {
      assert.throws(() => keys.find(path, hash), { code: 'callers_unavailable' })
      nowMs += 200
    }
    assert.deepEqual(lines.map(({ level, fields }) => [level, fields['reason']]), [['error', 'it is neither JSON nor YAML']])
    await write(formatKeyFile([record]))
    nowMs += 200
    assert.deepEqual(keys.find(path, hash), record)
  })
})
