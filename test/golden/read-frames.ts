// Bedrock's streams as text that a person can read and git can compare: a line is a frame.

import { damagedFrame, eventFrame, exceptionFrame } from '../../src/mock/event-stream-frame.ts'

/**
 * Lines: `event <type> <json>`, `exception <type> <message>`, `damaged <type> <json>` (its checksum does not fit) and `cut <type> <json>`
 * (only the first half of its bytes).
 */
export function readFrames(text: string): Buffer {
  const lines = text.split('\n').filter((line) => line !== '')
  return Buffer.concat(lines.map((line) => readFrame(line)))
}

function readFrame(line: string): Buffer {
  const [kind = '', type = '', ...rest] = line.split(' ')
  const payload = rest.join(' ')
  if (kind === 'exception') return exceptionFrame(type, payload)
  const frame = eventFrame(type, JSON.parse(payload))
  switch (kind) {
    case 'event':
      return frame
    case 'damaged':
      return damagedFrame(frame)
    case 'cut':
      return frame.subarray(0, frame.length >> 1)
    default:
      throw new RangeError(`no such frame: ${line}`)
  }
}
