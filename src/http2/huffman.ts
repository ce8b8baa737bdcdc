// The Huffman code of HPACK (RFC 7541, appendix B). It is canonical: codes of one length follow each other in the order of their symbols,
// and each length begins where the one before ended. So the lengths alone say everything.

import { ConnectionError, errorCode } from './protocol.ts'

/** Bits of the code of each byte, 32 in a row, and of the end of a string, which must not appear in one. */
const codeLengths: readonly number[] = [
  '13 23 28 28 28 28 28 28 28 24 30 28 28 30 28 28 28 28 28 28 28 28 30 28 28 28 28 28 28 28 28 28',
  '6 10 10 12 13 6 8 11 10 10 8 11 8 6 6 6 5 5 5 6 6 6 6 6 6 6 7 8 15 6 12 10',
  '13 6 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 8 7 8 13 19 13 14 6',
  '15 5 6 5 6 5 6 6 6 5 7 7 6 6 6 5 6 7 6 5 5 6 7 7 7 7 7 15 11 14 13 28',
  '20 22 20 20 22 22 22 23 22 23 23 23 23 23 24 23 24 24 22 23 24 23 23 23 23 21 22 23 22 23 23 24',
  '22 21 20 22 22 23 23 21 23 22 22 24 21 22 23 23 21 21 22 21 23 22 23 23 20 22 22 22 23 22 22 23',
  '26 26 20 19 22 23 22 25 26 26 26 27 27 26 24 25 19 21 26 27 27 26 27 24 21 21 26 26 28 27 27 27',
  '20 24 20 21 22 21 21 23 22 22 25 25 24 24 26 23 26 27 26 26 27 27 27 27 27 28 27 27 27 27 27 26',
  '30',
].flatMap((row) => row.split(' ').map(Number))
const END_OF_STRING = 256
const SHORTEST_CODE = 5
const LONGEST_PADDING = 7
const ROOT = 0

/** A tree of two numbers per node, for a bit of 0 and of 1: another node, or a symbol as its complement (so that it is negative). */
const tree = growTree()

function growTree(): Int16Array {
  // A whole binary tree has one inner node less than leaves.
  const grown = new Int16Array(2 * (codeLengths.length - 1))
  let nodes = 1
  let code = 0
  let length = SHORTEST_CODE
  const bySize = codeLengths.map((bits, symbol) => ({ bits, symbol })).toSorted((a, b) => a.bits - b.bits || a.symbol - b.symbol)
  for (const { bits, symbol } of bySize) {
    code *= 2 ** (bits - length)
    length = bits
    let node = ROOT
    for (let bit = bits - 1; bit > 0; bit -= 1) {
      const at = 2 * node + ((code >>> bit) & 1)
      if (grown[at] === 0) grown[at] = nodes++
      node = grown[at] ?? ROOT
    }
    grown[2 * node + (code & 1)] = ~symbol
    code += 1
  }
  return grown
}

/** Reads a string from `start` to `end`. Its bytes come as the characters U+0000 to U+00FF. Throws a ConnectionError for what no encoder writes. */
export function decodeHuffman(bytes: Buffer, start: number, end: number): string {
  // No code is shorter than five bits.
  const text = Buffer.allocUnsafe(Math.floor(((end - start) * 8) / SHORTEST_CODE))
  let length = 0
  let node = ROOT
  let padding = 0
  let isPadding = true
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] ?? 0
    for (let bit = 7; bit >= 0; bit -= 1) {
      const value = (byte >>> bit) & 1
      const next = tree[2 * node + value] ?? ROOT
      if (next >= 0) {
        node = next
        padding += 1
        isPadding &&= value === 1
        continue
      }
      if (~next === END_OF_STRING) throw new ConnectionError(errorCode.compressionError, 'a header holds the end of a string inside of it')
      text[length++] = ~next
      node = ROOT
      padding = 0
      isPadding = true
    }
  }
  if (padding > LONGEST_PADDING || !isPadding) throw new ConnectionError(errorCode.compressionError, 'a header ends in the middle of a character')
  return text.toString('latin1', 0, length)
}
