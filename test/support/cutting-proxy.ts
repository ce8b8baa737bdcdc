// A TCP proxy that can cut a connection at the worst moment: when the server has carried out a script and before the client hears of it.

import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

export interface CuttingProxy {
  readonly port: number
  /** Cuts the connection of the next script instead of passing on its answer. Resolves then. */
  cutNextScript(): Promise<void>
  /** How many scripts have passed. */
  scripts(): number
  /** New connections lead there. */
  leadTo(targetPort: number): void
  stop(): Promise<void>
}

export async function startCuttingProxy(firstTargetPort: number): Promise<CuttingProxy> {
  const sockets = new Set<Socket>()
  let onCut: (() => void) | undefined
  let scripts = 0
  let targetPort = firstTargetPort
  const server = createServer((client) => {
    const target = connect(targetPort, '127.0.0.1')
    let isMarked = false
    const end = (): void => {
      client.destroy()
      target.destroy()
    }
    for (const socket of [client, target]) {
      sockets.add(socket)
      socket.on('close', end).on('error', end)
    }
    client.on('data', (bytes) => {
      const found = bytes.toString('latin1').match(/\r\neval(?:sha)?\r\n/gi)?.length ?? 0
      scripts += found
      if (found > 0 && onCut !== undefined) isMarked = true
      target.write(bytes)
    })
    target.on('data', (bytes) => {
      if (!isMarked) {
        client.write(bytes)
        return
      }
      end()
      onCut?.()
      onCut = undefined
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    port: address.port,
    cutNextScript: () =>
      new Promise((resolve) => {
        onCut = resolve
      }),
    scripts: () => scripts,
    leadTo(port) {
      targetPort = port
    },
    async stop() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
