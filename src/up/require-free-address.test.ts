import assert from 'node:assert/strict'
import { createServer, type AddressInfo } from 'node:net'
import { test } from 'node:test'
import { requireFreeAddress } from './require-free-address.ts'

test('requireFreeAddress: rejects while somebody listens there, and leaves nothing behind itself', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // A TCP server that listens has an AddressInfo, never a string or null.
  const { port } = server.address() as AddressInfo
  await assert.rejects(requireFreeAddress(`127.0.0.1:${port}`), { code: 'EADDRINUSE' })
  await new Promise<void>((resolve) => server.close(() => resolve()))
  await requireFreeAddress(`127.0.0.1:${port}`)
  await requireFreeAddress(`127.0.0.1:${port}`)
})
