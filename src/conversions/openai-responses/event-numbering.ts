// The frame of a Responses stream's events: named twice, and numbered from 0 without a gap.

import type { JsonObject } from '../conversation.ts'

export class EventNumbering {
  #next = 0

  /** SSE text of one event. */
  event(type: string, fields: JsonObject): string {
    return this.#frame(type, JSON.stringify(fields).slice(1))
  }

  /** As `event`, for the events there are hundreds of: `place` is the JSON of members that never change, such as `"item_id":"msg_1",`. */
  delta(type: string, place: string, text: string): string {
    return this.#frame(type, `${place}"delta":${JSON.stringify(text)}}`)
  }

  #frame(type: string, rest: string): string {
    const number = this.#next
    this.#next += 1
    return `event: ${type}\ndata: {"type":"${type}","sequence_number":${number},${rest}\n\n`
  }
}
