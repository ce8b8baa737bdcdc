// A closed loop over raw sockets, in a process of its own so that its CPU is not counted as anybody else's.
// Run: node load-generator.js '{"port", "workload", "connections", "warmSeconds", "seconds"}'; prints one line of JSON, a LoadResult.

import { connect, type Socket } from 'node:net'
import { workloads, type WorkloadName } from './workloads.ts'

export interface LoadOptions {
  readonly port: number
  readonly workload: WorkloadName
  readonly connections: number
  /** Requests of this time are made but not timed. */
  readonly warmSeconds: number
  readonly seconds: number
}

export interface LoadResult {
  /** All answers with status 200, those of the warm-up included: what CPU times are divided by. */
  readonly exchanges: number
  readonly errors: number
  /** The first thing that went wrong. */
  readonly firstError: string | undefined
  readonly perSecond: number
  /** Milliseconds from the first byte of the request to the last of the answer. */
  readonly p50Ms: number
  readonly p99Ms: number
  /** … to the first of the answer. */
  readonly firstByteP50Ms: number
  /** CPU of this process. */
  readonly cpuSeconds: number
}

const END_OF_CHUNKS = '0\r\n\r\n'

interface ClientEvents {
  /** False: make no further request. */
  onAnswer(startedAt: number, firstByteAt: number, status: string): boolean
  onError(message: string): void
}

class Client {
  readonly #socket: Socket
  readonly #request: Buffer
  readonly #events: ClientEvents
  #startedAt = 0
  #firstByteAt = 0
  #head = ''
  #status = ''
  /** Undefined while the head is incomplete; -1 for a chunked body. */
  #bodyLeft: number | undefined
  #tail = ''
  #isDone = false

  constructor(port: number, request: Buffer, events: ClientEvents) {
    this.#request = request
    this.#events = events
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true })
    this.#socket.on('connect', () => this.#send())
    this.#socket.on('data', (data: Buffer) => this.#read(data))
    let reason = 'the connection was closed'
    this.#socket.on('error', (error) => {
      reason = error.message
    })
    this.#socket.on('close', () => {
      if (!this.#isDone) this.#events.onError(reason)
    })
  }

  #send(): void {
    this.#head = ''
    this.#tail = ''
    this.#bodyLeft = undefined
    this.#firstByteAt = 0
    this.#startedAt = performance.now()
    this.#socket.write(this.#request)
  }

  #read(data: Buffer): void {
    if (this.#firstByteAt === 0) this.#firstByteAt = performance.now()
    let body = data
    if (this.#bodyLeft === undefined) {
      const before = this.#head.length
      this.#head += data.toString('latin1')
      const end = this.#head.indexOf('\r\n\r\n')
      if (end === -1) return
      body = data.subarray(end + 4 - before)
      this.#status = this.#head.slice(9, 12)
      const length = /\r\ncontent-length: (\d+)/i.exec(this.#head.slice(0, end + 2))?.[1]
      this.#bodyLeft = length === undefined ? -1 : Number(length)
    }
    if (this.#isWhole(body)) this.#finish()
  }

  #isWhole(body: Buffer): boolean {
    if (this.#bodyLeft === undefined) return false
    if (this.#bodyLeft >= 0) {
      this.#bodyLeft -= body.length
      return this.#bodyLeft <= 0
    }
    this.#tail = (this.#tail + body.toString('latin1', Math.max(0, body.length - END_OF_CHUNKS.length))).slice(-END_OF_CHUNKS.length)
    return this.#tail === END_OF_CHUNKS
  }

  #finish(): void {
    if (this.#events.onAnswer(this.#startedAt, this.#firstByteAt, this.#status)) {
      this.#send()
      return
    }
    this.#isDone = true
    this.#socket.destroy()
  }
}

function run({ port, workload, connections, warmSeconds, seconds }: LoadOptions): Promise<LoadResult> {
  const { requestBody } = workloads[workload]
  const request = Buffer.from(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: bench\r\nuser-agent: bench\r\naccept: */*\r\ncontent-type: application/json\r\nauthorization: Bearer sk-bench\r\n` +
      `x-user-id: bench-user\r\nx-bench-workload: ${workload}\r\ncontent-length: ${Buffer.byteLength(requestBody)}\r\n\r\n${requestBody}`,
  )
  const start = performance.now()
  const timedFrom = start + warmSeconds * 1000
  const until = timedFrom + seconds * 1000
  const wholeMs: number[] = []
  const firstByteMs: number[] = []
  let exchanges = 0
  let errors = 0
  let firstError: string | undefined
  let open = connections
  return new Promise((resolve) => {
    const onError = (message: string): void => {
      errors += 1
      firstError ??= message
      leave()
    }
    const leave = (): void => {
      open -= 1
      if (open > 0) return
      resolve({
        exchanges,
        errors,
        firstError,
        perSecond: wholeMs.length / seconds,
        p50Ms: percentile(wholeMs, 0.5),
        p99Ms: percentile(wholeMs, 0.99),
        firstByteP50Ms: percentile(firstByteMs, 0.5),
        cpuSeconds: (process.cpuUsage().user + process.cpuUsage().system) / 1e6,
      })
    }
    const onAnswer = (startedAt: number, firstByteAt: number, status: string): boolean => {
      const now = performance.now()
      if (status !== '200') {
        errors += 1
        firstError ??= `status ${status}`
      } else exchanges += 1
      if (startedAt >= timedFrom && startedAt < until) {
        wholeMs.push(now - startedAt)
        firstByteMs.push(firstByteAt - startedAt)
      }
      if (now < until) return true
      leave()
      return false
    }
    for (let index = 0; index < connections; index += 1) void new Client(port, request, { onAnswer, onError })
  })
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
}

// Written by overhead.ts.
const options = JSON.parse(process.argv[2] ?? '') as LoadOptions
process.stdout.write(`${JSON.stringify(await run(options))}\n`)
process.exit(0)
