// One HTTP/2 connection on a plain socket, the server's side (RFC 9113), for gRPC only. It is meant for Envoy next to us: it holds to the
// RFC and its bounds, but trusts its peer not to open calls without end.

import type { Duplex } from 'node:stream'
import type { Log } from '../core/log.ts'
import { type GrpcRoutes, grpcStatus, type GrpcTransportOptions } from '../core/transport.ts'
import { Call, type CallWire } from './call.ts'
import { FrameReader, type FrameSink } from './frame-reader.ts'
import { FrameWriter } from './frame-writer.ts'
import { EMPTY_TABLE, encodeHeaders } from './header-blocks.ts'
import { HeaderDecoder } from './header-decoder.ts'
import { MESSAGE_HEAD_BYTES } from './message-head.ts'
import { ConnectionError, DEFAULT_WINDOW, errorCode, type ErrorCode, MAX_FRAME_BYTES, MAX_STREAM_ID, MAX_WINDOW, setting } from './protocol.ts'
import { readRequestHead } from './request-head.ts'

/**
 * What we let the peer send before we say that we have read it. We always read at once, so this only saves messages about it; and as windows are
 * filled up when half of them is used, no frame is large enough to go beyond one.
 */
const CALL_WINDOW = 1024 * 1024
const CONNECTION_WINDOW = 16 * 1024 * 1024
/** Answers to pings and the like that a peer may leave unread, in bytes. */
const MAX_UNREAD_BYTES = 16 * 1024 * 1024
/** How long a peer may take to hang up after our goodbye. */
const HANG_UP_MS = 1_000
const DRAIN_PING = Buffer.from('tollgate', 'latin1')

export interface ConnectionOptions extends GrpcTransportOptions {
  readonly socket: Duplex
}

export class Connection implements FrameSink, CallWire {
  readonly log: Log
  readonly maxMessageBytes: number
  readonly maxQueuedBytes: number
  readonly #socket: Duplex
  readonly #routes: GrpcRoutes
  readonly #reader = new FrameReader(this)
  readonly #writer: FrameWriter
  readonly #decoder = new HeaderDecoder()
  readonly #calls = new Map<number, Call>()
  /** Calls whose answers wait for a window or for the socket. */
  readonly #blocked = new Set<Call>()
  /** Calls that are over and whose service has not heard of it. */
  #over: Call[] = []
  #lastStreamId = 0
  #sendWindow = DEFAULT_WINDOW
  #receiveWindow = CONNECTION_WINDOW
  #peerCallWindow = DEFAULT_WINDOW
  /** Whose DATA frame is being read; undefined for a call that is over. */
  #current: Call | undefined
  #owesTableSize = false
  #isReading = false
  #isFlushDue = false
  /** `goodbye`: no new calls. `dead`: nothing is read or written any more. */
  #state: 'open' | 'draining' | 'goodbye' | 'dead' = 'open'

  constructor({ socket, routes, maxMessageBytes, maxQueuedBytes, log }: ConnectionOptions) {
    this.#socket = socket
    this.#routes = routes
    this.maxMessageBytes = maxMessageBytes
    this.maxQueuedBytes = maxQueuedBytes
    this.log = log
    this.#writer = new FrameWriter(socket)
    this.#writer.settings([[setting.initialWindowSize, CALL_WINDOW]])
    this.#writer.windowUpdate(0, CONNECTION_WINDOW - DEFAULT_WINDOW)
    this.#writer.flush()
    socket.on('data', (chunk: Buffer) => this.#read(chunk))
    socket.on('drain', () => this.#run(() => this.#pumpBlocked()))
    // What went wrong is followed by 'close'; there is nobody left to tell.
    socket.on('error', () => undefined)
    socket.on('close', () => this.#lost())
  }

  /** Takes no new calls, and hangs up when the last one is over. */
  drain(): void {
    if (this.#state !== 'open') return
    if (!this.#reader.isHttp2) return void this.#socket.destroy()
    this.#state = 'draining'
    // Calls that are on their way are still served; when the answer to the ping comes, the peer has heard of this (RFC 9113, 6.8).
    this.#run(() => {
      this.#writer.goaway(MAX_STREAM_ID)
      this.#writer.ping(DRAIN_PING, false)
    })
  }

  /** Ends what is left, at once. */
  cut(): void {
    if (this.#state === 'dead') return void this.#socket.destroy()
    this.#run(() => {
      for (const id of this.#calls.keys()) this.#writer.reset(id, errorCode.cancel)
      this.#hangUp(errorCode.noError)
    })
  }

  sendable(): number {
    return this.#writer.isFull ? 0 : Math.min(this.#sendWindow, MAX_FRAME_BYTES)
  }

  headers({ id }: Call, block: Buffer, endStream: boolean): void {
    this.#writeHeaders(id, block, endStream)
    this.#flushSoon()
  }

  message(call: Call, message: Uint8Array): void {
    this.#spend(call, MESSAGE_HEAD_BYTES + message.length)
    this.#writer.message(call.id, message)
    this.#flushSoon()
  }

  data(call: Call, bytes: Uint8Array, start: number, end: number): void {
    this.#spend(call, end - start)
    this.#writer.data(call.id, bytes, start, end)
    this.#flushSoon()
  }

  block(call: Call): void {
    this.#blocked.add(call)
  }

  closed(call: Call): void {
    // The peer may stop sending; for it the answer is whole (RFC 9113, 8.1).
    if (!call.isRemoteClosed) this.#writer.reset(call.id, errorCode.noError)
    this.#drop(call)
    this.#flushSoon()
  }

  onHeaders(streamId: number, block: Buffer, endStream: boolean): void {
    if (this.#state === 'dead') return
    const fields = this.#decoder.decode(block)
    const call = this.#calls.get(streamId)
    if (call !== undefined) return this.#onTrailers(call, endStream)
    if (streamId % 2 === 0) throw new ConnectionError(errorCode.protocolError, `a client opened stream ${streamId}`)
    if (streamId <= this.#lastStreamId || this.#state === 'goodbye') return
    this.#lastStreamId = streamId
    const head = readRequestHead(fields)
    if (head === undefined) return this.#writer.reset(streamId, errorCode.protocolError)
    if (typeof head === 'number') return this.#refuse(streamId, head, endStream)
    const opened = new Call(this, { id: streamId, head, sendWindow: this.#peerCallWindow, receiveWindow: CALL_WINDOW, isRemoteClosed: endStream })
    this.#calls.set(streamId, opened)
    const open = this.#routes.get(head.path)
    if (open === undefined) opened.end({ code: grpcStatus.unimplemented, message: 'This server has no such method.' })
    else opened.open(open)
    if (endStream) opened.remoteEnded()
  }

  onDataStart(streamId: number, bytes: number, endStream: boolean): void {
    this.#receiveWindow -= bytes
    if (this.#receiveWindow < CONNECTION_WINDOW / 2) {
      this.#writer.windowUpdate(0, CONNECTION_WINDOW - this.#receiveWindow)
      this.#receiveWindow = CONNECTION_WINDOW
    }
    const call = this.#calls.get(streamId)
    this.#current = call
    if (call === undefined) return this.#expectOpened(streamId, 'DATA')
    if (call.isRemoteClosed) throw new ConnectionError(errorCode.streamClosed, `it sends data on stream ${streamId}, which it has ended`)
    call.isRemoteClosed = endStream
    call.receiveWindow -= bytes
    if (call.receiveWindow < CALL_WINDOW / 2) {
      this.#writer.windowUpdate(streamId, CALL_WINDOW - call.receiveWindow)
      call.receiveWindow = CALL_WINDOW
    }
  }

  onData(chunk: Buffer, start: number, end: number): void {
    this.#current?.read(chunk, start, end)
  }

  onDataEnd(): void {
    if (this.#current?.isRemoteClosed === true) this.#current.remoteEnded()
    this.#current = undefined
  }

  onReset(streamId: number): void {
    const call = this.#calls.get(streamId)
    if (call === undefined) return this.#expectOpened(streamId, 'RST_STREAM')
    this.#drop(call)
  }

  onSettings(payload: Buffer): void {
    let callWindow = this.#peerCallWindow
    for (let at = 0; at < payload.length; at += 6) {
      const id = payload.readUInt16BE(at)
      const value = payload.readUInt32BE(at + 2)
      checkSetting(id, value)
      // Of the others none bounds what we do: we remember no headers, push nothing and send no frame larger than every peer must take.
      if (id === setting.initialWindowSize) callWindow = value
      // A peer that keeps a smaller table wants to hear that we know, though we use none (RFC 7541, 4.2).
      if (id === setting.headerTableSize) this.#owesTableSize = true
    }
    this.#changeCallWindow(callWindow)
    this.#writer.settingsAck()
    this.#pumpBlocked()
  }

  onSettingsAck(): void {
    // Ours hold from the beginning: they only allow more than a peer may take for granted.
  }

  onPing(payload: Buffer, ack: boolean): void {
    if (!ack) return this.#writer.ping(payload, true)
    if (this.#state !== 'draining' || !payload.equals(DRAIN_PING)) return
    this.#state = 'goodbye'
    this.#writer.goaway(this.#lastStreamId)
  }

  onWindowUpdate(streamId: number, increment: number): void {
    if (increment === 0) throw new ConnectionError(errorCode.protocolError, 'a WINDOW_UPDATE frame adds nothing')
    if (streamId === 0) {
      this.#sendWindow = grow(this.#sendWindow, increment)
      return this.#pumpBlocked()
    }
    const call = this.#calls.get(streamId)
    if (call === undefined) return this.#expectOpened(streamId, 'WINDOW_UPDATE')
    call.sendWindow = grow(call.sendWindow, increment)
    if (this.#blocked.delete(call)) call.pump()
  }

  #read(chunk: Buffer): void {
    if (this.#state !== 'dead') this.#run(() => this.#reader.read(chunk))
  }

  /** Does something and lets out what came of it. */
  #run(step: () => void): void {
    // A service may drain its transport; what is around does the rest.
    if (this.#isReading) return step()
    this.#isReading = true
    try {
      step()
    } catch (error) {
      this.#fail(error)
    } finally {
      this.#isReading = false
    }
    this.#settle()
  }

  #fail(error: unknown): void {
    if (error instanceof ConnectionError) {
      this.log.warn({ reason: error.message }, 'A gRPC peer broke the rules of HTTP/2; its connection was closed.')
      return this.#hangUp(error.code)
    }
    this.log.error({ err: error }, 'A gRPC connection failed and was closed.')
    this.#hangUp(errorCode.internalError)
  }

  #settle(): void {
    while (this.#over.length > 0) {
      const over = this.#over
      this.#over = []
      for (const call of over) call.tellClosed()
    }
    this.#writer.flush()
    if (this.#state === 'goodbye' && this.#calls.size === 0) this.#leave()
    else if (this.#state !== 'dead' && this.#writer.waitingBytes > MAX_UNREAD_BYTES) {
      this.log.warn({ waiting_bytes: this.#writer.waitingBytes }, 'A gRPC peer does not read what it asked for; its connection was closed.')
      this.#socket.destroy()
    }
  }

  /** Answers that are made while bytes are read go out when those are read, others when the current turn is over. */
  #flushSoon(): void {
    if (this.#isReading || this.#isFlushDue) return
    this.#isFlushDue = true
    process.nextTick(() => {
      this.#isFlushDue = false
      this.#settle()
    })
  }

  /** Answers with nothing but a status of HTTP. */
  #refuse(streamId: number, status: number, endStream: boolean): void {
    this.#writeHeaders(streamId, encodeHeaders([[':status', String(status)]]), true)
    if (!endStream) this.#writer.reset(streamId, errorCode.noError)
  }

  #writeHeaders(streamId: number, block: Buffer, endStream: boolean): void {
    this.#writer.headers(streamId, this.#owesTableSize ? Buffer.concat([EMPTY_TABLE, block]) : block, endStream)
    this.#owesTableSize = false
  }

  #onTrailers(call: Call, endStream: boolean): void {
    if (!endStream || call.isRemoteClosed) throw new ConnectionError(errorCode.protocolError, `stream ${call.id} has headers where none may be`)
    call.remoteEnded()
  }

  #spend(call: Call, bytes: number): void {
    this.#sendWindow -= bytes
    call.sendWindow -= bytes
  }

  /** A frame for a stream that was never opened is an error; for one that is over it is late. */
  #expectOpened(streamId: number, what: string): void {
    if (streamId === 0 || streamId % 2 === 0 || (streamId > this.#lastStreamId && this.#state !== 'goodbye')) throw new ConnectionError(errorCode.protocolError, `a ${what} frame belongs to stream ${streamId}, which was never opened`)
  }

  #changeCallWindow(value: number): void {
    if (value === this.#peerCallWindow) return
    for (const call of this.#calls.values()) call.sendWindow = grow(call.sendWindow, value - this.#peerCallWindow)
    this.#peerCallWindow = value
  }

  /** In turns: whoever was served last comes last the next time. */
  #pumpBlocked(): void {
    let turns = this.#blocked.size
    for (const call of this.#blocked) {
      // A call that still waits goes to the end of the set, where this loop would meet it again.
      if (turns === 0 || this.sendable() <= 0) return
      turns -= 1
      this.#blocked.delete(call)
      call.pump()
    }
  }

  #drop(call: Call): void {
    call.close()
    this.#calls.delete(call.id)
    this.#blocked.delete(call)
    if (this.#current === call) this.#current = undefined
    this.#over.push(call)
  }

  /** Hangs up when all is said, however long the peer takes to read it. */
  #leave(): void {
    this.#state = 'dead'
    this.#writer.end(() => this.#destroySoon())
  }

  #destroySoon(): void {
    setTimeout(() => this.#socket.destroy(), HANG_UP_MS).unref()
  }

  /** Hangs up. What still comes is not read. */
  #hangUp(code: ErrorCode): void {
    if (this.#state === 'dead') return
    this.#state = 'dead'
    if (code !== errorCode.noError) this.#writer.goaway(this.#lastStreamId, code)
    this.#writer.end()
    this.#destroySoon()
    this.#dropAll()
  }

  #lost(): void {
    this.#state = 'dead'
    this.#dropAll()
    this.#settle()
  }

  #dropAll(): void {
    for (const call of this.#calls.values()) this.#drop(call)
  }
}

/** Values that RFC 9113, 6.5.2, forbids. */
function checkSetting(id: number, value: number): void {
  if (id === setting.initialWindowSize && value > MAX_WINDOW) throw new ConnectionError(errorCode.flowControlError, `SETTINGS_INITIAL_WINDOW_SIZE is ${value}`)
  const isWrong = (id === setting.enablePush && value > 1) || (id === setting.maxFrameSize && (value < MAX_FRAME_BYTES || value >= 2 ** 24))
  if (isWrong) throw new ConnectionError(errorCode.protocolError, `setting ${id} is ${value}`)
}

function grow(window: number, increment: number): number {
  if (window + increment > MAX_WINDOW) throw new ConnectionError(errorCode.flowControlError, 'a window grows beyond all bounds')
  return window + increment
}
