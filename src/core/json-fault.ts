// Where a JSON body is broken, in the words and positions a person can use. Only computed once something is wrong.

import { TollgateError } from './errors.ts'

/**
 * The error for a body that stops being JSON at byte `offset`. `expected` completes "expected …".
 * Lines and columns count from 1; a line ends at LF; a column is a character (code point), not a byte.
 */
export function jsonFault(body: Buffer, offset: number, expected: string): TollgateError {
  return jsonFaultAt(body, offset, `expected ${expected}, found ${foundAt(body, offset)}`)
}

/** For faults that are not about one unexpected character: `problem` is a whole clause. */
export function jsonFaultAt(body: Buffer, offset: number, problem: string): TollgateError {
  const { line, column } = positionOf(body, offset)
  return new TollgateError('malformed_request', `The body is not valid JSON: ${problem} at line ${line}, column ${column}.`)
}

function positionOf(body: Buffer, offset: number): { line: number; column: number } {
  let line = 1
  let lineStart = 0
  for (let newline = body.indexOf(0x0a); newline !== -1 && newline < offset; newline = body.indexOf(0x0a, newline + 1)) {
    line += 1
    lineStart = newline + 1
  }
  let column = 1
  // UTF-8 continuation bytes (10xxxxxx) belong to the character before them.
  for (const byte of body.subarray(lineStart, offset)) if ((byte & 0xc0) !== 0x80) column += 1
  return { line, column }
}

function foundAt(body: Buffer, offset: number): string {
  const byte = body[offset]
  if (byte === undefined) return 'the end of the body'
  const [character] = body.toString('utf8', offset, offset + 4)
  const isShowable = character !== undefined && character !== '\ufffd' && !/^[\p{C}\p{Z}]$/u.test(character)
  return isShowable ? `'${character}'` : `byte 0x${byte.toString(16).padStart(2, '0')}`
}
