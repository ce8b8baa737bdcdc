// The numbers of HTTP/2 (RFC 9113): frame types, flags, settings and errors, under the names the RFC gives them.

export const FRAME_HEAD_BYTES = 9
/** SETTINGS_MAX_FRAME_SIZE as it is before anyone says otherwise. We leave ours there, and never send larger frames than this. */
export const MAX_FRAME_BYTES = 16_384
/** Both windows of a connection before anyone says otherwise. */
export const DEFAULT_WINDOW = 65_535
export const MAX_WINDOW = 2 ** 31 - 1
export const MAX_STREAM_ID = 2 ** 31 - 1

export const frameType = { data: 0, headers: 1, priority: 2, rstStream: 3, settings: 4, pushPromise: 5, ping: 6, goaway: 7, windowUpdate: 8, continuation: 9 } as const
export const frameFlag = { endStream: 0x1, ack: 0x1, endHeaders: 0x4, padded: 0x8, priority: 0x20 } as const
export const setting = { headerTableSize: 1, enablePush: 2, maxConcurrentStreams: 3, initialWindowSize: 4, maxFrameSize: 5, maxHeaderListSize: 6 } as const
export const errorCode = { noError: 0, protocolError: 1, internalError: 2, flowControlError: 3, streamClosed: 5, frameSizeError: 6, refusedStream: 7, cancel: 8, compressionError: 9, enhanceYourCalm: 11 } as const
export type ErrorCode = (typeof errorCode)[keyof typeof errorCode]

/** What a peer did that ends its whole connection (RFC 9113, 5.4.1). The message is for our log. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError'
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string) {
    super(message)
    this.code = code
  }
}
