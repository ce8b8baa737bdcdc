import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CHANNEL_FD, launchWorker } from './launch-worker.ts'

function launch(script: string) {
  const written: string[] = []
  const worker = launchWorker({ command: [process.execPath, '-e', script], env: process.env, write: (lines) => written.push(lines) })
  return { worker, written }
}

/** Opens a worker's end of the channel. */
const channel = `const stream = new (require('node:net').Socket)({ fd: ${CHANNEL_FD}, readable: true, writable: true });`

describe('a process that is launched', () => {
  it('has its lines passed on whole, however it writes them, and its last words too', async () => {
    const { worker, written } = launch(`
      const line = 'ä'.repeat(30_000)
      for (let at = 0; at < 10; at += 1) for (const part of [line.slice(0, 7), line.slice(7) + '\\n']) require('node:fs').writeSync(1, part)
      require('node:fs').writeSync(1, 'last words')
    `)
    assert.equal(await worker.exited, 'exit code 0')
    assert.ok(written.every((lines) => lines.endsWith('\n')))
    assert.equal(written.join(''), `${`${'ä'.repeat(30_000)}\n`.repeat(10)}last words\n`)
  })

  it('is connected by a stream that nobody else has, and that ends with either side', async () => {
    const { worker } = launch(`${channel} stream.on('data', (chunk) => stream.write(chunk.toString().toUpperCase())); stream.on('end', () => process.exit(7))`)
    worker.stream.write('hello')
    const [answer] = await new Promise<unknown[]>((resolve) => worker.stream.once('data', (...chunk) => resolve(chunk)))
    assert.equal(String(answer), 'HELLO')
    worker.stream.end()
    assert.equal(await worker.exited, 'exit code 7')
  })

  it('says by which signal it ended', async () => {
    const { worker } = launch(`${channel} stream.resume()`)
    worker.kill()
    assert.equal(await worker.exited, 'SIGKILL')
  })

  it('says why it could not be started', async () => {
    const worker = launchWorker({ command: ['/nowhere/program'], env: {}, write: () => undefined })
    assert.match(await worker.exited, /ENOENT/)
    assert.equal(worker.pid, undefined)
  })
})
