// One case through one conversion, as the text that is compared.

import { TollgateError } from '../../src/core/errors.ts'
import type { GoldenPair } from './dialects.ts'

// `the-model` and the rest are what every expected answer shows.
const context = { clientModel: 'the-model', exchangeId: 'exchange-1', createdSeconds: 1_700_000_000, usageAsked: true }

/** What the provider is sent, or how the request is refused. */
export function runRequest({ conversion, target }: GoldenPair, body: Buffer): string {
  return pretty(orRefusal(() => conversion.convertRequest(body, { upstreamModel: target.upstreamModel })))
}

/** What the client gets for a whole answer. */
export function runAnswer({ conversion }: GoldenPair, body: Buffer): string {
  return pretty(
    orRefusal(() => {
      const { body: written, ...known } = conversion.convertAnswer(body, context)
      return { ...known, body: JSON.parse(written.toString('utf8')) as unknown }
    }),
  )
}

/** What is known of an error answer. */
export function runError({ conversion }: GoldenPair, body: Buffer): string {
  return pretty(conversion.readError(body))
}

export interface RunStream {
  readonly written: string
  readonly state: 'finished' | 'failed' | 'neither'
  readonly usage: unknown
}

/** What the client gets for a stream that comes in pieces of `pieceBytes`. */
export function runStream({ conversion }: GoldenPair, bytes: Buffer, pieceBytes: number): RunStream {
  const stream = conversion.convertStream?.(context)
  if (stream === undefined) throw new RangeError('a conversion without streams')
  const written: Buffer[] = []
  for (let at = 0; at < bytes.length; at += pieceBytes) written.push(stream.push(bytes.subarray(at, at + pieceBytes), false))
  written.push(stream.push(Buffer.alloc(0), true))
  return { written: Buffer.concat(written).toString('utf8'), state: stream.finished ? 'finished' : stream.failed ? 'failed' : 'neither', usage: stream.usage }
}

/** The stream as it is, under a line that says how it ended and what it cost. */
export function showStream({ written, state, usage }: RunStream): string {
  return `: ${state} ${JSON.stringify(usage ?? null)}\n\n${written}`
}

function orRefusal(run: () => unknown): unknown {
  try {
    return run()
  } catch (thrown) {
    if (!(thrown instanceof TollgateError)) throw thrown
    return { refused: { status: thrown.httpStatus, code: thrown.code, param: thrown.param ?? null, message: thrown.message } }
  }
}

function pretty(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
