import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { listenSocket } from './listen-socket.ts'

let folder: string
let servers: Server[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollgate-'))
  servers = []
})
afterEach(async () => {
  for (const server of servers) server.close()
  await rm(folder, { recursive: true })
})

function listen(address: string): Promise<string> {
  const server = createServer()
  servers.push(server)
  return listenSocket(server, address)
}

/** A socket file whose process was killed. */
function leaveStaleSocket(path: string): void {
  const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
  spawnSync(process.execPath, ['-e', script])
}

test('tells the real port when any port will do', async () => {
  assert.match(await listen('127.0.0.1:0'), /^127\.0\.0\.1:[1-9]\d*$/)
})

const hasIPv6 = Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === '::1'))

test('keeps the brackets of an IPv6 host', { skip: hasIPv6 ? false : 'this machine has no ::1' }, async () => {
  assert.match(await listen('[::1]:0'), /^\[::1\]:[1-9]\d*$/)
})

test('says that a port is taken', async () => {
  const address = await listen('127.0.0.1:0')
  await assert.rejects(listen(address), { message: `Cannot listen on ${address}: another process listens there.` })
})

test('makes the folder of a socket for its owner, the socket for owner and group', async () => {
  const path = join(folder, 'run', 'tollgate', 'a.sock')
  assert.equal(await listen(`unix:${path}`), `unix:${path}`)
  assert.equal((await stat(join(folder, 'run', 'tollgate'))).mode & 0o777, 0o700)
  assert.equal((await stat(path)).mode & 0o777, 0o660)
})

test('takes the place of a socket file that nobody listens on', async () => {
  const path = join(folder, 'stale.sock')
  leaveStaleSocket(path)
  assert.equal((await stat(path)).isSocket(), true)
  assert.equal(await listen(`unix:${path}`), `unix:${path}`)
})

test('leaves a socket alone that somebody listens on', async () => {
  const address = `unix:${join(folder, 'live.sock')}`
  await listen(address)
  await assert.rejects(listen(address), { message: `Cannot listen on ${address}: another process listens there.` })
})

test('leaves a file alone that is not a socket', async () => {
  const path = join(folder, 'notes.txt')
  await writeFile(path, 'precious')
  await assert.rejects(listen(`unix:${path}`), { message: `Cannot listen on unix:${path}: there is a file of that name that is not a socket.` })
  assert.equal((await stat(path)).size, 8)
})

test('says that a path is too long', async () => {
  await assert.rejects(listen(`unix:${join(folder, 'x'.repeat(120))}`), /at most \d+ bytes/)
})
