// A provider that costs as little as possible: HTTP/1.1 by hand on plain sockets, the same bytes for every request. A process of its own.
// Run: node fixed-provider.js; prints the port it listens on.

import { type AddressInfo, createServer, type Socket } from 'node:net'
import { jsonAnswer, streamEvents, workloads, type WorkloadName } from './workloads.ts'

const jsonBytes = Buffer.from(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-request-id: req-bench\r\ncontent-length: ${Buffer.byteLength(jsonAnswer)}\r\n\r\n${jsonAnswer}`)
const streamHead = Buffer.from('HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nx-request-id: req-bench\r\ntransfer-encoding: chunked\r\n\r\n')
const streamChunks = streamEvents.map((event) => Buffer.from(`${Buffer.byteLength(event).toString(16)}\r\n${event}\r\n`))
const streamEnd = Buffer.from('0\r\n\r\n')

function answer(socket: Socket, name: string): void {
  // Sent by the load generator, which takes it from the same table.
  const workload = workloads[name as WorkloadName]
  if (workload.answer === 'json') socket.write(jsonBytes)
  else if (workload.chunkGapMs === 0) writeStream(socket)
  else paceStream(socket, workload.chunkGapMs)
}

// One system call for each chunk, as a provider makes them.
function writeStream(socket: Socket): void {
  socket.write(streamHead)
  for (const chunk of streamChunks) socket.write(chunk)
  socket.write(streamEnd)
}

function paceStream(socket: Socket, gapMs: number): void {
  socket.write(streamHead)
  let next = 0
  const timer = setInterval(() => {
    const chunk = socket.destroyed ? undefined : streamChunks[next++]
    if (chunk !== undefined) {
      socket.write(chunk)
      return
    }
    clearInterval(timer)
    if (!socket.destroyed) socket.write(streamEnd)
  }, gapMs)
}

/** Reads requests with a content-length, one after the other. */
function serve(socket: Socket): void {
  let head = ''
  let name = ''
  let bodyLeft = 0
  socket.setNoDelay(true)
  socket.on('error', () => socket.destroy())
  socket.on('data', (data: Buffer) => {
    let rest = data
    while (rest.length > 0) {
      if (bodyLeft === 0) {
        const before = head.length
        head += rest.toString('latin1')
        const end = head.indexOf('\r\n\r\n')
        if (end === -1) return
        rest = rest.subarray(end + 4 - before)
        const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1]
        name = /\r\nx-bench-workload: ([a-z0-9-]+)/i.exec(head)?.[1] ?? ''
        if (length === undefined || !Object.hasOwn(workloads, name)) throw new Error(`a request that the benchmark does not make:\n${head.slice(0, end)}`)
        bodyLeft = Number(length)
        head = ''
      }
      const taken = Math.min(bodyLeft, rest.length)
      bodyLeft -= taken
      rest = rest.subarray(taken)
      if (bodyLeft > 0) return
      answer(socket, name)
    }
  })
}

const server = createServer(serve)
server.listen(0, '127.0.0.1', () => {
  // A TCP server that listens has an AddressInfo.
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`)
})
