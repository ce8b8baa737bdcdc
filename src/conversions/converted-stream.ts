// A provider's stream on its way to a client of another dialect: event by event, nothing kept but the event that is not complete yet.
// It has the members of a format's StreamReader (formats/format.ts), so that metering does not know the difference.

import { AwsEventStreamDecoder } from '../core/aws-event-stream.ts'
import { TollgateError } from '../core/errors.ts'
import { type SseEvent, SseScanner } from '../core/sse-scan.ts'
import type { RawUsage } from '../core/usage.ts'
import type { AnswerEvent } from './answer.ts'
import type { EventReader, EventWriter } from './dialect.ts'

const TEXT_BYTES_PER_TOKEN = 4

export class ConvertedStream {
  usage: RawUsage | undefined
  responseModel: string | undefined
  finished = false
  failed = false
  readonly #reader: EventReader
  readonly #writer: EventWriter
  readonly #split: (chunk: Buffer, end: boolean) => void
  #written = ''
  #textEvents = 0
  #textBytes = 0

  constructor({ framing, reader, writer }: { readonly framing: 'sse' | 'aws-event-stream'; readonly reader: EventReader; readonly writer: EventWriter }) {
    this.#reader = reader
    this.#writer = writer
    this.#split = framing === 'sse' ? this.#splitSse() : this.#splitFrames()
  }

  /** Guess of the output tokens that have passed: the larger of text events and text bytes / 4. */
  get outputTokensSeen(): number {
    return Math.max(this.#textEvents, Math.ceil(this.#textBytes / TEXT_BYTES_PER_TOKEN))
  }

  /** The client's bytes for the provider's next ones (any split). */
  push(chunk: Buffer, end: boolean): Buffer {
    this.#written = ''
    this.#split(chunk, end)
    if (end && !this.finished && !this.failed) {
      this.#take(this.#reader.close())
      if (!this.finished) this.#fail('The stream of the provider ended before its answer was complete.')
    }
    return Buffer.from(this.#written)
  }

  #splitSse(): (chunk: Buffer, end: boolean) => void {
    const scanner = new SseScanner((event: SseEvent) => {
      if (event.data !== undefined) this.#read(event.name, event.data.toString('utf8'))
    })
    return (chunk, end) => {
      scanner.push(chunk, end)
      if (scanner.gaveUp) this.#fail('The stream of the provider has an event that is too long.')
    }
  }

  #splitFrames(): (chunk: Buffer) => void {
    const decoder = new AwsEventStreamDecoder(({ kind, name, payload }) => {
      const text = payload.toString('utf8')
      if (kind === 'error') this.#take([{ kind: 'error', error: { message: text, type: name === '' ? undefined : name } }])
      else this.#read(name, text)
    })
    return (chunk) => {
      if (this.failed) return
      try {
        decoder.push(chunk)
      } catch (thrown) {
        this.#fail(TollgateError.from(thrown).message)
      }
    }
  }

  #read(name: string, data: string): void {
    if (!this.finished && !this.failed) this.#take(this.#reader.read(name, data))
  }

  #take(events: readonly AnswerEvent[]): void {
    for (const event of events) {
      if (this.finished || this.failed) return
      this.#observe(event)
      this.#written += this.#writer.write(event)
    }
  }

  #observe(event: AnswerEvent): void {
    switch (event.kind) {
      case 'start':
        this.responseModel = event.model === '' ? undefined : event.model
        return
      case 'text':
        this.#count(event.text)
        return
      case 'arguments':
        this.#count(event.json)
        return
      case 'usage':
        this.usage = event.usage
        return
      case 'error':
        this.failed = true
        return
      case 'end':
        this.finished = true
        return
      case 'part_start':
      case 'signature':
      case 'part_end':
      case 'finish':
        return
    }
  }

  #count(text: string): void {
    this.#textEvents += 1
    this.#textBytes += Buffer.byteLength(text)
  }

  #fail(message: string): void {
    this.#take([{ kind: 'error', error: { message, type: undefined } }])
  }
}
