// Decompresses an answer chunk by chunk as it passes. Every byte is inflated once, everything that can be decoded is handed on at once,
// and a bomb costs no more than the bound. Envoy's own decompressor would hide the provider's content-encoding from the client.

import { type BrotliDecompress, type Gunzip, createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib'
import { TollgateError } from './errors.ts'

export type ContentEncoding = 'gzip' | 'br' | 'deflate'

/** Whether a content-encoding (lower case, a single one) can be decoded here. */
export function isContentEncoding(name: string): name is ContentEncoding {
  return name === 'gzip' || name === 'br' || name === 'deflate'
}

export interface ContentDecoder {
  /**
   * Decodes the next chunk and resolves with everything decodable so far that was not returned before. One call at a time.
   * Rejects with TollgateError `provider_error` on corrupt data, over the bound, and, with `end`, when the data is cut short (see
   * isTruncatedContent; decode the last chunk without `end` first, then an empty one with it, to keep the bytes before the cut).
   * After a rejection every further call rejects with the same error. Bytes behind the end of the compressed data are ignored.
   */
  decode(chunk: Buffer, end: boolean): Promise<Buffer>
  /** Frees the decoder, at any time and as often as you like. A call under way resolves with nothing, later ones too. */
  close(): void
}

const EMPTY: Buffer = Buffer.alloc(0)
const TRUNCATED = 'The provider broke off its compressed answer before the end.'

/** True for the rejection that means: all that was there is decoded, but the end is missing. */
export function isTruncatedContent(error: unknown): boolean {
  return error instanceof TollgateError && error.message === TRUNCATED
}

/**
 * A decoder for one body. gzip may have several members (RFC 1952 §2.2); `deflate` is the zlib format or, as some servers send, raw
 * deflate. A body without any bytes decodes to nothing. `maxDecodedBytes` bounds the sum of what is handed out.
 */
export function createContentDecoder(encoding: ContentEncoding, maxDecodedBytes: number): ContentDecoder {
  return new ZlibDecoder(encoding, maxDecodedBytes)
}

type ZlibStream = BrotliDecompress | Gunzip

class ZlibDecoder implements ContentDecoder {
  readonly #encoding: ContentEncoding
  readonly #maxDecodedBytes: number
  /** Created with the first byte, which tells the two kinds of deflate apart. */
  #stream: ZlibStream | undefined
  #decodedBytes = 0
  #pieces: Buffer[] = []
  /** The call under way. */
  #waiting: { resolve(bytes: Buffer): void; reject(error: TollgateError): void } | undefined
  #error: TollgateError | undefined
  #done = false

  constructor(encoding: ContentEncoding, maxDecodedBytes: number) {
    this.#encoding = encoding
    this.#maxDecodedBytes = maxDecodedBytes
  }

  decode(chunk: Buffer, end: boolean): Promise<Buffer> {
    if (this.#error !== undefined) return Promise.reject(this.#error)
    if (this.#waiting !== undefined) return Promise.reject(new TollgateError('internal', 'A chunk was decoded before the one before it was done.'))
    const [first] = chunk
    if (this.#done || (first === undefined && (this.#stream === undefined || !end))) return Promise.resolve(EMPTY)
    const stream = (this.#stream ??= this.#open(first ?? 0))
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
      // The end is reported by the event `end`, which comes after the last data.
      if (end) stream.end(chunk)
      else stream.write(chunk, () => this.#settle())
    })
  }

  close(): void {
    this.#done = true
    this.#pieces = []
    this.#settle()
    this.#stream?.destroy()
  }

  #open(firstByte: number): ZlibStream {
    const stream = createStream(this.#encoding, firstByte)
    stream.on('data', (bytes: Buffer) => this.#take(bytes))
    stream.on('end', () => {
      this.#done = true
      this.#settle()
      stream.destroy()
    })
    stream.on('error', (error: Error & { code?: string }) => this.#fail(zlibError(error)))
    return stream
  }

  #take(bytes: Buffer): void {
    if (this.#done || this.#error !== undefined) return
    this.#decodedBytes += bytes.length
    if (this.#decodedBytes > this.#maxDecodedBytes) {
      this.#fail(new TollgateError('provider_error', `The provider's compressed answer is larger than ${this.#maxDecodedBytes} bytes when decompressed.`))
      return
    }
    this.#pieces.push(bytes)
  }

  #settle(): void {
    const waiting = this.#waiting
    if (waiting === undefined) return
    this.#waiting = undefined
    const [first = EMPTY] = this.#pieces
    const bytes = this.#pieces.length < 2 ? first : Buffer.concat(this.#pieces)
    this.#pieces = []
    waiting.resolve(bytes)
  }

  #fail(error: TollgateError): void {
    if (this.#done || this.#error !== undefined) return
    this.#error = error
    this.#pieces = []
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.reject(error)
    this.#stream?.destroy()
  }
}

function createStream(encoding: ContentEncoding, firstByte: number): ZlibStream {
  switch (encoding) {
    case 'gzip':
      return createGunzip()
    case 'br':
      return createBrotliDecompress()
    case 'deflate':
      // The first byte of the zlib format names method 8 in its low half (RFC 1950 §2.2); raw deflate cannot start so without waste bits.
      return (firstByte & 0x0f) === 8 ? createInflate() : createInflateRaw()
  }
}

// node:zlib ends truncated data of every kind with this code and only at the end of the input.
function zlibError(error: Error & { code?: string }): TollgateError {
  if (error.code === 'Z_BUF_ERROR') return new TollgateError('provider_error', TRUNCATED, { cause: error })
  return new TollgateError('provider_error', 'The compressed answer of the provider is corrupt.', { cause: error })
}
