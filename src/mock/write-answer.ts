// Puts an answer on the wire the way the instructions want it: late, slow, in pieces, compressed, or broken off.

import type { ServerResponse } from 'node:http'
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises'
import { brotliCompressSync, constants, createBrotliCompress, createGzip, gzipSync } from 'node:zlib'
import type { Instructions } from './instructions.ts'
import type { MockAnswer, StreamAnswer, WholeAnswer } from './mock-answer.ts'

/** How far an answer has got, for the books when it is broken off. */
export interface Progress {
  /** Tokens of the events that were written. */
  outputTokens: number
}

/**
 * Writes the whole answer, or as much as the instructions or the client allow. Resolves when nothing more will be written;
 * whether the answer got through is for the caller to see in the response's `close` event.
 */
export async function writeAnswer(
  response: ServerResponse,
  answer: MockAnswer,
  instructions: Instructions,
  headers: Readonly<Record<string, string>>,
  progress: Progress,
): Promise<void> {
  if (instructions.hang) return
  if (instructions.latencyMs > 0 && !(await waitWhileOpen(response, instructions.latencyMs))) return
  if (instructions.cutAfterChunks === 0) {
    response.destroy()
    return
  }
  if (answer.kind === 'whole') await writeWhole(response, answer, instructions, headers)
  else await writeStream(response, answer, instructions, headers, progress)
}

async function writeWhole(response: ServerResponse, answer: WholeAnswer, instructions: Instructions, headers: Readonly<Record<string, string>>): Promise<void> {
  const isCompressed = instructions.encoding !== 'identity'
  const body = isCompressed ? compress(answer.body, instructions.encoding) : answer.body
  const bytes = typeof body === 'string' ? Buffer.byteLength(body) : body.length
  const encodingHeader = isCompressed ? { 'content-encoding': instructions.encoding } : {}
  response.writeHead(answer.status, { 'content-type': answer.contentType, 'content-length': bytes, ...encodingHeader, ...headers, ...answer.headers })
  if (instructions.cutAfterChunks !== undefined) {
    const buffer = Buffer.from(body)
    await flushed(response, buffer.subarray(0, Math.ceil(buffer.length / 2)))
    response.destroy()
  } else if (instructions.splitBytes !== undefined) {
    if (await writeBytes(response, Buffer.from(body), instructions.splitBytes)) response.end()
  } else response.end(body)
}

async function writeStream(
  response: ServerResponse,
  answer: StreamAnswer,
  instructions: Instructions,
  headers: Readonly<Record<string, string>>,
  progress: Progress,
): Promise<void> {
  const { encoding, crlf, splitBytes, cutAfterChunks, chunkDelayMs } = instructions
  const compressor = encoding === 'identity' ? undefined : createStreamCompressor(encoding)
  const encodingHeader = compressor === undefined ? {} : { 'content-encoding': encoding }
  response.writeHead(200, { 'content-type': answer.contentType ?? 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache', ...encodingHeader, ...headers })
  let contentEvents = 0
  try {
    for (const piece of answer.pieces) {
      const text = crlf && typeof piece.text === 'string' ? piece.text.replaceAll('\n', '\r\n') : piece.text
      const bytes = compressor === undefined ? text : await compressor.add(text)
      if (piece.outputTokens !== undefined) contentEvents += 1
      if (contentEvents === cutAfterChunks) {
        await flushed(response, bytes)
        progress.outputTokens += piece.outputTokens ?? 0
        response.destroy()
        return
      }
      if (!(await writeBytes(response, bytes, splitBytes))) return
      if (piece.outputTokens === undefined) continue
      progress.outputTokens += piece.outputTokens
      if (chunkDelayMs > 0 && !(await waitWhileOpen(response, chunkDelayMs))) return
    }
    response.end(compressor === undefined ? undefined : await compressor.finish())
  } finally {
    compressor?.close()
  }
}

// False when the client has gone.
async function writeBytes(response: ServerResponse, bytes: string | Buffer, splitBytes: number | undefined): Promise<boolean> {
  if (response.destroyed) return false
  if (splitBytes === undefined) return response.write(bytes) || (await drained(response))
  const buffer = Buffer.from(bytes)
  for (let from = 0; from < buffer.length; from += splitBytes) {
    if (!response.write(buffer.subarray(from, from + splitBytes)) && !(await drained(response))) return false
    // A turn of the event loop between writes: those of one turn go out as one.
    await nextTurn()
    if (response.destroyed) return false
  }
  return true
}

function drained(response: ServerResponse): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (): void => {
      response.off('drain', settle)
      response.off('close', settle)
      resolve(!response.destroyed)
    }
    response.once('drain', settle)
    response.once('close', settle)
  })
}

// Resolves when the bytes, and those before them, are with the operating system, or the client has gone.
function flushed(response: ServerResponse, bytes: string | Buffer): Promise<void> {
  return new Promise((resolve) => {
    response.write(bytes, () => {
      resolve()
    })
  })
}

async function waitWhileOpen(response: ServerResponse, milliseconds: number): Promise<boolean> {
  if (response.destroyed) return false
  const closed = new AbortController()
  const onClose = (): void => {
    closed.abort()
  }
  response.once('close', onClose)
  try {
    await delay(milliseconds, undefined, { signal: closed.signal })
    return true
  } catch (thrown) {
    if (closed.signal.aborted) return false
    throw thrown
  } finally {
    response.off('close', onClose)
  }
}

function compress(body: string | Buffer, encoding: Instructions['encoding']): Buffer {
  // Speed over size: thousands of answers in one test run.
  if (encoding === 'gzip') return gzipSync(body, { level: 1 })
  return brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })
}

interface StreamCompressor {
  /** The compressed bytes of this text, flushed so that a reader can decode them at once. */
  add(text: string | Buffer): Promise<Buffer>
  /** The end of the compressed stream. */
  finish(): Promise<Buffer>
  close(): void
}

function createStreamCompressor(encoding: 'gzip' | 'br'): StreamCompressor {
  const stream = encoding === 'gzip' ? createGzip({ level: 1 }) : createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })
  let ready: Buffer[] = []
  stream.on('data', (chunk: Buffer) => {
    ready.push(chunk)
  })
  const taken = (): Buffer => {
    const bytes = Buffer.concat(ready)
    ready = []
    return bytes
  }
  return {
    add: (text) =>
      new Promise((resolve) => {
        stream.write(text)
        stream.flush(() => {
          resolve(taken())
        })
      }),
    finish: () =>
      new Promise((resolve) => {
        stream.once('end', () => {
          resolve(taken())
        })
        stream.end()
      }),
    close: () => {
      stream.close()
    },
  }
}
