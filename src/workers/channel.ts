// Two processes that ask each other, over one byte stream: many questions at a time, answered in any order, and news that nobody answers.
// What is said in one turn of the event loop goes in one write. Who waits for an answer always gets one, if only that there is none.

import type { Duplex } from 'node:stream'
import { type ErrorCode, TollgateError } from '../core/errors.ts'
import { createFrameReader, encodeFrame } from './frames.ts'

/** Name → what is asked and what comes back; plain JSON, `null` for nothing. */
export type Questions = Readonly<Record<string, { readonly question: unknown; readonly answer: unknown }>>
/** Name → what is told. */
export type News = Readonly<Record<string, unknown>>

export interface Channel<Theirs extends Questions, Told extends News> {
  /** Rejects with a TollgateError when the other side fails, does not answer in time, or is gone. It may have acted all the same. */
  ask<Name extends keyof Theirs & string>(name: Name, question: Theirs[Name]['question'], timeoutMs: number): Promise<Theirs[Name]['answer']>
  /** Arrives before everything that is said later, or not at all when the other side is gone. */
  tell<Name extends keyof Told & string>(name: Name, news: Told[Name]): void
  /** False once either side has ended it. */
  readonly isOpen: boolean
  /** Whoever still waits gets an error. What was told before still goes out. */
  close(): void
  /** Resolves when the stream has ended, whoever ended it. Never rejects. */
  readonly closed: Promise<void>
}

export interface ChannelHandlers<Ours extends Questions, Heard extends News> {
  /** What it throws is told to who asked, without its cause. */
  readonly answers: { readonly [Name in keyof Ours]: (question: Ours[Name]['question']) => Ours[Name]['answer'] | Promise<Ours[Name]['answer']> }
  readonly hears: { readonly [Name in keyof Heard]: (news: Heard[Name]) => void }
  /** A handler threw something that was no answer to anybody, or what came was no message; the latter ends the channel. */
  readonly onError: (error: unknown) => void
}

/** What the other side has not read yet. Beyond it the other side is stuck, and remembering more would only end this process as well. */
const MAX_UNREAD_BYTES = 64 * 1024 * 1024

const kinds = { news: 0, question: 1, answer: 2, failure: 3 } as const
type Message = readonly [kind: number, ...rest: unknown[]]

interface Waiting {
  readonly resolve: (answer: unknown) => void
  readonly reject: (error: TollgateError) => void
  readonly timer: NodeJS.Timeout
}

/** Owns `stream` from now on. Both sides must name questions and news the same: they are two copies of one program. */
export function createChannel<Theirs extends Questions, Told extends News, Ours extends Questions, Heard extends News>(
  stream: Duplex,
  { answers, hears, onError }: ChannelHandlers<Ours, Heard>,
): Channel<Theirs, Told> {
  const waiting = new Map<number, Waiting>()
  const reader = createFrameReader()
  let unsent: Message[] = []
  let lastId = 0
  let isOpen = true

  function flush(): void {
    const messages = unsent
    unsent = []
    if (messages.length > 0 && stream.writable) stream.write(encodeFrame(messages))
  }

  function flushSoon(): void {
    try {
      flush()
    } catch (error) {
      // Something that is no JSON. Nobody could say which of the waiting answers will never come.
      end(error)
    }
  }

  function send(message: Message): void {
    if (!isOpen) return
    if (unsent.push(message) === 1) setImmediate(flushSoon)
    if (stream.writableLength > MAX_UNREAD_BYTES) end(new Error(`the other process has left ${stream.writableLength} bytes unread`))
  }

  function end(error?: unknown): void {
    if (!isOpen) return
    if (error !== undefined) onError(error)
    flush()
    isOpen = false
    for (const id of waiting.keys()) settle(id)?.reject(gone())
    if (error === undefined) stream.end()
    else stream.destroy()
  }

  function settle(id: unknown): Waiting | undefined {
    const entry = typeof id === 'number' ? waiting.get(id) : undefined
    if (entry === undefined) return undefined
    waiting.delete(Number(id))
    clearTimeout(entry.timer)
    return entry
  }

  function receive(message: unknown): void {
    const [kind, first, second, third] = message as Message
    if (kind === kinds.news) hears[first as keyof Heard](second as Heard[keyof Heard])
    else if (kind === kinds.question) void answer(Number(first), second as keyof Ours, third as Ours[keyof Ours]['question'])
    else if (kind === kinds.answer) settle(first)?.resolve(second)
    else if (kind === kinds.failure) settle(first)?.reject(new TollgateError(second as ErrorCode, String(third)))
  }

  async function answer(id: number, name: keyof Ours, question: Ours[keyof Ours]['question']): Promise<void> {
    try {
      // Handlers that answer at once, as counters in memory do, are not made to wait a turn.
      const given = answers[name](question)
      send([kinds.answer, id, given instanceof Promise ? await given : given])
    } catch (thrown) {
      if (!(thrown instanceof TollgateError)) onError(thrown)
      const { code, message } = TollgateError.from(thrown)
      send([kinds.failure, id, code, message])
    }
  }

  stream.on('data', (chunk: Buffer) => {
    let messages: readonly unknown[]
    try {
      messages = reader.read(chunk)
    } catch (error) {
      return end(error)
    }
    for (const message of messages) guarded(() => receive(message))
  })
  const closed = new Promise<void>((resolve) => {
    // An error is followed by the close, and the other side's death is no error of ours.
    stream.on('error', () => undefined)
    stream.once('end', () => end())
    stream.once('close', () => {
      end()
      resolve()
    })
  })

  function guarded(step: () => void): void {
    try {
      step()
    } catch (error) {
      onError(error)
    }
  }

  return {
    ask: (name, question, timeoutMs) =>
      new Promise((resolve, reject) => {
        if (!isOpen) return reject(gone())
        const id = (lastId += 1)
        const timer = setTimeout(() => settle(id)?.reject(new TollgateError('internal', `The other process did not answer within ${timeoutMs} ms (${name}).`)), timeoutMs)
        // The answer has the type that goes with the name.
        waiting.set(id, { resolve: resolve as (answer: unknown) => void, reject, timer })
        send([kinds.question, id, name, question])
      }),
    tell: (name, news) => send([kinds.news, name, news]),
    get isOpen() {
      return isOpen
    },
    close: () => end(),
    closed,
  }
}

function gone(): TollgateError {
  return new TollgateError('internal', 'The other process is gone.')
}
