import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { ledgerIdentity } from './ledger-identity.ts'
import { readLearned, writeLearned } from './learned-file.ts'

const directory = mkdtempSync(join(tmpdir(), 'tollgate-learned-'))
after(() => rmSync(directory, { recursive: true, force: true }))

describe('what was learned', () => {
  it('is read as it was written last, and nothing where there is nothing to be read', () => {
    assert.equal(readLearned(directory), undefined)
    writeLearned(directory, { a: 1 })
    writeLearned(directory, { a: 2 })
    assert.deepEqual(readLearned(directory), { a: 2 })
    writeFileSync(join(directory, 'learned.json'), '{"a":')
    assert.equal(readLearned(directory), undefined)
  })
})

describe('the name of a ledger', () => {
  it('is made once and kept', () => {
    const name = ledgerIdentity(directory)
    assert.match(name, /^[0-9a-f-]{36}$/)
    assert.equal(ledgerIdentity(directory), name)
  })

  it('is not made up again where somebody has changed it', () => {
    writeFileSync(join(directory, 'identity'), 'something else')
    assert.throws(() => ledgerIdentity(directory), /is not what Tollgate has written there/)
  })
})
