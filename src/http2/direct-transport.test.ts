// A transport keeps its connections as long as they last and no longer.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { it } from 'node:test'
import type { Duplex } from 'node:stream'
import { isCollected } from '../../test/support/is-collected.ts'
import { logToArray } from '../../test/support/log-to-array.ts'
import { RawPeer } from '../../test/support/raw-http2.ts'
import { socketPair } from '../../test/support/socket-pair.ts'
import { createDirectTransport } from './direct-transport.ts'

it('holds no socket that has closed', async () => {
  const transport = createDirectTransport({ routes: new Map(), maxMessageBytes: 1_000, maxQueuedBytes: 2_000, log: logToArray().log })
  const held: Duplex[] = []
  await openAndClose((socket) => {
    held.push(socket)
    transport.accept(socket)
  })
  assert.equal(await isCollected(() => held.pop() ?? transport), true)
  transport.drain(0)
})

async function openAndClose(accept: (socket: Duplex) => void): Promise<void> {
  const [client, served] = await socketPair()
  accept(served)
  const peer = new RawPeer(client)
  peer.greet()
  await peer.answers()
  client.destroy()
  await once(served, 'close')
}
