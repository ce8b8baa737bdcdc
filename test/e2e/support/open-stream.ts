// Streams that are open while something happens to those who serve them.

import { request } from 'node:http'

export interface OpenStream {
  /** Resolves when it has ended: with [DONE], or cut. */
  readonly ended: Promise<{ readonly complete: boolean }>
}

export interface StreamRequest {
  readonly url: string
  readonly model: string
  /** Chunks of the answer, one every `everyMs`. */
  readonly chunks: number
  readonly everyMs: number
}

/** Resolves at the first bytes of the answer of a mock provider. Rejects when it is no 200. */
export function openStream({ url, model, chunks, everyMs }: StreamRequest): Promise<OpenStream> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'x-mock-chunks': String(chunks), 'x-mock-chunk-delay-ms': String(everyMs) }
    const call = request(`${url}/v1/chat/completions`, { method: 'POST', agent: false, headers }, (response) => {
      if (response.statusCode !== 200) {
        reject(new Error(`a stream began with ${String(response.statusCode)}`))
        return
      }
      let tail = ''
      response.setEncoding('utf8').on('error', () => undefined)
      const ended = new Promise<{ complete: boolean }>((resolveEnd) => response.once('close', () => resolveEnd({ complete: response.complete && tail.endsWith('data: [DONE]\n\n') })))
      response.once('data', () => resolve({ ended }))
      response.on('data', (part: string) => (tail = (tail + part).slice(-64)))
    })
    call.on('error', reject)
    call.end(JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: 'Hello' }] }))
  })
}
