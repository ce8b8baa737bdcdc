import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { scratchFolder } from '../../test/support/grpc-client.ts'
import { createFileKeyBook } from './file-key-book.ts'
import type { KeyRecord } from './key-record.ts'

const record = (index: number): KeyRecord => ({
  id: String(index).padStart(10, '0'),
  hash: index.toString(16).padStart(64, '0'),
  attributes: new Map([['user', `user ${index}`]]),
  models: undefined,
  createdAtMs: index,
  expiresAtMs: undefined,
  revokedAtMs: undefined,
})

describe('the book of keys in a file', () => {
  let folder: Awaited<ReturnType<typeof scratchFolder>>
  let path: string
  beforeEach(async () => {
    folder = await scratchFolder()
    path = join(folder.path, 'keys.yaml')
  })
  afterEach(() => folder.remove())

  it('keeps what several write at once, for its owner alone, and leaves nothing lying about', async () => {
    const records = Array.from({ length: 20 }, (_, index) => record(index))
    await Promise.all(records.map((each) => createFileKeyBook(path).add(each)))
    const kept = await createFileKeyBook(path).list()
    assert.deepEqual(kept.toSorted((a, b) => a.createdAtMs - b.createdAtMs), records)
    assert.equal((await stat(path)).mode & 0o777, 0o600)
    assert.deepEqual(await readdir(folder.path), ['keys.yaml'])
  })

  it('marks a revoked key, once, and knows no other', async () => {
    const book = createFileKeyBook(path)
    await book.add(record(1))
    await book.add(record(2))
    assert.deepEqual(await book.revoke(record(1).id, 100), { ...record(1), revokedAtMs: 100 })
    assert.deepEqual(await book.revoke(record(1).id, 200), { ...record(1), revokedAtMs: 100 })
    assert.equal(await book.revoke('9999999999', 100), undefined)
    assert.deepEqual(await book.list(), [{ ...record(1), revokedAtMs: 100 }, record(2)])
  })

  it('writes through a link, which stays', async () => {
    await mkdir(join(folder.path, 'data'))
    const target = join(folder.path, 'data', 'real.yaml')
    await writeFile(target, '')
    await symlink(target, path)
    await createFileKeyBook(path).add(record(1))
    assert.equal(await readlink(path), target)
    assert.match(await readFile(target, 'utf8'), /"0000000001"/)
  })

  it('changes no file that it does not understand', async () => {
    await writeFile(path, 'keys: [{id: mine}]\n')
    await assert.rejects(createFileKeyBook(path).add(record(1)), /is no file of keys: a key has no valid id/)
    assert.equal(await readFile(path, 'utf8'), 'keys: [{id: mine}]\n')
    assert.deepEqual(await readdir(folder.path), ['keys.yaml'])
  })
})
