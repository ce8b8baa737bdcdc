// A plain HTTP client for tests that need to see every byte, keep few connections, or leave in the middle.

import { Agent, request } from 'node:http'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

export interface Client {
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer>
  /** Sends, and destroys the connection once `bytes` of the answer have come (0: as soon as the request is written). */
  leave(path: string, body: unknown, options: { readonly headers?: Readonly<Record<string, string>>; readonly afterBytes: number }): Promise<void>
  close(): void
}

export function createClient(url: string, { connections = 16 }: { readonly connections?: number } = {}): Client {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const send = (method: string, path: string, body: string | undefined, headers: Readonly<Record<string, string>>): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const length = body === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) }
      const call = request(`${url}${path}`, { method, agent, headers: { ...length, ...headers } }, (response) => {
        const parts: Buffer[] = []
        response.on('data', (part: Buffer) => parts.push(part))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts).toString() }))
        response.on('error', reject)
      })
      call.on('error', reject)
      call.end(body)
    })
  return {
    post: (path, body, headers = {}) => send('POST', path, text(body), headers),
    get: (path, headers = {}) => send('GET', path, undefined, headers),
    leave: (path, body, { headers = {}, afterBytes }) =>
      new Promise((resolve) => {
        const sent = text(body)
        const call = request(`${url}${path}`, { method: 'POST', agent: false, headers: { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(sent)), ...headers } })
        let seen = 0
        call.on('response', (response) => {
          response.on('data', (part: Buffer) => {
            seen += part.length
            if (seen >= afterBytes) call.destroy()
          })
          response.on('error', () => resolve())
        })
        // Leaving is an error to the HTTP client, and what we want.
        call.on('error', () => resolve())
        call.on('close', () => resolve())
        call.end(sent, () => {
          if (afterBytes === 0) call.destroy()
        })
      }),
    close: () => agent.destroy(),
  }
}

function text(body: unknown): string {
  return typeof body === 'string' ? body : JSON.stringify(body)
}

/** Runs `job` for 0 … count-1, at most `width` at a time. */
export async function inParallel(count: number, width: number, job: (index: number) => Promise<void>): Promise<void> {
  let next = 0
  await Promise.all(
    Array.from({ length: Math.min(width, count) }, async () => {
      while (next < count) await job(next++)
    }),
  )
}
