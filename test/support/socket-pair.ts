// Two ends of a unix socket, as two processes have them.

import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export async function socketPair(): Promise<readonly [Socket, Socket]> {
  const directory = await mkdtemp(join(tmpdir(), 'tollgate-pair-'))
  const server = createServer()
  try {
    const path = join(directory, 'socket')
    await new Promise<void>((resolve) => server.listen(path, resolve))
    const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve))
    const one = connect(path)
    return [one, await accepted]
  } finally {
    server.close()
    await rm(directory, { recursive: true })
  }
}
