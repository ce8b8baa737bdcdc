import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { afterEach, beforeEach, describe, it } from 'node:test'
import type { PackedConfig } from '../config/packed-config.ts'
import { TollgateError } from '../core/errors.ts'
import { logToArray } from '../../test/support/log-to-array.ts'
import { until } from '../../test/e2e/support/until.ts'
import { socketPair } from '../../test/support/socket-pair.ts'
import { createChannel } from './channel.ts'
import type { WorkerProcess } from './launch-worker.ts'
import type { OwnerChannel, OwnerNews, OwnerQuestions, WorkerChannel, WorkerNews, WorkerQuestions } from './protocol.ts'
import { createWorkerSlot, type WorkerSlot } from './worker-slot.ts'

const packed = (text: string): PackedConfig => ({ sources: { path: '/t.yaml', text, files: [], runtimeDirectory: '/', stateDirectory: '/', nowMs: 0 }, adaptation: undefined })

/** A worker that lives in this process, and what it was asked. */
interface FakeWorker {
  readonly asked: string[]
  readonly config: () => string
  readonly end: (exit: string) => void
}

let fakes: FakeWorker[]
let pairs: (readonly [Socket, Socket])[]
let slots: WorkerSlot[]
let nowMs: number
/** What a fake answers to `start` and `use`; throws to fail. */
let onStart: (config: string) => string | Promise<string>
let onUse: () => null

beforeEach(async () => {
  fakes = []
  slots = []
  nowMs = 0
  pairs = await Promise.all([socketPair(), socketPair(), socketPair()])
  onStart = () => '127.0.0.1:4711'
  onUse = () => null
})
afterEach(async () => {
  await Promise.all(slots.map((slot) => slot.close(0)))
  for (const socket of pairs.flat()) socket.destroy()
})

function launch(): WorkerProcess {
  const pair = pairs.shift()
  if (pair === undefined) throw new Error('no process to be had')
  const asked: string[] = []
  let config = ''
  let end: (exit: string) => void = () => undefined
  const exited = new Promise<string>((resolve) => (end = resolve))
  const owner: OwnerChannel = createChannel<OwnerQuestions, OwnerNews, WorkerQuestions, WorkerNews>(pair[1], {
    answers: {
      start: async (start) => {
        asked.push(`start ${start.worker} ${start.address}`)
        config = start.config.sources.text
        return onStart(config)
      },
      use: (next) => {
        asked.push('use')
        config = next.sources.text
        return onUse()
      },
      ping: () => null,
      state: () => [],
      find: () => assert.fail(),
      explain: () => assert.fail(),
      close: ({ graceMs }) => {
        asked.push(`close ${graceMs}`)
        return null
      },
    },
    hears: { drain: () => asked.push('drain'), coolDown: () => asked.push('coolDown') },
    onError: (error) => assert.fail(String(error)),
  })
  const stop = (exit: string): void => {
    owner.close()
    pair[1].destroy()
    end(exit)
  }
  void owner.closed.then(() => end('exit code 0'))
  fakes.push({ asked, config: () => config, end: stop })
  return { pid: fakes.length, stream: pair[0], exited, kill: () => stop('SIGKILL') }
}

function createSlot() {
  const { log, lines, waitFor } = logToArray()
  const greeted: WorkerChannel[] = []
  const connect = ({ stream }: WorkerProcess): WorkerChannel =>
    createChannel<WorkerQuestions, WorkerNews, OwnerQuestions, OwnerNews>(stream, { answers: { budgets: () => null }, hears: { counted: () => undefined, attempt: () => undefined, row: () => undefined }, onError: (error) => assert.fail(String(error)) })
  const slot = createWorkerSlot({ worker: 2, address: '127.0.0.1:0', config: packed('first'), logSettings: { level: 'info', format: 'json' }, launch, connect, onServing: (channel) => greeted.push(channel), monotonic: () => nowMs, log })
  slots.push(slot)
  return { slot, lines, waitFor, greeted }
}

describe('a worker', () => {
  it('serves once it has said so, where it said', async () => {
    const { slot, greeted } = createSlot()
    assert.deepEqual(slot.health(), { worker: 2, state: 'stopped', pid: undefined, restarts: 0 })
    const starting = slot.start()
    assert.deepEqual([slot.health().state, slot.channel], ['starting', undefined])
    await starting
    assert.deepEqual(slot.health(), { worker: 2, state: 'serving', pid: 1, restarts: 0 })
    assert.equal(slot.address, '127.0.0.1:4711')
    assert.deepEqual(fakes[0]?.asked, ['start 2 127.0.0.1:0'])
    assert.equal(greeted[0], slot.channel)
  })

  it('that has ended is said loudly and replaced, at the same address and with the configuration of now', async () => {
    const { slot, lines, waitFor, greeted } = createSlot()
    await slot.start()
    await slot.use(packed('second'))
    nowMs = 60_000
    fakes[0]?.end('SIGSEGV')
    await waitFor('A worker has ended.')
    assert.deepEqual([slot.health().state, slot.channel], ['down', undefined])
    assert.deepEqual([lines[0]?.level, lines[0]?.fields], ['error', { worker: 2, pid: 1, ended: 'SIGSEGV', restart_in_ms: 100 }])
    await waitFor('A worker serves again.')
    assert.deepEqual(slot.health(), { worker: 2, state: 'serving', pid: 2, restarts: 1 })
    assert.deepEqual([fakes[1]?.asked, fakes[1]?.config()], [['start 2 127.0.0.1:4711'], 'second'])
    assert.equal(greeted.length, 2)
  })

  it('is tried again when its replacement cannot serve, or cannot even be started', async () => {
    const { slot, lines, waitFor } = createSlot()
    await slot.start()
    onStart = () => {
      throw new TollgateError('internal', 'Cannot listen on 127.0.0.1:4711: another process listens there.')
    }
    fakes[0]?.end('SIGKILL')
    await waitFor('A worker could not be started again.')
    onStart = () => '127.0.0.1:4711'
    await waitFor('A worker serves again.')
    assert.match(String(lines.find(({ message }) => message.startsWith('A worker could not'))?.fields['reason']), /another process listens there/)
    const more = await socketPair()
    fakes[2]?.end('SIGKILL')
    await until('a process is not to be had', () => lines.some(({ fields }) => fields['ended'] === 'no process to be had'))
    pairs.push(more)
    await until('there is one again', () => slot.health().state === 'serving' && slot.health().restarts === 4)
    assert.deepEqual(lines.flatMap(({ fields }) => fields['restart_in_ms'] ?? []), [100, 200, 400, 800])
  })

  it('that cannot serve at first has ended when that is known, and is not replaced', async () => {
    onStart = () => {
      throw new TollgateError('internal', 'Cannot listen on 127.0.0.1:0: this user may not.')
    }
    const { slot, lines } = createSlot()
    await assert.rejects(slot.start(), { message: 'Cannot listen on 127.0.0.1:0: this user may not.' })
    assert.deepEqual([slot.health().state, slot.health().pid, lines], ['down', undefined, []])
  })

  it('that ends while it starts says how', async () => {
    onStart = () => {
      fakes[0]?.end('exit code 1')
      return ''
    }
    const { slot } = createSlot()
    await assert.rejects(slot.start(), /It ended before it served: exit code 1\./)
  })

  it('gets a configuration that changes while it starts before it serves', async () => {
    let started: (address: string) => void = () => undefined
    onStart = () => new Promise((resolve) => (started = resolve))
    const { slot } = createSlot()
    const starting = slot.start()
    await until('it has been asked to start', () => fakes[0]?.asked.length === 1)
    await slot.use(packed('second'))
    started('127.0.0.1:4711')
    await starting
    assert.deepEqual([fakes[0]?.asked.at(-1), fakes[0]?.config()], ['use', 'second'])
  })

  it('that does not take a configuration is replaced by one that does', async () => {
    const { slot, waitFor } = createSlot()
    await slot.start()
    onUse = () => {
      throw new TollgateError('internal', 'no memory left')
    }
    await slot.use(packed('second'))
    await waitFor('A worker did not take the changed configuration into use; it is killed.')
    await waitFor('A worker serves again.')
    assert.equal(fakes[1]?.config(), 'second')
  })

  it('is let finish, and has ended then', async () => {
    const { slot, lines } = createSlot()
    await slot.start()
    await slot.close(5_000)
    assert.deepEqual(fakes[0]?.asked.at(-1), 'close 5000')
    assert.deepEqual([slot.health().state, slot.health().pid, lines], ['stopped', undefined, []])
  })
})
