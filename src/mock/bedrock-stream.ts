// A stream of Bedrock in its frames, with what tests want to be wrong with it.

import { damagedFrame, eventFrame, exceptionFrame } from './event-stream-frame.ts'
import type { AnswerContext, StreamAnswer, StreamPiece, TokenCounts } from './mock-answer.ts'

/** One event before it is framed; `outputTokens` as in StreamPiece. */
export interface BedrockEvent {
  readonly type: string
  readonly payload: object
  readonly outputTokens?: number
}

export function bedrockStream(context: AnswerContext, events: readonly BedrockEvent[], tokens: TokenCounts): StreamAnswer {
  const { instructions, model } = context
  const pieces = events.map(({ type, payload, outputTokens }): StreamPiece => ({ text: eventFrame(type, { ...payload, p: 'abcdefgh' }), outputTokens }))
  const stream = { kind: 'stream', contentType: 'application/vnd.amazon.eventstream', model, tokens, tellsUsage: !instructions.noUsage } as const
  const first = pieces.findIndex((piece) => piece.outputTokens !== undefined)
  switch (instructions.streamFault) {
    case undefined:
      return { ...stream, pieces }
    case 'checksum':
      return { ...stream, pieces: pieces.map((piece, index) => (index === first + 1 ? { ...piece, text: damagedFrame(Buffer.from(piece.text)) } : piece)) }
    case 'exception':
      return { ...stream, pieces: [...pieces.slice(0, first + 1), { text: exceptionFrame('throttlingException', 'Too many tokens, please wait before trying again.'), outputTokens: undefined }], tellsUsage: false }
  }
}
