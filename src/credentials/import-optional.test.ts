import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { importOptional } from './import-optional.ts'

describe('an optional package', () => {
  it('that is not there is named, with the command that brings it', async () => {
    const missing = 'tollgate-no-such-package'
    await assert.rejects(
      importOptional(missing, () => import(missing)),
      { message: `the package ${missing} is not installed, and credentials of this cloud need it: npm install ${missing}` },
    )
  })

  it('that fails by itself says so itself', async () => {
    await assert.rejects(
      importOptional('broken', () => Promise.reject(new Error('its own trouble'))),
      { message: 'its own trouble' },
    )
  })
})
