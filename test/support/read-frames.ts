// What a FrameReader says of a stream of bytes, as lines: DATA in one piece, whatever the pieces it came in.

import assert from 'node:assert/strict'
import { FrameReader, type FrameSink } from '../../src/http2/frame-reader.ts'

export class FrameLog implements FrameSink {
  readonly lines: string[] = []
  #data: { head: string; text: string; endStream: boolean } | undefined

  onHeaders(streamId: number, block: Buffer, endStream: boolean): void {
    this.#add(`headers ${streamId} ${block.toString('latin1')}${endStream ? ' end' : ''}`)
  }
  onDataStart(streamId: number, bytes: number, endStream: boolean): void {
    assert.equal(this.#data, undefined, 'a frame begins inside of another')
    this.#data = { head: `data ${streamId} ${bytes} `, text: '', endStream }
  }
  onData(chunk: Buffer, start: number, end: number): void {
    assert.ok(this.#data !== undefined, 'bytes of no frame')
    assert.ok(start < end && end <= chunk.length, `${start} to ${end} of ${chunk.length}`)
    this.#data.text += chunk.toString('latin1', start, end)
  }
  onDataEnd(): void {
    assert.ok(this.#data !== undefined, 'an end of no frame')
    const { head, text, endStream } = this.#data
    this.#data = undefined
    this.#add(`${head}${text}${endStream ? ' end' : ''}`)
  }
  onReset(streamId: number, code: number): void {
    this.#add(`reset ${streamId} ${code}`)
  }
  onSettings(payload: Buffer): void {
    this.#add(`settings ${payload.toString('hex')}`)
  }
  onSettingsAck(): void {
    this.#add('settings ack')
  }
  onPing(payload: Buffer, isAck: boolean): void {
    this.#add(`ping ${payload.toString('latin1')}${isAck ? ' ack' : ''}`)
  }
  onWindowUpdate(streamId: number, increment: number): void {
    this.#add(`window ${streamId} ${increment}`)
  }

  #add(line: string): void {
    assert.equal(this.#data, undefined, 'something comes inside of a DATA frame')
    this.lines.push(line)
  }
}

/** Each chunk is overwritten when it has been read: what a sink needs it has to have by then. */
export function readFrames(chunks: readonly Buffer[]): string[] {
  const log = new FrameLog()
  const reader = new FrameReader(log)
  for (const chunk of chunks) {
    const bytes = Buffer.from(chunk)
    reader.read(bytes)
    bytes.fill(0xee)
  }
  return log.lines
}
