// Envoy takes its listener from a file, and lives on without it when the port is taken: the stack would look healthy and another program answer.

import { createServer } from 'node:net'
import { socketTarget } from '../core/socket-target.ts'

/**
 * Resolves when `host:port` can be bound at this moment; rejects with Node's error (`code` EADDRINUSE, EACCES …) when not.
 * A unix socket is left to Envoy.
 */
export async function requireFreeAddress(address: string): Promise<void> {
  const target = socketTarget(address)
  if ('path' in target) return
  const probe = createServer()
  await new Promise<void>((resolve, reject) => {
    probe.once('error', reject)
    probe.listen({ ...target, exclusive: true }, resolve)
  })
  await new Promise<void>((resolve) => {
    probe.close(() => resolve())
  })
}
