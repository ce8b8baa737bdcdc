// One process at a time writes a series of files. The lock is a socket: it answers as long as its holder lives, in whichever container, and
// a holder that was killed refuses by itself, so that nobody has to judge the age of a file.

import { closeSync, lstatSync, openSync, renameSync, rmSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Log } from '../core/log.ts'

export interface WriterLock {
  release(): Promise<void>
}

export interface WriterLockOptions {
  readonly directory: string
  readonly writer: string
  readonly log: Log
}

/** What sockaddr_un holds beside its final zero on Linux and macOS. */
const MAX_PATH_BYTES = process.platform === 'linux' ? 107 : 103
/** `/`, a writer's name, `.lock.` and the number of a process. */
const LONGEST_NAME = 80
/** How long a holder may take to say who it is; it may be busy. */
const ANSWER_MS = 500
/** A holder that died and one that began at the same time; more often than this is no chance. */
const TRIES = 5
/** File systems that have no sockets, such as some that share a folder with a virtual machine. */
const UNSUPPORTED: ReadonlySet<string> = new Set(['ENOTSUP', 'EOPNOTSUPP', 'EPERM', 'EINVAL'])

/** Rejects with a sentence that names the holder, when there is one. */
export async function lockWriter(options: WriterLockOptions): Promise<WriterLock> {
  const place = openPlace(options.directory)
  try {
    const server = await takeLock(options, place)
    return {
      async release() {
        // The file goes with the server, while the directory can still be reached.
        if (server !== undefined) await close(server)
        place.close()
      },
    }
  } catch (cause) {
    place.close()
    throw cause
  }
}

/** The server that holds the lock; undefined where no lock is possible. */
async function takeLock({ directory, writer, log }: WriterLockOptions, { address }: LockPlace): Promise<Server | undefined> {
  const name = `${writer}.lock`
  for (let tried = 0; tried < TRIES; tried += 1) {
    const server = createServer((socket) => socket.on('error', () => undefined).end(`process ${process.pid} on ${hostname()}`))
    const failure = await listen(server, join(address, name))
    if (failure === undefined) return server
    if (UNSUPPORTED.has(failure.code ?? '')) {
      log.warn({ directory, err: failure }, 'The ledger cannot be locked on this file system: nothing keeps a second process from writing the same files.')
      return undefined
    }
    if (failure.code !== 'EADDRINUSE') throw new Error(`The ledger in ${directory} cannot be locked: ${failure.message}.`, { cause: failure })
    const holder = await findHolder(address, name)
    if (holder !== undefined) throw inUse({ directory, writer, holder })
  }
  throw new Error(`The ledger in ${directory} cannot be locked: ${name} comes back whenever it is removed.`)
}

function inUse({ directory, writer, holder }: { readonly directory: string; readonly writer: string; readonly holder: string }): Error {
  return new Error(`The ledger in ${directory} is being written by another process as ${JSON.stringify(writer)} (${holder}). Stop that one, or give this one another ledger: path in the section ledger.`)
}

interface LockPlace {
  /** The directory, by a name that is short enough. */
  readonly address: string
  close(): void
}

/** Longer paths than a socket can have are reached through the open directory, where the system has that. */
function openPlace(directory: string): LockPlace {
  if (process.platform !== 'linux' || Buffer.byteLength(directory) <= MAX_PATH_BYTES - LONGEST_NAME) return { address: directory, close: () => undefined }
  const fd = openSync(directory, 'r')
  return { address: `/proc/self/fd/${fd}`, close: () => closeSync(fd) }
}

function listen(server: Server, path: string): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    server.once('error', resolve)
    // A worker of node:cluster would otherwise share the socket of its siblings.
    server.listen({ path, exclusive: true }, () => {
      server.removeAllListeners('error').on('error', () => undefined)
      server.unref()
      resolve(undefined)
    })
  })
}

/** What the holder says of itself; undefined when nobody listens. */
function askHolder(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    let answer = ''
    const socket = connect(path)
    const settle = (holder: string | undefined): void => {
      socket.destroy()
      resolve(holder)
    }
    socket.setEncoding('utf8').setTimeout(ANSWER_MS, () => settle(answer || 'it does not say which'))
    socket.on('data', (text: string) => (answer += text))
    socket.on('end', () => settle(answer || 'it does not say which'))
    socket.on('error', (error: NodeJS.ErrnoException) => settle(error.code === 'ECONNREFUSED' || error.code === 'ENOENT' ? undefined : `it cannot be asked: ${error.code}`))
  })
}

/** Who holds the lock; undefined when nobody does any more, and then it is out of the way. */
async function findHolder(address: string, name: string): Promise<string | undefined> {
  const path = join(address, name)
  const asked = identityOf(path)
  const holder = await askHolder(path)
  // Somebody else may have found the same meanwhile, and hold it now.
  if (holder !== undefined || asked === undefined || identityOf(path) !== asked) return holder
  const aside = `${path}.${process.pid}`
  renameSync(path, aside)
  const taken = await askHolder(aside)
  if (taken === undefined) rmSync(aside, { force: true })
  else renameSync(aside, path)
  return taken
}

/** Of the very file, which another one of the same name does not have. */
function identityOf(path: string): string | undefined {
  const found = lstatSync(path, { bigint: true, throwIfNoEntry: false })
  return found === undefined ? undefined : `${found.ino}:${found.ctimeNs}`
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
  })
}
