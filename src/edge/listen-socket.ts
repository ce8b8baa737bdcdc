// Binds a listening socket and says what is wrong when that fails. A unix socket leaves a file behind when its process is killed;
// such a file may be removed, one that somebody listens on may not.

import { chmod, lstat, mkdir, stat, unlink } from 'node:fs/promises'
import { type AddressInfo, connect, type ListenOptions, type Server } from 'node:net'
import { dirname } from 'node:path'
import type { ListenAddress } from '../config/runtime-config.ts'
import { socketTarget } from '../core/socket-target.ts'

/** A folder made for a socket is for its owner. */
const FOLDER_MODE = 0o700
/** Connecting takes the right to write: owner and group, so that an Envoy of the same group can. */
const SOCKET_MODE = 0o660
/** What sockaddr_un holds beside its final zero: 108 bytes on Linux, 104 on macOS and the BSDs. Node would cut a longer path off silently. */
const MAX_PATH_BYTES = process.platform === 'linux' ? 107 : 103

/**
 * Makes `server` listen on `unix:/path` or `host:port`; resolves to that address, with the real port when it was 0.
 * Rejects with a sentence for the operator; its cause is the error of the system.
 */
export async function listenSocket(server: Server, address: ListenAddress): Promise<ListenAddress> {
  const target = socketTarget(address)
  if ('path' in target) {
    await prepareUnixPath(target.path, address)
    await bind(server, target, address)
    await chmod(target.path, SOCKET_MODE)
    return address
  }
  await bind(server, target, address)
  // A TCP server that listens has an AddressInfo, never a string or null.
  return `${address.slice(0, address.lastIndexOf(':'))}:${(server.address() as AddressInfo).port}`
}

function bind(server: Server, options: ListenOptions, address: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (cause: Error) => reject(new Error(`Cannot listen on ${address}: ${explain(cause)}`, { cause }))
    server.once('error', fail)
    server.listen(options, () => {
      server.off('error', fail)
      resolve()
    })
  })
}

function explain(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return 'another process listens there.'
    case 'EACCES':
      return 'this user may not.'
    case 'EADDRNOTAVAIL':
      return 'this machine has no such address.'
    default:
      return error.message
  }
}

async function prepareUnixPath(path: string, address: ListenAddress): Promise<void> {
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) throw new Error(`Cannot listen on ${address}: the path of a socket has at most ${MAX_PATH_BYTES} bytes.`)
  await mkdir(dirname(path), { recursive: true, mode: FOLDER_MODE })
  // Whoever owns the folder can put a socket of his own in this one's place; the default folder has a name that can be guessed.
  const { uid } = await stat(dirname(path))
  if (uid !== 0 && uid !== process.getuid?.()) throw new Error(`Cannot listen on ${address}: the folder belongs to another user. Choose another path.`)
  const found = await lstat(path).catch(ignoreMissing)
  if (found === undefined) return
  if (!found.isSocket()) throw new Error(`Cannot listen on ${address}: there is a file of that name that is not a socket.`)
  if (await somebodyListens(path)) throw new Error(`Cannot listen on ${address}: another process listens there.`)
  await unlink(path).catch(ignoreMissing)
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}

/** Only a refused connection proves that nobody does; whatever else goes wrong leaves the file alone. */
function somebodyListens(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path)
    probe.once('connect', () => {
      probe.destroy()
      resolve(true)
    })
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT'))
  })
}
