// A gRPC client that sends and receives plain bytes, and a scratch folder for unix sockets.

import { Client, type ClientDuplexStream, credentials, Metadata, type ServiceError } from '@grpc/grpc-js'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const bytes = (message: Buffer): Buffer => message

/** Long enough for a slow machine, short enough to say "it hangs". */
export const HANGS_MS = 20_000

/** Each client has a connection of its own. */
export function connectClient(address: string): Client {
  return new Client(address, credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.max_receive_message_length': -1,
    'grpc.max_send_message_length': -1,
  })
}

export function callBidi(client: Client, path: string, metadata: Readonly<Record<string, string>> = {}): ClientDuplexStream<Buffer, Buffer> {
  return client.makeBidiStreamRequest(path, bytes, bytes, Metadata.fromHttp2Headers(metadata), { deadline: Date.now() + HANGS_MS })
}

/** Rejects with the ServiceError that the server sent. */
export function callUnary(client: Client, path: string, message: Buffer, metadata: Readonly<Record<string, string>> = {}): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const sent = Metadata.fromHttp2Headers(metadata)
    client.makeUnaryRequest(path, bytes, bytes, message, sent, { deadline: Date.now() + HANGS_MS }, (error: ServiceError | null, answer) => {
      if (error !== null) reject(error)
      else if (answer === undefined) reject(new Error('neither an error nor an answer'))
      else resolve(answer)
    })
  })
}

/** Everything a stream receives until it ends, and its status, which is 0 for OK. */
export function collect(stream: ClientDuplexStream<Buffer, Buffer>): Promise<{ messages: Buffer[]; code: number; details: string }> {
  return new Promise((resolve) => {
    const messages: Buffer[] = []
    stream.on('data', (message: Buffer) => messages.push(message))
    // The status event has the same code and comes always.
    stream.on('error', () => undefined)
    stream.on('status', ({ code, details }) => resolve({ messages, code, details }))
  })
}

/** The next message of a stream. */
export function nextMessage(stream: ClientDuplexStream<Buffer, Buffer>): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    stream.once('data', resolve)
    stream.once('error', reject)
  })
}

export async function scratchFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'tollgate-'))
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}
