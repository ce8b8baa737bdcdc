// Envoy takes its listener from a file, and lives on without it when the port is taken: the stack would look healthy and another program answer.

import { createServer } from 'node:net'

/** Resolves when `host:port` can be bound at this moment; rejects with Node's error (`code` EADDRINUSE, EACCES …) when not. */
export async function requireFreeAddress({ host, port }: { readonly host: string; readonly port: number }): Promise<void> {
  const probe = createServer()
  await new Promise<void>((resolve, reject) => {
    probe.once('error', reject)
    probe.listen({ host, port, exclusive: true }, resolve)
  })
  await new Promise<void>((resolve) => {
    probe.close(() => resolve())
  })
}
